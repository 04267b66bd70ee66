"""Screening: every offset ends in one place, and where depends on the records alone."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, computed_field

from quality import decoding
from quality.contracts import LONGEST, Contract
from quality.frames import Frame, Record
from quality.routing.counts import Counts
from quality.routing.state import RoutingState
from quality.screening import Outcome, screen
from quality.sketches import fields
from quality.sketches.running import Sketching
from quality.state import STATE_VERSION, State
from quality.testing import TIMESTAMP, TOPIC, events, frame, kafka, screened, screening
from schemas.errors import InputError
from schemas.samples import Payload, versioned
from schemas.testing import SAMPLES, encoded, record, records, routing_policy, spoiled, values
from schemas.verdicts import AcceptedSample, Disposition, Reason, Severity, TaskRequest

# Few ids and contents, so that much repeats; and whatever else may come.
repeating = st.builds(
    lambda number, score: encoded(record(number, prediction={"model": "m", "scores": {"cat": score, "dog": 0.5}})),
    st.integers(0, 30),
    st.floats(0, 1),
)
plain = st.one_of(values, spoiled(), records)
wild = st.one_of(st.none(), st.binary(max_size=20), plain.map(encoded))
streams = st.lists(st.one_of(repeating, repeating, repeating, wild), min_size=1, max_size=40).map(kafka)
some = settings(max_examples=50)


def dispositions(outcome: Outcome) -> dict[int, Disposition]:
    """Return the disposition of each offset that the receipt names; none twice."""
    pairs = [(run.first + step, run.disposition) for run in outcome.receipt.runs for step in range(run.count)]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def rejected(plain: object, **changes: Any) -> list[tuple[str, str, Severity]]:
    """Return rule, place and severity of each violation of a record that must be rejected."""
    value = plain if isinstance(plain, bytes) else encoded(plain)  # type: ignore[arg-type]
    (letter,) = screen(frame(kafka([value])), State(), screening(**changes)).rejected.values()
    return [(one.rule, one.where, one.severity) for one in letter.violations]


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"uncertain": {"measure": "entropy"}},
        {"disagreement": {"column": "attributes.second"}},
        {"fair": ["attributes.shift"]},
    ],
)
def test_a_large_frame_is_read_once(policy: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever rules, sketches, duplicates and routing look at is known before; else it would all be read again."""
    sent = [encoded(record(number)) for number in range(3 * decoding.LOT)]
    lots: list[int] = []

    def counted(contract: Contract, values: Sequence[bytes | None]) -> Any:
        lots.append(len(values))
        return read(contract, values)

    read = decoding._read
    monkeypatch.setattr(decoding, "_read", counted)
    sketched = (fields.Field(name="note", kind=fields.Kind.CATEGORY), *fields.PREDICTED)
    asked = screening(routing=routing_policy(**policy), sketching=Sketching(fields=sketched))
    screen(frame(kafka(sent)), State(), asked)
    assert lots == [decoding.LOT] * 3


@some
@given(stream=streams)
def test_every_offset_has_one_disposition_and_stands_where_it_says(stream: list[Record]) -> None:
    """Accepted and dead letters by offset, in order; what is selected was accepted; duplicates repeat what was."""
    (outcome,) = screened(stream, screening())
    found = dispositions(outcome)
    by = {kind: [offset for offset, one in found.items() if one is kind] for kind in Disposition}
    assert list(found) == [one.offset for one in stream]
    assert [one.origin.offset for one in events(outcome.accepted, AcceptedSample)] == by[Disposition.ACCEPTED]
    assert [one.origin.offset for one in outcome.rejected.values()] == by[Disposition.REJECTED]
    assert [one.offset for one in outcome.receipt.duplicates] == by[Disposition.DUPLICATE]
    assert {one.of for one in outcome.receipt.duplicates} <= set(by[Disposition.ACCEPTED])
    assert tuple(one.origin.offset for one in events(outcome.tasks, TaskRequest)) == outcome.receipt.selected
    assert set(outcome.receipt.selected) <= set(by[Disposition.ACCEPTED])


