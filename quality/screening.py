"""Screening: what becomes of each record of a frame; the same records and state give the same outcome."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from pydantic import TypeAdapter
from pydantic_core import to_json

from quality.contracts import LONGEST, Contract
from quality.decoding import Column, Columns, Decoded, decode
from quality.duplicates import Arrivals, find_duplicates
from quality.frames import Frame
from quality.replay import ORIGIN, replay_of
from quality.routing.batch import Batch, OwnSignal
from quality.routing.router import Router
from quality.routing.state import RoutingState
from quality.rules import Rule, Window, judge
from quality.state import State
from schemas.project import DuplicatePolicy
from schemas.routing import RoutingPolicy
from schemas.verdicts import (
    DeadLetter,
    Disposition,
    DuplicateOf,
    Origin,
    Receipt,
    Run,
    Selection,
    Severity,
    Steered,
    Versions,
    Violation,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The ends of the calendar, to the millisecond.
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
# Without a policy only ids are compared, over this many samples.
IDS_ONLY = DuplicatePolicy(field="", distance=0, window=1024)

WARNINGS = TypeAdapter(tuple[Violation, ...])


@dataclass(frozen=True, kw_only=True)
class Screening:
    """What a project asks of its samples.

    `routing` is what one of the `partitions` follows by itself.
    """

    contract: Contract
    rules: tuple[Rule, ...]
    duplicates: DuplicatePolicy | None
    routing: RoutingPolicy
    versions: Versions
    partitions: int = 1
    own: Mapping[str, OwnSignal] = field(default_factory=dict)

    @cached_property
    def judged(self) -> frozenset[str]:
        """The columns that rules look at."""
        return frozenset(column for rule in self.rules for column in rule.reads)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a frame turned into; its events go by the places in the frame of the records that they came from.

    Accepted samples and tasks are JSON already, of `AcceptedSample` and `TaskRequest`: they hold the sample as its
    producer wrote it, which is the bulk of them and need not be written anew.
    """

    accepted: Mapping[int, bytes]
    rejected: Mapping[int, DeadLetter]
    tasks: Mapping[int, bytes]
    receipt: Receipt
    state: State


def screen(frame: Frame, state: State, screening: Screening) -> Outcome:
    """Return what becomes of each record of `frame`, which starts at or after `state.next_offset`."""
    decoded = decode(screening.contract, frame.values)
    judgement = judge(screening.rules, decoded.columns.for_rules(screening.judged), len(decoded.places))
    broken = judgement.violations
    unsound = {row for row, found in broken.items() if _is_critical(found)}
    sound = [row for row in range(len(decoded.places)) if row not in unsound]
    repeated, recent = find_duplicates(
        _arrivals(frame, decoded, sound, screening.duplicates), state.recent, screening.duplicates or IDS_ONLY
    )
    fresh = [row for index, row in enumerate(sound) if index not in repeated] if repeated else sound
    selected, routing = _route(frame, decoded, fresh, Router(screening.routing, state.routing, own=screening.own))
    violations = {**decoded.violations, **{decoded.places[row]: found for row, found in broken.items()}}
    accepted = {decoded.places[row]: row for row in fresh}
    rejected = sorted(decoded.violations.keys() | {decoded.places[row] for row in unsound})
    writer = _Writer(frame, decoded, screening.versions)
    return Outcome(
        accepted=writer.accepted(accepted, broken),
        rejected={place: writer.dead_letter(place, violations[place]) for place in rejected},
        tasks={place: writer.task(place, accepted[place], selection) for place, selection in selected.items()},
        receipt=_receipt(
            frame,
            rejected=rejected,
            duplicates=repeated.values(),
            selected=selected,
            window=judgement.window,
            steered=_steered(state.routing, routing),
            versions=screening.versions,
        ),
        state=State(next_offset=frame.next, last=frame.record(-1).digest, recent=recent, routing=routing),
    )


def _is_critical(violations: Iterable[Violation]) -> bool:
    return any(violation.severity is Severity.CRITICAL for violation in violations)


def _arrivals(frame: Frame, decoded: Decoded, rows: Sequence[int], policy: DuplicatePolicy | None) -> Arrivals:
    return Arrivals(
        offsets=[frame.offsets[decoded.places[row]] for row in rows],
        sample_ids=_taken(decoded.columns["sample_id"], rows),
        vectors=_taken(decoded.columns[policy.field], rows) if policy else (),
    )


def _route(
    frame: Frame, decoded: Decoded, rows: Sequence[int], router: Router
) -> tuple[dict[int, Selection], RoutingState]:
    """Return the selections by place in the frame, and the state after them."""
    if not rows:
        return {}, router.state
    places = [decoded.places[row] for row in rows]
    columns = _Rows(decoded.columns, rows)
    selections = router.route(
        Batch(
            offsets=[frame.offsets[place] for place in places],
            timestamps=[frame.timestamps[place] for place in places],
            sample_ids=columns["sample_id"],
            columns=columns,
        )
    )
    return {places[index]: selection for index, selection in selections.items()}, router.state


