"""Screening: what becomes of each record of a frame; the same records and state give the same outcome."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from quality.contracts import Columns, Contract, columns_of
from quality.duplicates import Arrival, Recent, find_duplicates
from quality.expectations import Rule, violations
from quality.frames import Frame, Record
from quality.routing.router import Router, RoutingState
from quality.state import State
from schemas.project import DuplicatePolicy, RoutingPolicy
from schemas.samples import AnySample
from schemas.verdicts import (
    AcceptedSample,
    DeadLetter,
    Disposition,
    DuplicateOf,
    Origin,
    Receipt,
    Run,
    Severity,
    TaskRequest,
    Versions,
    Violation,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The ends of the calendar, to the millisecond.
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
# Without a policy only ids are compared, over this many samples.
IDS_ONLY = DuplicatePolicy(field="", distance=0, window=1024)


@dataclass(frozen=True, kw_only=True)
class Screening:
    """What a project asks of its samples."""

    contract: Contract
    rules: tuple[Rule, ...]
    duplicates: DuplicatePolicy | None
    routing: RoutingPolicy
    versions: Versions


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a frame turned into."""

    accepted: tuple[AcceptedSample, ...]
    rejected: tuple[DeadLetter, ...]
    tasks: tuple[TaskRequest, ...]
    receipt: Receipt
    state: State


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """One record with what was found out about it; a sample just where nothing critical was found."""

    record: Record
    sample: AnySample | None
    columns: Columns
    violations: tuple[Violation, ...]


def screen(frame: Frame, state: State, screening: Screening) -> Outcome:
    """Return what becomes of each record of `frame`, which starts at or after `state.next_offset`."""
    judged = [_judge_contract(record, screening) for record in frame.records]
    judged = _judge_rules(judged, screening.rules)
    duplicates, recent = _judge_duplicates(judged, state.recent, screening.duplicates)
    fresh = [one for one in judged if one.sample is not None and one.record.offset not in duplicates]
    tasks, routing = _route(frame, fresh, state.routing, screening)
    return Outcome(
        accepted=tuple(_accepted(frame, one, screening.versions) for one in fresh),
        rejected=tuple(_dead_letter(frame, one, screening.versions) for one in judged if one.sample is None),
        tasks=tasks,
        receipt=_receipt(frame, judged, duplicates, tasks, screening.versions),
        state=State(next_offset=frame.records[-1].offset + 1, recent=recent, routing=routing),
    )


def _judge_contract(record: Record, screening: Screening) -> _Judged:
    decoded = screening.contract.decode(record.value)
    if isinstance(decoded, tuple):
        return _Judged(record=record, sample=None, columns={}, violations=decoded)
    columns = columns_of(decoded)
    if isinstance(columns, tuple):
        return _Judged(record=record, sample=None, columns={}, violations=columns)
    return _Judged(record=record, sample=decoded, columns=columns, violations=())


def _judge_rules(judged: Sequence[_Judged], rules: Sequence[Rule]) -> list[_Judged]:
    found = iter(violations(rules, [one.columns for one in judged if one.sample is not None]))
    return [one if one.sample is None else _after_rules(one, next(found)) for one in judged]


def _after_rules(one: _Judged, found: tuple[Violation, ...]) -> _Judged:
    critical = any(violation.severity is Severity.CRITICAL for violation in found)
    return replace(one, sample=None if critical else one.sample, violations=found)


def _judge_duplicates(
    judged: Sequence[_Judged], recent: Recent, policy: DuplicatePolicy | None
) -> tuple[dict[int, DuplicateOf], Recent]:
    policy = policy or IDS_ONLY
    arrivals = [
        Arrival(offset=one.record.offset, sample_id=one.sample.sample_id, vector=_vector(one.sample, policy))
        for one in judged
        if one.sample is not None
    ]
    verdicts, recent = find_duplicates(arrivals, recent, policy)
    return {verdict.offset: verdict for verdict in verdicts if verdict is not None}, recent


def _vector(sample: AnySample, policy: DuplicatePolicy) -> Sequence[float]:
    values: Sequence[float] | None = getattr(sample.payload, policy.field, None) if policy.field else None
    return values if values is not None else ()


def _route(
    frame: Frame, fresh: Sequence[_Judged], state: RoutingState, screening: Screening
) -> tuple[tuple[TaskRequest, ...], RoutingState]:
    router = Router(screening.routing, state)
    routed = [(one, router.route(one.record.offset, one.sample)) for one in fresh if one.sample is not None]
    tasks = tuple(
        TaskRequest(
            origin=_origin(frame, one.record),
            sample=_plain(one.sample),
            selection=selection,
            versions=screening.versions,
        )
        for one, selection in routed
        if selection is not None
    )
    return tasks, router.state


def _accepted(frame: Frame, one: _Judged, versions: Versions) -> AcceptedSample:
    return AcceptedSample(
        origin=_origin(frame, one.record),
        sample=_plain(one.sample),
        warnings=one.violations,
        versions=versions,
    )


def _plain(sample: AnySample | None) -> dict[str, JsonValue]:
    """Return the sample as JSON values, as its contract would read it again."""
    return {} if sample is None else sample.model_dump(mode="json", by_alias=True, exclude_computed_fields=True)


def _dead_letter(frame: Frame, one: _Judged, versions: Versions) -> DeadLetter:
    record = one.record
    return DeadLetter(
        origin=_origin(frame, record),
        key=_text(record.key),
        value=_text(record.value),
        headers=tuple((name, _text(value)) for name, value in record.headers),
        timestamp=_time(record.timestamp),
        violations=one.violations,
        versions=versions,
    )


def _time(milliseconds: int) -> datetime:
    """Return the time of a record; a producer may claim any, so one beyond the calendar counts as its nearest end."""
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return FIRST if milliseconds < 0 else LAST


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _origin(frame: Frame, record: Record) -> Origin:
    return Origin(topic=frame.topic, partition=frame.partition, offset=record.offset)


def _receipt(
    frame: Frame,
    judged: Sequence[_Judged],
    duplicates: Mapping[int, DuplicateOf],
    tasks: Sequence[TaskRequest],
    versions: Versions,
) -> Receipt:
    return Receipt(
        topic=frame.topic,
        partition=frame.partition,
        first=frame.records[0].offset,
        next=frame.records[-1].offset + 1,
        runs=_runs([(one.record.offset, _disposition(one, duplicates)) for one in judged]),
        selected=tuple(task.origin.offset for task in tasks),
        duplicates=tuple(duplicates.values()),
        versions=versions,
    )


def _disposition(one: _Judged, duplicates: Mapping[int, DuplicateOf]) -> Disposition:
    if one.sample is None:
        return Disposition.REJECTED
    return Disposition.DUPLICATE if one.record.offset in duplicates else Disposition.ACCEPTED


def _runs(dispositions: Sequence[tuple[int, Disposition]]) -> tuple[Run, ...]:
    """Return the dispositions as runs; a new one begins where the disposition changes or offsets leap."""
    runs: list[Run] = []
    for offset, disposition in dispositions:
        last = runs[-1] if runs else None
        if last and last.disposition is disposition and last.first + last.count == offset:
            runs[-1] = last.model_copy(update={"count": last.count + 1})
        else:
            runs.append(Run(first=offset, count=1, disposition=disposition))
    return tuple(runs)
