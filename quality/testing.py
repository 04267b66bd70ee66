"""For tests of what screens: records in frames, and what a project asks of them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from quality.contracts import Contract
from quality.frames import Frame, Record
from quality.rules import compile_suite
from quality.screening import Outcome, Screening, screen
from quality.state import State
from schemas.samples import Payload
from schemas.testing import CURRENT, MODELS, SAMPLES, Reading, duplicate_policy, routing_policy
from schemas.verdicts import Event, Versions

EventT = TypeVar("EventT", bound=Event)

TOPIC = "zoo.samples"
# 2026-01-05T08:00:00Z, in milliseconds since 1970.
TIMESTAMP = 1_767_600_000_000
SUITE: dict[str, Any] = {
    "expectations": [
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "highest", "max_value": 1e6}},
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "source", "regex": "^camera-"}},
        {
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": "attributes.batch"},
            "severity": "warning",
        },
    ]
}


def kafka(values: Sequence[bytes | None], first: int = 0) -> list[Record]:
    """Return the values as consecutive records from the offset `first` on."""
    return [
        Record(offset=offset, key=None, value=value, headers=(), timestamp=TIMESTAMP)
        for offset, value in enumerate(values, start=first)
    ]


def frame(records: Sequence[Record]) -> Frame:
    """Return the records as a frame of partition 0."""
    return Frame.of(TOPIC, 0, records)


def events(found: Mapping[int, bytes], kind: type[EventT]) -> list[EventT]:
    """Return an outcome's events, parsed."""
    return [kind.model_validate_json(value) for value in found.values()]


def screening(*, payload: type[Payload] = Reading, suite: dict[str, Any] = SUITE, **changes: Any) -> Screening:
    """Return what the project of `schemas.testing` asks of its samples; `changes` replace its parts."""
    parts: dict[str, Any] = {
        "contract": Contract(current=CURRENT, versions=SAMPLES),
        "rules": compile_suite(suite, payload),
        "duplicates": duplicate_policy(),
        "routing": routing_policy(),
        "versions": Versions(contract=max(MODELS), suite="s", policy="p"),
    }
    return Screening(**{**parts, **changes})


def screened(
    records: Sequence[Record], asked: Screening, cuts: Iterable[int] = (), state: State | None = None
) -> list[Outcome]:
    """Screen the records in frames cut at these places, and carry the state from one to the next as bytes."""
    places = sorted({0, len(records), *(cut % (len(records) + 1) for cut in cuts)})
    outcomes: list[Outcome] = []
    state = state or State()
    for start, end in pairwise(places):
        outcomes.append(screen(frame(records[start:end]), State.from_bytes(state.to_bytes()), asked))
        state = outcomes[-1].state
    return outcomes