class _Rows:
    """Some rows of columns, taken when first asked for."""

    def __init__(self, columns: Columns, rows: Sequence[int]) -> None:
        self._columns = columns
        self._rows = rows
        self._taken: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._taken:
            self._taken[name] = _taken(self._columns[name], self._rows)
        return self._taken[name]


def _taken(column: Column, rows: Sequence[int]) -> Column:
    return column if len(rows) == len(column) else [column[row] for row in rows]


class _Writer:
    """Writes events of a frame; what they have in common is written once."""

    def __init__(self, frame: Frame, decoded: Decoded, versions: Versions) -> None:
        self._frame = frame
        self._decoded = decoded
        self._versions = versions
        self._origin = b'{"origin":{"topic":%b,"partition":%d,"offset":' % (to_json(frame.topic), frame.partition)
        self._end = b',"versions":%b}' % versions.model_dump_json().encode()

    def accepted(self, rows: Mapping[int, int], warnings: Mapping[int, tuple[Violation, ...]]) -> dict[int, bytes]:
        """Return by place the events that samples were accepted; `rows` are theirs by place, `warnings` go by row.

        Most are nothing but what the record says, and are written here: a call for each would cost half as much again.
        """
        offsets, values, origin, end = self._frame.offsets, self._frame.values, self._origin, self._end
        replays = {place for place, headers in enumerate(self._frame.headers) if headers and ORIGIN in dict(headers)}
        marked = replays.union(self._decoded.places[row] for row in warnings.keys() | self._decoded.slow.keys())
        return {
            place: self._marked(place, row, warnings.get(row, ()))
            if place in marked
            else b'%b%d},"sample":%b,"warnings":[]%b' % (origin, offsets[place], values[place], end)  # type: ignore[str-format]
            for place, row in rows.items()
        }

    def _marked(self, place: int, row: int, warnings: tuple[Violation, ...]) -> bytes:
        """Return the event of a sample that has warnings, is a replay, or was read by pydantic."""
        found = replay_of(self._frame.headers[place], self._at(place))
        return b'%b%d},"sample":%b,"warnings":%b%b%b' % (
            self._origin,
            self._frame.offsets[place],
            self._decoded.written(row, self._frame.values[place]),
            WARNINGS.dump_json(warnings),
            b',"replay_of":%b' % found.model_dump_json().encode() if found else b"",
            self._end,
        )

    def task(self, place: int, row: int, selection: Selection) -> bytes:
        """Return the request to have the sample labeled."""
        return b'%b%d},"sample":%b,"selection":%b%b' % (
            self._origin,
            self._frame.offsets[place],
            self._decoded.written(row, self._frame.values[place]),
            selection.model_dump_json().encode(),
            self._end,
        )

    def dead_letter(self, place: int, violations: tuple[Violation, ...]) -> DeadLetter:
        """Return the record as it came, with what is wrong with it."""
        record = self._frame.record(place)
        origin = self._at(place)
        return DeadLetter(
            origin=origin,
            key=_text(record.key),
            value=_text(record.value and record.value[:LONGEST]),
            headers=tuple((name, _text(value)) for name, value in record.headers),
            timestamp=_time(record.timestamp),
            violations=violations,
            versions=self._versions,
            replay_of=replay_of(record.headers, origin) if record.headers else None,
        )

    def _at(self, place: int) -> Origin:
        return Origin(topic=self._frame.topic, partition=self._frame.partition, offset=self._frame.offsets[place])


def _time(milliseconds: int) -> datetime:
    """Return the time of a record; a producer may claim any, so one beyond the calendar counts as its nearest end."""
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return FIRST if milliseconds < 0 else LAST


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _receipt(
    frame: Frame,
    *,
    rejected: Iterable[int],
    duplicates: Iterable[DuplicateOf],
    selected: Iterable[int],
    window: Window,
    steered: Steered | None,
    versions: Versions,
) -> Receipt:
    repeats = tuple(duplicates)
    dispositions = dict.fromkeys(frame.offsets, Disposition.ACCEPTED)
    dispositions |= {frame.offsets[place]: Disposition.REJECTED for place in rejected}
    dispositions |= {repeat.offset: Disposition.DUPLICATE for repeat in repeats}
    return Receipt(
        topic=frame.topic,
        partition=frame.partition,
        first=frame.first,
        next=frame.next,
        runs=tuple(_runs(dispositions)),
        selected=tuple(frame.offsets[place] for place in selected),
        duplicates=repeats,
        window=dict(window.tallies),
        steered=steered,
        versions=versions,
    )


def _steered(before: RoutingState, after: RoutingState) -> Steered | None:
    taken_up = after.steering.version != before.steering.version
    return Steered(block=after.since, version=after.steering.version) if taken_up else None


def _runs(dispositions: Mapping[int, Disposition]) -> Iterator[Run]:
    """Yield the dispositions as runs; a new one begins where the disposition changes or offsets leap."""
    first = last = -1
    running: Disposition | None = None
    for offset, disposition in dispositions.items():
        if disposition is not running or offset != last + 1:
            if running:
                yield Run(first=first, count=last + 1 - first, disposition=running)
            first, running = offset, disposition
        last = offset
    if running:
        yield Run(first=first, count=last + 1 - first, disposition=running)
