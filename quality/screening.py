"""Screening: what becomes of each record of a frame; the same records and state give the same outcome."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from quality.contracts import Contract
from quality.decoding import LOT, Column, Columns, Decoded, decode
from quality.duplicates import Arrivals, find_duplicates
from quality.events import Accepted, Writer
from quality.frames import Frame
from quality.receipts import receipt_of, steered
from quality.routing.batch import Batch, OwnSignal
from quality.routing.router import Router
from quality.routing.state import RoutingState
from quality.rules import Rule, judge
from quality.sketches.running import Arrived, Sketching, watched
from quality.sketches.window import StreamWindow
from quality.state import State
from schemas.project import DuplicatePolicy
from schemas.routing import RoutingPolicy
from schemas.verdicts import DeadLetter, Receipt, Selection, Severity, Versions, Violation

# Without a policy only ids are compared, over this many samples.
IDS_ONLY = DuplicatePolicy(field="", distance=0, window=1024)


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
    sketching: Sketching = field(default_factory=Sketching)

    @cached_property
    def read(self) -> frozenset[str]:
        """The columns that rules and sketches look at."""
        return self.sketching.reads.union(column for rule in self.rules for column in rule.reads)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a frame turned into; its events go by the places in the frame of the records that they came from.

    `windows` are those that end with a record of the frame, or ended before its first one.

    Accepted samples and tasks are JSON, of `AcceptedSample` and `TaskRequest`: they hold the sample as its producer
    wrote it, which is the bulk of them and need not be written anew. The former are written as they are asked for.
    """

    accepted: Mapping[int, bytes]
    rejected: Mapping[int, DeadLetter]
    tasks: Mapping[int, bytes]
    receipt: Receipt
    state: State
    windows: Sequence[StreamWindow] = ()


def screen(frame: Frame, state: State, screening: Screening) -> Outcome:
    """Return what becomes of each record of `frame`, which starts at or after `state.next_offset`."""
    router = Router(screening.routing, state.routing, own=screening.own)
    decoded = decode(screening.contract, frame.values, _ahead(screening, router) if len(frame) > LOT else None)
    columns = decoded.columns.for_rules(screening.read)
    judgement = judge(screening.rules, columns, len(decoded.places))
    broken = judgement.violations
    unsound = {row for row, found in broken.items() if _is_critical(found)}
    sound = [row for row in range(len(decoded.places)) if row not in unsound]
    repeated, recent = find_duplicates(
        _arrivals(frame, decoded, sound, screening.duplicates), state.recent, screening.duplicates or IDS_ONLY
    )
    fresh = [row for index, row in enumerate(sound) if index not in repeated] if repeated else sound
    selected, routing = _route(frame, decoded, fresh, router)
    arrived = _arrived(frame, decoded, columns, fresh=fresh, unsound=unsound, repeated=[sound[one] for one in repeated])
    running, windows = watched(state.running, arrived, screening.sketching)
    violations = {**decoded.violations, **{decoded.places[row]: found for row, found in broken.items()}}
    accepted = dict(zip(_taken(decoded.places, fresh), fresh, strict=True))
    rejected = sorted(decoded.violations.keys() | {decoded.places[row] for row in unsound})
    writer = Writer(frame, decoded, screening.versions)
    return Outcome(
        accepted=Accepted(writer, accepted, broken),
        rejected={place: writer.dead_letter(place, violations[place]) for place in rejected},
        tasks={place: writer.task(place, accepted[place], selection) for place, selection in selected.items()},
        receipt=receipt_of(
            frame,
            rejected=rejected,
            duplicates=repeated.values(),
            selected=selected,
            window=judgement.window,
            steered=steered(state.routing, routing),
            versions=screening.versions,
        ),
        state=State(
            next_offset=frame.next, last=frame.record(-1).digest, recent=recent, routing=routing, running=running
        ),
        windows=windows,
    )


def _ahead(screening: Screening, router: Router) -> frozenset[str] | None:
    """Return the columns that will be looked at; None where that cannot be told."""
    policy = screening.duplicates
    asked = {"sample_id", policy.field} if policy and policy.field else {"sample_id"}
    return None if screening.own else screening.read.union(asked, router.reads)


def _arrived(
    frame: Frame,
    decoded: Decoded,
    columns: Mapping[str, Any],
    *,
    fresh: Sequence[int],
    unsound: Iterable[int],
    repeated: Iterable[int],
) -> Arrived:
    return Arrived(
        offsets=frame.offsets,
        timestamps=frame.timestamps,
        readable=_taken(frame.offsets, decoded.places),
        columns=columns,
        accepted=fresh,
        rejected=sorted(unsound),
        duplicate=sorted(repeated),
    )


def _is_critical(violations: Iterable[Violation]) -> bool:
    return any(violation.severity is Severity.CRITICAL for violation in violations)


def _arrivals(frame: Frame, decoded: Decoded, rows: Sequence[int], policy: DuplicatePolicy | None) -> Arrivals:
    return Arrivals(
        offsets=_taken(frame.offsets, _taken(decoded.places, rows)),
        sample_ids=_taken(decoded.columns["sample_id"], rows),
        vectors=_taken(decoded.columns[policy.field], rows) if policy else (),
    )


def _route(
    frame: Frame, decoded: Decoded, rows: Sequence[int], router: Router
) -> tuple[dict[int, Selection], RoutingState]:
    """Return the selections by place in the frame, and the state after them."""
    if not rows:
        return {}, router.state
    places = _taken(decoded.places, rows)
    columns = _Rows(decoded.columns, rows)
    selections = router.route(
        Batch(
            offsets=_taken(frame.offsets, places),
            timestamps=_taken(frame.timestamps, places),
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
    """Return what a column holds at ascending places, each of which is named once."""
    return column if len(rows) == len(column) else list(map(column.__getitem__, rows))
