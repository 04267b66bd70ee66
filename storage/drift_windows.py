"""Windows that a check judges: those of the sketches, of all partitions together, once each and in their order."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from itertools import groupby

from sqlalchemy import ColumnElement, Connection, and_, delete, false, func, insert, not_, or_, select, tuple_

from quality.drift.grouping import Span, gathered
from quality.drift.reference import Window
from quality.sketches.folding import Sketches, from_bytes, merged, of_kind, to_bytes
from quality.sketches.window import OTHERS, Slice
from schemas.project import ProjectConfig
from schemas.topics import Topics
from storage.database import among
from storage.drift_tables import DriftSketchRow, DriftWindowRow
from storage.tables import SketchRow, SketchWindowRow

# The family of advisory locks, one a project, under which windows are judged, and merged by day.
JUDGING = 0x0A55AA
# All samples, whatever their source.
WHOLE = Slice(column="", value="")
# So many stored windows are looked at for the next one.
LOOKED_AT = 20_000
# So many stored sketches are read at once.
AT_ONCE = 200
# So many judged windows are kept with what they hold, beside those of the baseline.
KEPT = 250


@dataclass(frozen=True, kw_only=True)
class Past:
    """A window that was judged, and whether an alarm was raised on it."""

    number: int
    latest: datetime
    alarmed: bool


@dataclass(frozen=True, kw_only=True)
class Next:
    """The next window to be judged, with what it holds by slice; `positions` are the offsets after it by partition."""

    number: int
    positions: Mapping[str, int]
    earliest: datetime
    latest: datetime
    records: int
    sketches: Mapping[Slice, Sketches]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What was accepted since the last judged window, and over how much time."""

    records: int
    time: timedelta


def alone(connection: Connection, project: str) -> None:
    """Keep others, until the transaction ends, from judging windows of the project or merging what is judged."""
    connection.execute(select(func.pg_advisory_xact_lock(JUDGING, func.hashtext(project))))


def waiting(connection: Connection, project: ProjectConfig) -> Waiting:
    """Return what has come that is not judged yet."""
    spans = _spans(connection, project, positions(connection, project.name))
    time = max(one.latest for one in spans) - min(one.earliest for one in spans) if spans else timedelta()
    return Waiting(records=sum(one.accepted for one in spans), time=time)


def next_window(connection: Connection, project: ProjectConfig) -> Next | None:
    """Return the window to be judged next; None while too little has come since the last one."""
    last = positions(connection, project.name)
    spans = _spans(connection, project, last)
    enough = gathered(spans, project.drift.records, timedelta(minutes=project.drift.minutes))
    # More is never looked at, so without this a project of small windows or many minutes would wait for ever.
    spans = spans[: enough or (LOOKED_AT if len(spans) == LOOKED_AT else 0)]
    if not spans:
        return None
    return Next(
        number=last_number(connection, project.name) + 1,
        positions={**last, **{str(one.partition): one.next for one in spans}},
        earliest=min(one.earliest for one in spans),
        latest=max(one.latest for one in spans),
        records=sum(one.accepted for one in spans),
        sketches=_sketches(connection, Topics(project=project.name).samples, spans),
    )


def last_number(connection: Connection, project: str) -> int:
    """Return the number of the last window that was judged, 0 before there is one."""
    row = DriftWindowRow
    return connection.scalar(select(func.max(row.number)).where(row.project == project)) or 0


def began(connection: Connection, project: str, numbers: Collection[int]) -> datetime:
    """Return when the first record of windows was published."""
    row = DriftWindowRow
    asked = select(func.min(row.earliest)).where(row.project == project, among(row.number, numbers))
    return connection.execute(asked).scalar_one()


def positions(connection: Connection, project: str) -> dict[str, int]:
    """Return before which offset all windows of a partition were judged; partitions without any are absent."""
    row = DriftWindowRow
    last = select(row.positions).where(row.project == project).order_by(row.number.desc()).limit(1)
    return connection.scalar(last) or {}


def _spans(connection: Connection, project: ProjectConfig, after: Mapping[str, int]) -> list[Span]:
    """Return the stored windows after these offsets, as they ended; within a partition by their offsets."""
    row, topic = SketchWindowRow, Topics(project=project.name).samples
    ended = func.max(row.latest).over(partition_by=row.partition, order_by=row.first)
    asked = (
        select(row.partition, row.first, row.next, row.earliest, row.latest, row.accepted)
        .where(row.topic == topic, _beyond(_partitions(connection, topic), after))
        .order_by(ended, row.partition, row.first)
        .limit(LOOKED_AT)
    )
    return [Span(**one._mapping) for one in connection.execute(asked)]  # noqa: SLF001 - so named, and public


