"""Near-duplicates never stand on two sides, and keeping them apart moves no row."""

from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from catalog.assembly import Assembly, Candidate
from catalog.choice import Exclusion
from catalog.testing import assembler, candidate
from catalog.twins import torn
from schemas.project import DuplicatePolicy

SIDES = ("test", "train", "validation")
NEAR = DuplicatePolicy(field="place", distance=1.5)
Places = st.lists(st.integers(0, 6), min_size=2, max_size=2)
Rows = st.lists(st.tuples(st.sampled_from(SIDES), Places | st.none()), max_size=30)


def near(one: list[int] | None, other: list[int] | None) -> bool:
    """Say whether two places are near, in plain words."""
    return one is not None and other is not None and float(np.linalg.norm(np.subtract(one, other))) <= NEAR.distance


def left_out(rows: list[tuple[str, Any]]) -> set[int]:
    """Return the places of the rows that are left out."""
    contents = [str(number).encode() for number in range(len(rows))]
    return torn([side for side, _ in rows], contents, [place for _, place in rows], NEAR.distance)


@given(rows=Rows)
def test_no_two_that_stay_are_near_each_other_on_two_sides(rows: list[tuple[str, Any]]) -> None:
    """Compared with every pair, one by one."""
    gone = left_out(rows)
    stay = [row for number, row in enumerate(rows) if number not in gone]
    assert not any(one[0] != other[0] and near(one[1], other[1]) for one, other in combinations(stay, 2))


@given(rows=Rows)
def test_what_models_are_judged_by_goes_before_what_they_learn_from(rows: list[tuple[str, Any]]) -> None:
    """Only twins of a side that goes before are left out: of test nothing, of train whatever is like another side."""
    order = ("test", "validation", "train")
    for number, (side, place) in enumerate(rows):
        before = [other for earlier, other in rows if order.index(earlier) < order.index(side)]
        assert (number in left_out(rows)) == any(near(place, other) for other in before)


@given(rows=Rows, more=Rows)
def test_more_rows_bring_nothing_back(rows: list[tuple[str, Any]], more: list[tuple[str, Any]]) -> None:
    """So a row that a version left out does not change sides by coming back elsewhere."""
    assert left_out(rows) <= left_out([*rows, *more])


def test_the_same_content_is_a_twin_without_any_vector() -> None:
    """As texts are."""
    assert torn(["test", "train", "train"], [b"a", b"a", b"b"], [None] * 3, 0.0) == {1}


def test_many_rows_are_compared_block_by_block() -> None:
    """As one matrix of all pairs would say."""
    chance = np.random.default_rng(0)
    places = chance.normal(size=(900, 3))
    sides = ["test" if draw < 0.4 else "train" for draw in chance.random(900)]
    gaps = np.linalg.norm(places[:, None] - places[None, :], axis=2)
    tests = np.array([side == "test" for side in sides])
    expected = set(np.flatnonzero(~tests & (gaps[:, tests] <= 0.3).any(axis=1)).tolist())
    assert torn(sides, [str(n).encode() for n in range(900)], places.tolist(), 0.3) == expected


Samples = st.lists(st.tuples(st.integers(0, 5), Places, st.sampled_from(["cat", "dog"])), max_size=30)


def made(samples: list[tuple[int, list[int], str]]) -> Assembly:
    """Assemble samples of a batch, a place and a label; those of dogs stand three times in train."""
    slices = [{"column": "label", "value": "dog", "copies": 3}]
    return assembler(near=NEAR, splits={"train": 0.6, "test": 0.4}, slices=slices).assemble(
        [
            candidate(offset, label, payload={"place": [*place], "n": offset}, attributes={"batch": batch})
            for offset, (batch, place, label) in enumerate(samples)
        ]
    )


@given(samples=Samples)
def test_no_group_and_no_near_duplicate_crosses_a_split(samples: list[tuple[int, list[int], str]]) -> None:
    """In the whole of a version."""
    version = made(samples)
    sides: dict[str, set[str]] = {}
    for row in version.rows:
        sides.setdefault(row.entry.group, set()).add(row.entry.split)
    assert all(len(found) == 1 for found in sides.values())
    places = [(row.entry.split, row.sample["payload"]["place"]) for row in version.rows]  # type: ignore[index, call-overload]
    assert not any(one[0] != other[0] and near(one[1], other[1]) for one, other in combinations(places, 2))
    assert len(version.rows) + version.excluded.get(Exclusion.TWIN, 0) == len(samples)


@given(samples=Samples, more=Samples)
def test_no_row_changes_sides_when_others_come(
    samples: list[tuple[int, list[int], str]], more: list[tuple[int, list[int], str]]
) -> None:
    """Near-duplicates of later samples may push one out, and never across."""
    before, after = (
        {row.entry.sample_id: row.entry.split for row in made(given_).rows} for given_ in (samples, [*samples, *more])
    )
    assert all(after[sample] == before[sample] for sample in before.keys() & after.keys())


@given(samples=Samples)
def test_only_train_repeats_rows_and_says_so(samples: list[tuple[int, list[int], str]]) -> None:
    """A repeated row would count several times in an evaluation."""
    for row in made(samples).rows:
        assert row.entry.copies == (3 if (row.entry.label, row.entry.split) == ("dog", "train") else 1)


def test_numbers_beyond_measure_are_near_nothing() -> None:
    """Neither are places that hold something else."""
    odd: list[Candidate] = [
        candidate(n, payload={"place": place, "n": n}, attributes={"batch": n})  # type: ignore[dict-item]
        for n, place in enumerate(([1e300, 1e300], ["a"], "a", None, [1e300, 1e300]))
    ]
    assert len(assembler(near=NEAR).assemble(odd).rows) == len(odd)