@some
@given(stream=streams, cuts=st.lists(st.integers(0, 40), max_size=6))
def test_the_cut_into_frames_changes_no_byte(stream: list[Record], cuts: list[int]) -> None:
    """Dispositions, outputs and state: a replay, cut elsewhere, writes the same again."""
    assert written(screened(stream, screening(), cuts)) == written(screened(stream, screening()))


def written(outcomes: list[Outcome]) -> tuple[list[str], list[str], dict[int, Disposition], bytes]:
    """Return all that outcomes write, over their frames."""
    told = [
        one
        for outcome in outcomes
        for one in (
            *(value.decode() for value in (*outcome.accepted.values(), *outcome.tasks.values())),
            *(letter.model_dump_json() for letter in outcome.rejected.values()),
        )
    ]
    repeats = [one.model_dump_json() for outcome in outcomes for one in outcome.receipt.duplicates]
    covered = {offset: one for outcome in outcomes for offset, one in dispositions(outcome).items()}
    return sorted(told), repeats, covered, outcomes[-1].state.to_bytes()


@some
@given(stream=streams, cuts=st.lists(st.integers(0, 40), max_size=6))
def test_receipts_follow_upon_one_another(stream: list[Record], cuts: list[int]) -> None:
    """Each begins where the one before ended, and so does the state."""
    outcomes = screened(stream, screening(), cuts)
    assert [one.receipt.first for one in outcomes[1:]] == [one.receipt.next for one in outcomes[:-1]]
    assert [one.state.next_offset for one in outcomes] == [one.receipt.next for one in outcomes]


@some
@given(plain=records)
def test_what_is_accepted_reads_as_what_was_sent(plain: dict[str, Any]) -> None:
    """Accepted events and tasks carry the sample, and its contract reads it from them."""
    asked = screening(suite=ANYTHING, routing=routing_policy(budget={"share": 1.0}, audit=1.0))
    (outcome,) = screened(kafka([encoded(plain)]), asked)
    sent = SAMPLES[2].model_validate_json(encoded(plain))
    for event in (*outcome.accepted.values(), *outcome.tasks.values()):
        again = json.loads(event)["sample"]
        assert SAMPLES[2].model_validate_json(json.dumps(again)) == sent


ANYTHING = {"expectations": [{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "sample_id"}}]}


def test_a_record_too_long_to_be_published_again_is_rejected() -> None:
    """Sound as it is; its dead letter says how long it was, and keeps the most that fits."""
    value = encoded(record(1)) + b" " * LONGEST
    (letter,) = screen(frame(kafka([encoded(record(2)), value])), State(), screening()).rejected.values()
    (violation,) = letter.violations
    assert (violation.rule, violation.seen) == ("contract.too_long", f"{len(value)} bytes")
    assert base64.b64decode(letter.value or "") == value[:LONGEST]


def test_offsets_may_leap() -> None:
    """Kafka's own markers and compaction leave gaps; the receipt names none of them."""
    stream = [*kafka([encoded(record(1))], 4), *kafka([encoded(record(2)), encoded(record(3))], 9)]
    receipt = screen(frame(stream), State(), screening()).receipt
    assert [(run.first, run.count) for run in receipt.runs] == [(4, 1), (9, 2)]
    assert (receipt.first, receipt.next) == (4, 11)


def test_all_violations_of_a_rule_are_found() -> None:
    """Not the first alone, and the warnings beside the critical ones."""
    plain = record(source="scanner", payload={"values": [2e6]}, attributes={})
    assert rejected(plain) == [
        ("expect_column_values_to_be_between", "highest", Severity.CRITICAL),
        ("expect_column_values_to_match_regex", "source", Severity.CRITICAL),
        ("expect_column_values_to_not_be_null", "attributes.batch", Severity.WARNING),
    ]


