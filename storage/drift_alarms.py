"""Alarms of drift: what stood out, whose doing it is, and what became of it; each with its receipt."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, insert, select, update

from quality.drift.cause import Cause
from quality.drift.choosing import Settled
from quality.drift.measured import Aspect, Measure
from quality.intervals import Interval
from quality.sketches.window import Slice
from schemas.drift import AlarmState
from schemas.errors import InputError
from storage.database import lost_connections_named
from storage.drift_tables import DriftAlarmRow, DriftWindowRow
from storage.drift_windows import WHOLE, name_of
from storage.tables import Json

# So many alarms are listed, the newest.
LISTED = 200


@dataclass(frozen=True, kw_only=True)
class Stood:
    """A measure that stands out, in the window `number`: the slice it is of, the component, and by how much."""

    of: Slice
    measure: Measure
    component: str
    p_value: float
    effect: Interval
    number: int

    @property
    def told(self) -> Json:
        """What is kept of it, beside the alarm."""
        effect = {"effect": self.effect.estimate, "low": self.effect.low, "high": self.effect.high}
        about = {"slice": self.measure.slice, "field": self.measure.field, "aspect": self.measure.aspect.value}
        return {**about, "component": self.component, "p_value": self.p_value, **effect, "window": self.number}


@dataclass(frozen=True, kw_only=True)
class DriftAlarm:
    """One alarm; `of` is the slice that it is of, absent of all samples.

    `first` and `last` are the windows that show it, published from `since` to `until`. `measures` are all that stood
    out, the first of which it is named by; `settled_in` is the last window before it was confirmed or withdrawn.
    """

    alarm_id: int
    state: AlarmState
    of: Slice | None
    field: str
    aspect: Aspect
    component: str
    p_value: float
    effect: Interval
    first: int
    last: int
    since: datetime
    until: datetime
    cause: Cause
    measures: tuple[Json, ...]
    receipt: Json
    after_task: int
    raised_at: datetime
    settled_at: datetime | None
    settled_in: int | None

    @property
    def slice_name(self) -> str:
        """What its slice is called, as measures name it."""
        return "" if self.of is None else name_of(self.of)

    @property
    def stood_out(self) -> tuple[Measure, ...]:
        """The measures that stood out."""
        return tuple(
            Measure(slice=one["slice"], field=one["field"], aspect=Aspect(one["aspect"])) for one in self.measures
        )


def open_alarms(connection: Connection, project: str) -> list[DriftAlarm]:
    """Return the alarms that are neither confirmed nor withdrawn, oldest first."""
    row = DriftAlarmRow
    found = select(row).where(row.project == project, row.state == AlarmState.OPEN).order_by(row.alarm_id)
    return _read(connection, found)


def settled(connection: Connection, project: str, since: int) -> list[Settled]:
    """Return the alarms that were confirmed or withdrawn in window `since` or later."""
    row = DriftAlarmRow
    found = select(row).where(row.project == project, row.settled_in >= since).order_by(row.alarm_id)
    alarms = _read(connection, found)
    return [Settled(measures=one.stood_out, number=one.settled_in or 0) for one in alarms]


@lost_connections_named()
def alarms(engine: Engine, project: str) -> list[DriftAlarm]:
    """Return the last `LISTED` alarms, newest first."""
    row = DriftAlarmRow
    with engine.connect() as connection:
        return _read(connection, select(row).where(row.project == project).order_by(row.alarm_id.desc()).limit(LISTED))


@lost_connections_named()
def alarm(engine: Engine, project: str, number: int) -> DriftAlarm:
    """Return one alarm.

    Raises:
        InputError: the project has no such alarm.
    """
    row = DriftAlarmRow
    with engine.connect() as connection:
        found = _read(connection, select(row).where(row.project == project, row.alarm_id == number))
    if not found:
        raise InputError(f"Alarm {number} is none of this project: `assay drift alarms` lists those that there are.")
    return found[0]


@lost_connections_named()
def counts(engine: Engine, project: str) -> dict[AlarmState, int]:
    """Return how many alarms stand where."""
    row = DriftAlarmRow
    asked = select(row.state, func.count()).where(row.project == project).group_by(row.state)
    with engine.connect() as connection:
        found = dict(connection.execute(asked).all())
    return {state: found.get(state, 0) for state in AlarmState}


def _read(connection: Connection, found: Select[Any]) -> list[DriftAlarm]:
    rows = connection.execute(found.with_only_columns(*DriftAlarmRow.__table__.columns)).all()
    return [
        DriftAlarm(
            of=None if row.column is None else Slice(column=row.column, value=row.value),
            state=AlarmState(row.state),
            aspect=Aspect(row.aspect),
            cause=Cause(row.cause),
            effect=Interval(estimate=row.effect, low=row.low, high=row.high),
            measures=tuple(row.measures),
            **{name: getattr(row, name) for name in _PLAIN},
        )
        for row in rows
    ]


_PLAIN = (
    "alarm_id",
    "field",
    "component",
    "p_value",
    "first",
    "last",
    "since",
    "until",
    "receipt",
    "after_task",
    "raised_at",
    "settled_at",
    "settled_in",
)


def write(connection: Connection, project: str, stood: Sequence[Stood], windows: Collection[int], **told: Any) -> int:
    """Write an alarm named by the first of what stood out, in these windows, and mark them; return its number."""
    lead = stood[0]
    of = None if lead.of == WHOLE else lead.of
    values = {
        "column": of and of.column,
        "value": of and of.value,
        "field": lead.measure.field,
        "aspect": lead.measure.aspect,
        "component": lead.component,
        "p_value": lead.p_value,
        "effect": lead.effect.estimate,
        "low": lead.effect.low,
        "high": lead.effect.high,
        "first": min(windows),
        "last": max(windows),
        "measures": [one.told for one in stood],
        **told,
    }
    number = connection.execute(
        insert(DriftAlarmRow).values(project=project, **values).returning(DriftAlarmRow.alarm_id)
    ).scalar_one()
    mark(connection, project, number, windows)
    return number


def join(connection: Connection, number: int, stood: Stood) -> None:
    """Add to an open alarm what stood out after it."""
    _change(connection, number, measures=DriftAlarmRow.measures.concat([stood.told]))


def note(connection: Connection, one: DriftAlarm, **told: Any) -> None:
    """Add to the receipt of an alarm, where it does not say so already."""
    if {**one.receipt, **told} != one.receipt:
        _change(connection, one.alarm_id, receipt=DriftAlarmRow.receipt.concat(told))


def mark(connection: Connection, project: str, number: int, windows: Collection[int]) -> None:
    """Say of windows that an alarm was raised on them: none of them becomes part of a baseline."""
    row = DriftWindowRow
    here = (row.project == project, row.number.in_(windows), row.alarm_id.is_(None))
    connection.execute(update(row).where(*here).values(alarm_id=number))


def ask_again(connection: Connection, one: DriftAlarm, cause: Cause, evidence: Mapping[str, Any]) -> None:
    """Write whose doing an open alarm is, by what is known now."""
    _change(connection, one.alarm_id, cause=cause, receipt=DriftAlarmRow.receipt.concat({"evidence": evidence}))


def settle(connection: Connection, one: DriftAlarm, state: AlarmState, number: int, **told: Any) -> None:
    """Confirm or withdraw an alarm after window `number`; the receipt tells why."""
    receipt = DriftAlarmRow.receipt.concat(told)
    _change(connection, one.alarm_id, state=state, settled_in=number, settled_at=func.now(), receipt=receipt)


def _change(connection: Connection, number: int, **values: Any) -> None:
    connection.execute(update(DriftAlarmRow).where(DriftAlarmRow.alarm_id == number).values(**values))