def _partitions(connection: Connection, topic: str) -> range:
    row = SketchWindowRow
    last = connection.scalar(select(row.partition).where(row.topic == topic).order_by(row.partition.desc()).limit(1))
    return range(0 if last is None else last + 1)


def _beyond(partitions: range, after: Mapping[str, int]) -> ColumnElement[bool]:
    """Say, of a window, that it is not judged: by ranges of the key, so that those that are judged are not read."""
    row = SketchWindowRow
    return or_(false(), *(and_(row.partition == one, row.first >= after.get(str(one), 0)) for one in partitions))


def _sketches(connection: Connection, topic: str, spans: Sequence[Span]) -> dict[Slice, Sketches]:
    """Return what windows hold together by slice; values that are not sketched apart count in all samples alone."""
    row = SketchRow
    places = [(one.partition, one.first) for one in spans]
    asked = (
        select(row.column, row.value, row.sketches)
        .where(row.topic == topic, tuple_(row.partition, row.first).in_(places))
        .order_by(row.column, row.value, row.partition, row.first)
    )
    found: dict[Slice, Sketches] = {}
    stored = connection.execute(asked, execution_options={"yield_per": AT_ONCE})
    for (column, value), rows in groupby(stored, key=lambda one: (one.column, one.value)):
        found[Slice(column=column, value=value)] = _together(from_bytes(one.sketches) for one in rows)
    whole = _together(sketches for of, sketches in found.items() if of.column == "source")
    apart = {of: of_kind(sketches, whole) for of, sketches in found.items() if of.value != OTHERS}
    return {WHOLE: whole, **apart}


def _together(some: Iterable[Sketches]) -> Sketches:
    """Return the sum of sketches; where a contract has changed the type of a field, of what the last ones count."""
    return reduce(lambda before, one: merged(of_kind(before, one), one), some, {})


def keep(connection: Connection, project: str, window: Next, *, version: int, baseline: Collection[int]) -> None:
    """Keep that a window was judged, and what it holds; what no check will look at any more goes.

    `baseline` are the windows that it was held against.
    """
    counts = {"version": version, "baseline": len(baseline)}
    told = {name: getattr(window, name) for name in ("number", "positions", "earliest", "latest", "records")}
    connection.execute(insert(DriftWindowRow).values(project=project, **told, **counts))
    rows = [
        {"project": project, "number": window.number, "column": of.column, "value": of.value, "sketches": to_bytes(one)}
        for of, one in window.sketches.items()
    ]
    connection.execute(insert(DriftSketchRow), rows)
    row = DriftSketchRow
    old = (row.project == project, row.number <= window.number - KEPT)
    connection.execute(delete(row).where(*old, not_(among(row.number, baseline))))


def past(connection: Connection, project: str) -> list[Past]:
    """Return the last windows that were judged and are kept with what they hold, oldest first."""
    row = DriftWindowRow
    asked = (
        select(row.number, row.latest, row.alarm_id.is_not(None).label("alarmed"))
        .join(DriftSketchRow, _whole())
        .where(row.project == project)
        .order_by(row.number)
    )
    return [Past(**one._mapping) for one in connection.execute(asked)]  # noqa: SLF001 - so named, and public


def _whole() -> ColumnElement[bool]:
    row = DriftSketchRow
    same = (row.project == DriftWindowRow.project, row.number == DriftWindowRow.number)
    return and_(*same, row.column == WHOLE.column, row.value == WHOLE.value)


def held(connection: Connection, project: str, numbers: Collection[int]) -> dict[int, dict[Slice, Sketches]]:
    """Return what judged windows hold, by their numbers."""
    row = DriftSketchRow
    asked = select(row.number, row.column, row.value, row.sketches)
    asked = asked.where(row.project == project, among(row.number, numbers))
    found: defaultdict[int, dict[Slice, Sketches]] = defaultdict(dict)
    for number, column, value, sketches in connection.execute(asked):
        found[number][Slice(column=column, value=value)] = from_bytes(sketches)
    return dict(found)


def named(sketches: Mapping[Slice, Sketches]) -> Window:
    """Return what a window holds by the names of its slices."""
    return {name_of(of): one for of, one in sketches.items()}


def name_of(of: Slice) -> str:
    """Return what a slice is called, as a measure names it; all samples have no name."""
    return f"{of.column}={of.value}" if of != WHOLE else ""