def test_a_warning_marks_a_sample_and_lets_it_in() -> None:
    """With what was found; the others bear no mark."""
    stream = kafka([encoded(record(1, attributes={})), encoded(record(2))])
    outcome = screen(frame(stream), State(), screening())
    marks = [[one.where for one in accepted.warnings] for accepted in events(outcome.accepted, AcceptedSample)]
    assert (marks, outcome.rejected) == ([["attributes.batch"], []], {})


@pytest.mark.parametrize(
    ("timestamp", "told"),
    [
        (TIMESTAMP + 1, datetime(2026, 1, 5, 8, microsecond=1000, tzinfo=UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        (2**63 - 1, datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
        (-(2**63), datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_dead_letter_keeps_the_record_as_it_came(timestamp: int, told: datetime) -> None:
    """Byte for byte: key, value, headers in their order, repeated and without value; and any time a producer claims."""
    headers = (("a", b"\x00\xff"), ("a", None), ("é\x00", b""))
    record = Record(offset=3, key=b"\xff\x00", value=b"\x80{", headers=headers, timestamp=timestamp)
    (letter,) = screen(frame([record]), State(), screening()).rejected.values()
    kept = [(name, value if value is None else base64.b64decode(value)) for name, value in letter.headers]
    assert (base64.b64decode(letter.key or ""), base64.b64decode(letter.value or "")) == (b"\xff\x00", b"\x80{")
    assert (kept, letter.timestamp, letter.origin.offset) == (list(headers), told, 3)


@given(value=st.binary() | st.none(), key=st.binary() | st.none())
def test_nothing_and_empty_bytes_are_told_apart_in_dead_letters(value: bytes | None, key: bytes | None) -> None:
    """A tombstone is replayed as a tombstone."""
    record = Record(offset=0, key=key, value=value, headers=(), timestamp=0)
    (letter,) = screen(frame([record]), State(), screening()).rejected.values()
    told = [one if one is None else base64.b64decode(one) for one in (letter.key, letter.value)]
    assert told == [key, value]


def test_the_same_id_and_nearly_the_same_content_are_duplicates() -> None:
    """Of what was accepted: a record that was rejected is repeated by none."""
    sent = [
        record(1, source="scanner"),
        record(1),
        record(1),
        record(7, payload={"values": [1.1, 2.2]}),
        record(8, payload={"values": [1.1, 2.6]}),
    ]
    outcome = screen(frame(kafka([encoded(plain) for plain in sent])), State(), screening())
    assert [(one.offset, one.of, one.kind) for one in outcome.receipt.duplicates] == [(2, 1, "same_id"), (3, 1, "near")]
    assert [one.origin.offset for one in events(outcome.accepted, AcceptedSample)] == [1, 4]


def test_without_a_policy_only_ids_are_compared() -> None:
    """Equal contents under different ids are different samples."""
    sent = [record(1), record(2, payload={"values": [1, 2]}), record(1)]
    outcome = screen(frame(kafka([encoded(plain) for plain in sent])), State(), screening(duplicates=None))
    assert [(one.offset, one.kind) for one in outcome.receipt.duplicates] == [(2, "same_id")]


def test_a_duplicate_is_not_selected() -> None:
    """It would be labeled twice."""
    stream = kafka([encoded(record(1))] * 3)
    outcome = screen(frame(stream), State(), screening(routing=routing_policy(budget={"share": 1.0}, audit=1.0)))
    assert outcome.receipt.selected == (0,)
    assert events(outcome.tasks, TaskRequest)[0].selection.reasons == (Reason.AUDIT,)


class Brittle(Payload):
    """Its computed field fails on large numbers; producers call its value v."""

    value: int = Field(alias="v")
    values: list[int] = Field(default_factory=list)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def share(self) -> float:
        """Overflow beyond floats."""
        return self.value / 16


BRITTLE = screening(contract=Contract(current=1, versions=versioned({1: Brittle})), suite=ANYTHING)


@pytest.mark.parametrize(
    ("payload", "rules"),
    [({"v": 10**400}, ["contract.failed"]), ({"v": 1, "values": [10**400]}, []), ({"v": 1, "values": [10**40]}, [])],
)
def test_no_record_stops_the_stream(payload: dict[str, Any], rules: list[str]) -> None:
    """Whatever the contract lets in, and its own code makes of it."""
    outcome = screen(frame(kafka([encoded(record(contract=1, payload=payload))])), State(), BRITTLE)
    assert [one.rule for letter in outcome.rejected.values() for one in letter.violations] == rules
    assert len(outcome.accepted) + len(outcome.rejected) == 1


def test_a_field_is_kept_under_the_name_that_producers_give_it() -> None:
    """Or its contract could not read it again."""
    outcome = screen(frame(kafka([encoded(record(contract=1, payload={"v": 1}))])), State(), BRITTLE)
    assert events(outcome.accepted, AcceptedSample)[0].sample["payload"] == {"v": 1}


def test_everything_says_what_was_in_force_and_where_it_came_from() -> None:
    """So that any decision can be explained later."""
    asked = screening(routing=routing_policy(budget={"share": 1.0}, audit=1.0))
    outcome = screen(frame(kafka([encoded(record(1)), b"?"], 7)), State(), asked)
    letters = [letter.model_dump_json() for letter in outcome.rejected.values()]
    told = [json.loads(one) for one in (*outcome.accepted.values(), *letters, *outcome.tasks.values())]
    assert [one["origin"] for one in told] == [
        {"topic": TOPIC, "partition": 0, "offset": offset} for offset in (7, 8, 7)
    ]
    assert [one["versions"] for one in told] == [outcome.receipt.versions.model_dump()] * 3
    assert outcome.receipt.versions == asked.versions


@some
@given(stream=streams)
def test_a_state_reads_itself_back(stream: list[Record]) -> None:
    """Byte for byte, and it decides alike."""
    state = screened(stream, screening())[-1].state
    again = State.from_bytes(state.to_bytes())
    assert again.to_bytes() == state.to_bytes()
    assert (again.next_offset, dict(again.recent.offsets)) == (state.next_offset, dict(state.recent.offsets))
    assert screened(stream, screening(), state=again)[-1].state.to_bytes() == (
        screened(stream, screening(), state=state)[-1].state.to_bytes()
    )


def test_equal_states_have_equal_bytes() -> None:
    """In whatever order their classes came."""
    folded = [Counts(seen={"prediction.top": dict.fromkeys(order, 1.0)}) for order in ("abc", "cba")]
    states = [State(routing=RoutingState(counted=one)) for one in folded]
    assert states[0].to_bytes() == states[1].to_bytes()


def test_a_state_of_another_layout_is_refused_by_name() -> None:
    """Guessing at it would change decisions."""
    data = State().to_bytes()
    assert bytes([STATE_VERSION]) in data
    with pytest.raises(InputError, match=f"layout {STATE_VERSION + 1}, this Assay reads {STATE_VERSION}"):
        State.from_bytes(data.replace(b"version" + bytes([STATE_VERSION]), b"version" + bytes([STATE_VERSION + 1])))


@given(offsets=st.sets(st.integers(0, 30), min_size=1), since=st.integers(0, 31))
def test_a_frame_since_an_offset_is_the_rest_of_it(offsets: set[int], since: int) -> None:
    """What a checkpoint has not covered yet."""
    whole = Frame.of(TOPIC, 0, [one for at in sorted(offsets) for one in kafka([None], at)])
    rest = whole.since(since)
    assert (rest and list(rest.offsets)) == ([at for at in sorted(offsets) if at >= since] or None)
