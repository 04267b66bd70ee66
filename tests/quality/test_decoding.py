"""Decoding a frame: each record at its place, whichever way it was read."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality import decoding
from quality.columns import ATTRIBUTES, ENVELOPE
from quality.contracts import Contract, columns_of
from quality.decoding import decode
from quality.screening import screen
from quality.state import State
from quality.testing import events, frame, kafka, screening
from schemas.samples import Payload, versioned
from schemas.testing import CURRENT, SAMPLES, encoded, record, records, spoiled
from schemas.verdicts import AcceptedSample

CONTRACT = Contract(current=CURRENT, versions=SAMPLES)
# Pydantic reads it: of another version, with a time or a number that only it takes, or nested deeply.
by_pydantic = st.sampled_from(
    (
        encoded(record(contract=1, payload={"values": [1, 2.5]})),
        encoded(record(occurred_at="2026-01-05T08:00:00.1234567Z")),
        encoded(record(payload={"values": [1], "maker": [[[]]] * 60})),
    )
)
any_record = records.map(lambda plain: encoded(dict(plain))) | spoiled().map(encoded)  # type: ignore[arg-type]
# Columns of the samples, some of which only some of them have.
ASKED = (*ENVELOPE, "prediction.scores", "values", "note", "maker", "highest", "attributes.batch")
mixed = st.lists(st.one_of(st.none(), st.binary(max_size=9), by_pydantic, any_record), max_size=9)


class Gauges(Payload):
    """Nothing but floats, one of which may be left out."""

    low: float
    middle: float = 0.5
    high: float


GAUGES = Contract(current=1, versions=versioned({1: Gauges}))
some_gauges = st.fixed_dictionaries(
    {"low": st.floats(0, 1), "high": st.integers(0, 9)}, optional={"middle": st.just(2.5)}
)
gauged_records = st.lists(
    some_gauges.map(lambda one: encoded(record(contract=1, payload=one))) | st.none() | by_pydantic, max_size=9
)


@given(values=mixed)
def test_every_record_of_a_frame_stands_at_its_place(values: list[bytes | None]) -> None:
    """Samples in order with their columns, all others with violations, whichever way each was read."""
    decoded = decode(CONTRACT, values)
    alone = {place: CONTRACT.decode(value) for place, value in enumerate(values)}
    assert dict(decoded.violations) == {place: one for place, one in alone.items() if isinstance(one, tuple)}
    assert list(decoded.places) == [place for place, one in alone.items() if not isinstance(one, tuple)]
    having = [columns_of(alone[place]) for place in decoded.places]  # type: ignore[arg-type]
    attributes = dict.fromkeys(name for one in having for name in one if str(name).startswith(ATTRIBUTES))
    assert [ATTRIBUTES + name for name in decoded.columns.samples.attributes] == list(attributes)
    for row, place in enumerate(decoded.places):
        expected = columns_of(alone[place])  # type: ignore[arg-type]
        assert isinstance(expected, dict)
        names = [name for name in ASKED if name != "prediction.scores"]
        assert [decoded.columns[name][row] for name in names] == [expected.get(name) for name in names]
        assert CONTRACT.decode(decoded.written(row, values[place])) == alone[place]


@given(values=mixed)
def test_a_column_that_the_contract_does_not_have_holds_nothing(values: list[bytes | None]) -> None:
    """Steering may speak of one that an earlier contract had: that must not stop the stream."""
    decoded = decode(CONTRACT, values)
    assert list(decoded.columns["gone"]) == [None] * len(decoded.places)


@given(payloads=st.lists(some_gauges, max_size=9), names=st.sets(st.sampled_from(("low", "middle", "high", "source"))))
def test_rules_are_given_the_columns_that_events_have(payloads: list[dict[str, float]], names: set[str]) -> None:
    """Whether they look at few fields of a payload or at most of them."""
    decoded = decode(GAUGES, [encoded(record(contract=1, payload=one)) for one in payloads])
    ruled = decoded.columns.for_rules(names)
    assert {name: list(column) for name, column in ruled.items()} == {name: decoded.columns[name] for name in names}


def columns_as_lists(columns: decoding.Columns, names: Sequence[str]) -> tuple[list[object], list[object]]:
    """Return columns as they are, and as rules see them."""
    ruled = columns.for_rules(names)
    return [list(columns[name]) for name in names], [list(ruled[name]) for name in names]


@given(
    of=st.sampled_from(((CONTRACT, mixed, ASKED), (GAUGES, gauged_records, (*ENVELOPE, *Gauges.model_fields)))),
    data=st.data(),
    lot=st.integers(1, 5),
)
def test_a_frame_read_in_lots_is_the_frame_read_at_once(
    of: tuple[Contract, st.SearchStrategy[Any], Sequence[str]], data: st.DataObject, lot: int
) -> None:
    """With the same columns, those made ahead and any other."""
    contract, some, names = of
    values, ahead = data.draw(some), data.draw(st.sets(st.sampled_from(names)))
    whole = decode(contract, values)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "LOT", lot)
        parts = decode(contract, values, ahead)
    assert (list(parts.places), parts.violations, parts.slow) == (list(whole.places), whole.violations, whole.slow)
    asked = sorted({*names, *ahead})
    assert columns_as_lists(parts.columns, asked) == columns_as_lists(whole.columns, asked)


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-01-05T08:00:00.1234567Z", 123456),
        ("2026-01-05T08:00:00.1234567z", 123456),
        ("2026-01-05T08:00:00.9999999+0000", 999999),
        ("2026-01-05T08:00:00.9Z", 900000),
    ],
)
def test_digits_beyond_microseconds_are_cut_off(text: str, microsecond: int) -> None:
    """However the zone is written; nothing is rounded into another second."""
    (time,) = decode(CONTRACT, [encoded(record(occurred_at=text))]).columns["occurred_at"]
    assert (time.second, time.microsecond) == (0, microsecond)


def test_an_escape_in_a_time_is_no_digit() -> None:
    """Once it was read as JSON, a backslash is a backslash."""
    (violations,) = decode(CONTRACT, [encoded(record(occurred_at="2026-01-05T08:00:0\\u0030Z"))]).violations.values()
    assert [one.where for one in violations] == ["occurred_at"]


@pytest.mark.parametrize("depth", [1, 100, 150, 180, 190, 195, 198, 199, 200, 250, 500])
@pytest.mark.parametrize("around", [("[", "", "]"), ('{"a":', "1", "}")], ids=["lists", "objects"])
def test_what_is_nested_is_accepted_only_where_its_event_can_be_read(depth: int, around: tuple[str, str, str]) -> None:
    """Readers follow some 200 levels, and the event adds its own to those of the sample."""
    before, within, after = around
    nested = before * depth + within + after * depth
    value = encoded(record(payload={"values": [1], "maker": 7777})).replace(b"7777", nested.encode())
    outcome = screen(frame(kafka([value])), State(), screening())
    assert len(events(outcome.accepted, AcceptedSample)) == 1 - len(outcome.rejected)
    assert len(outcome.accepted) == (depth <= 190)
