"""Fields become series, and series sketches, for all groups at once."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quality.sketches.bins import GREATEST
from quality.sketches.categories import Categories
from quality.sketches.fields import Field, Kind, fields_of, words
from quality.sketches.folding import Sketches, merged, sketched, sketches_of
from quality.sketches.grouped import MOVED
from quality.sketches.numeric import Numbers
from quality.sketches.vectors import AXES, projected
from schemas.samples import Payload

values = st.floats(allow_nan=True) | st.just(float("nan"))
records = st.lists(st.tuples(st.integers(0, 2), values, st.sampled_from([None, "a", "b"])), max_size=40)


class Everything(Payload):
    """One field of each kind."""

    weight: float
    amount: int | None = None
    sort: str
    note: str
    is_new: bool
    pixels: list[int]
    either: int | str


def sketches(rows: list[tuple[int, float, str | None]]) -> Sketches:
    """Return the sketches of records, whatever their group."""
    return sketched(
        {"x": np.array([one[1] for one in rows], np.float64), "name": [one[2] for one in rows]},
        np.zeros(len(rows), np.int64),
        1,
    )[0]


def as_bytes(found: Sketches) -> dict[str, bytes]:
    """Return sketches as bytes, to compare them."""
    return {name: sketch.to_bytes() for name, sketch in found.items()}


@given(records)
def test_groups_are_sketched_as_if_each_came_alone(rows: list[tuple[int, float, str | None]]) -> None:
    """One pass gives for each group the sketches of its records, and together they are those of all."""
    groups = np.array([one[0] for one in rows], np.int64)
    found = sketched({"x": np.array([one[1] for one in rows], np.float64), "name": [one[2] for one in rows]}, groups, 3)
    for group, of_group in enumerate(found):
        assert as_bytes(of_group) == as_bytes(sketches([one for one in rows if one[0] == group]))
    assert as_bytes(merged(merged(found[2], found[0]), found[1])) == as_bytes(sketches(rows))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-600, 600).map(float), st.just(None)), max_size=600))
def test_sketches_of_many_groups_are_written_as_each_alone_would_be(rows: list[tuple[int, float, None]]) -> None:
    """What was written of all groups at once are the bytes that keys and counts of each give."""
    series = np.array([one[1] for one in rows], np.float64)
    for of_group in sketched({"x": series, "y": -series}, np.array([one[0] for one in rows], np.int64), 3):
        for sketch in of_group.values():
            assert isinstance(sketch.values, Numbers)
            again = replace(sketch, values=replace(sketch.values, written=None))
            assert (sketch.values.written is not None, again.to_bytes()) == (True, sketch.to_bytes())


def test_fields_are_what_the_contract_says_they_are() -> None:
    """A string counts as it is unless it is declared a text; what has several types is only present or not."""
    found = fields_of(Everything, [*Everything.model_fields, "attributes.noise"], texts=["note"])
    assert {field.name: field.kind.value for field in found} == {
        "weight": "number",
        "amount": "number",
        "sort": "category",
        "note": "text",
        "is_new": "category",
        "pixels": "vector",
        "either": "presence",
        "attributes.noise": "category",
    }


def test_every_kind_has_its_sketches() -> None:
    """Texts, vectors and fields of several types give sketches of their own names."""
    columns: dict[str, Any] = {
        "either": [1, "one", None],
        "note": ["a lamp, a Lamp", None, "lamp"],
        "pixels": [(0.0, 1.0), (1.0, 1.0), ()],
    }
    kinds = [Kind.PRESENCE, Kind.TEXT, Kind.VECTOR]
    found = sketches_of(columns, [Field(name=name, kind=kind) for name, kind in zip(columns, kinds, strict=True)])
    axes = [f"pixels.axis{number}" for number in range(1, AXES + 1)]
    assert list(found) == sorted(["either", "note.length", "note.words", "pixels.length", "pixels.size", *axes])
    assert {sketch.rows for sketch in found.values()} == {3}
    heard = found["note.words"].values
    assert isinstance(heard, Categories)
    assert heard.kept == {"a": 2, "lamp": 2, "lamp,": 1}
    assert [found[name].missing for name in ("either", "note.words", "note.length", "pixels.size")] == [1, 1, 1, 1]
    lengths = found["pixels.length"].values
    assert isinstance(lengths, Numbers)
    assert (lengths.least, lengths.most) == (0.0, 2.0)


def test_what_is_no_number_is_missing() -> None:
    """A text, an absent value and a huge integer do not stop a field of numbers."""
    found = sketches_of({"x": [1, None, "two", 10**400, True]}, [Field(name="x", kind=Kind.NUMBER)])["x"]
    assert found.missing == 2
    assert isinstance(found.values, Numbers)
    assert found.values.most == float("inf")


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=20), st.integers(1, 20))
def test_axes_do_not_depend_on_what_came_together(rows: list[list[float]], cut: int) -> None:
    """The place of a vector is the same to the last bit, alone or among others."""
    together = dict(projected(rows))
    first, second = dict(projected(rows[:cut])), dict(projected(rows[cut:]))
    for name, found in together.items():
        assert np.concatenate([first[name], second[name]]).tobytes() == found.tobytes()


def test_keys_of_two_groups_do_not_mix() -> None:
    """The part of a place that is a key's holds the greatest and the least."""
    assert GREATEST < MOVED


def test_words_are_few_and_short() -> None:
    """A hostile text has no more words than are counted, and none longer than a word."""
    assert max(map(len, words("x" * 1000))) == 40
    assert len(words("a " * 1000)) == 64
