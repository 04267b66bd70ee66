"""The check of a project's stream: whatever came since the last one is judged, once, and alarms are raised and settled.

A window is judged in one transaction, under a lock of the project: what it holds, the labels that were counted in it,
the alarms, and what routing is to buy for them are written together. So two checks at once judge each window once, and
one that is killed has changed nothing. What a check reads is the baseline, the last windows and the new one, however
long the stream has been.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, func, select

from quality.drift.budget import Budget
from quality.drift.cause import cause
from quality.drift.choosing import joins
from quality.drift.evidence import evidence
from quality.drift.measured import Aspect
from quality.drift.verdict import LEAST_BEFORE, Heard, verdict
from quality.drift.watch import Alarm
from quality.drift.watch import check as judge
from quality.intervals import wilson
from schemas.drift import AlarmState
from schemas.project import ProjectConfig
from schemas.routing import Confirming
from storage import drift_alarms, drift_labels, steering
from storage.database import lost_connections_named
from storage.drift_alarms import DriftAlarm, Stood
from storage.drift_watch import ASKED_AGAIN, PATIENCE, Standing, standing
from storage.drift_windows import (
    WHOLE,
    Next,
    Waiting,
    alone,
    began,
    keep,
    last_number,
    name_of,
    named,
    next_window,
    waiting,
)
from storage.steering import PREDICTED
from storage.tables import TaskRow

# So many windows are judged by one check at most.
AT_ONCE = 50
# What the sums of labels are of.
OF_LABELS = {Aspect.CONFIDENCE: ("overconfidence", "Brier's score")}


@dataclass(frozen=True, kw_only=True)
class JudgedWindow:
    """A window that was judged: against how many, 0 while there are too few, and the alarms that it raised."""

    number: int
    earliest: datetime
    latest: datetime
    records: int
    version: int
    baseline: int
    raised: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a check did: windows judged, alarms confirmed or withdrawn, and what waits for the next window."""

    windows: tuple[JudgedWindow, ...]
    settled: tuple[int, ...]
    waiting: Waiting


@lost_connections_named()
def check(engine: Engine, project: ProjectConfig) -> Checked:
    """Judge what came since the last check, `AT_ONCE` windows at most, and settle the alarms that labels tell of."""
    judged: list[JudgedWindow] = []
    while len(judged) < AT_ONCE:
        with engine.begin() as connection:
            alone(connection, project.name)
            window = next_window(connection, project)
            if window is None:
                break
            judged.append(_judge(connection, engine, project, window))
    with engine.begin() as connection:
        alone(connection, project.name)
        settled = _settle(connection, project)
        return Checked(windows=tuple(judged), settled=settled, waiting=waiting(connection, project))


def _judge(connection: Connection, engine: Engine, project: ProjectConfig, window: Next) -> JudgedWindow:
    """Judge a window, and write what came of it."""
    number, name = window.number, project.name
    stands = standing(connection, engine, project, window)
    drift_labels.count(connection, project, number)
    labels = drift_labels.measured(connection, name, [number]).get(number, {})
    stands = stands.after(number, named(window.sketches), labels)
    _, found = judge(stands.watch, stands.measured[number], Budget(per_thousand=project.drift.false_alarms).level)
    keep(connection, name, window, version=stands.version, baseline=stands.baseline)
    fresh = [alarm for alarm in found if not _joined(connection, name, stands, number, alarm)]
    raised = _raise(connection, project, stands, window, fresh) if fresh else ()
    _ask_again(connection, stands, number)
    _steer(connection, project)
    told = {part: getattr(window, part) for part in ("number", "earliest", "latest", "records")}
    return JudgedWindow(**told, version=stands.version, baseline=len(stands.baseline), raised=raised)


def _raise(
    connection: Connection, project: ProjectConfig, stands: Standing, window: Next, fresh: Sequence[Alarm], /
) -> tuple[int, ...]:
    """Raise an alarm of what stands out at once, named by the first; return its number."""
    numbers = (*stands.recent, window.number)[-fresh[0].windows :]
    shown = [stands.measured[number] for number in numbers]
    told = evidence(stands.watch, shown, guideline=stands.guideline)
    receipt = {
        "budget": asdict(Budget(per_thousand=project.drift.false_alarms)),
        "reference": {"version": stands.version, "windows": sorted(stands.baseline)},
        "evidence": asdict(told),
        "windows": list(numbers),
        "labels": {"wanted": project.drift.labels},
    }
    number = drift_alarms.write(
        connection,
        project.name,
        [_stood(stands, alarm, window.number) for alarm in fresh],
        numbers,
        since=began(connection, project.name, numbers),
        until=window.latest,
        cause=cause(told),
        receipt=receipt,
        after_task=connection.scalar(select(func.max(TaskRow.task_id))) or 0,
    )
    return (number,)


def _joined(connection: Connection, project: str, stands: Standing, number: int, alarm: Alarm) -> bool:
    """Add what stands out to the open alarm that it belongs to, if there is one, and say whether there is."""
    one = next((one for one in stands.alarms if joins(alarm.measure, one.stood_out[0])), None)
    if one is None:
        return False
    drift_alarms.join(connection, one.alarm_id, _stood(stands, alarm, number))
    drift_alarms.mark(connection, project, one.alarm_id, [*stands.recent, number][-alarm.windows :])
    return True


def _stood(stands: Standing, alarm: Alarm, number: int) -> Stood:
    measure = alarm.measure
    return Stood(
        of=stands.slices.get(measure.slice, WHOLE),
        measure=measure,
        component=_component(stands, alarm),
        p_value=alarm.p_value,
        effect=alarm.effect,
        number=number,
    )


def _component(stands: Standing, alarm: Alarm) -> str:
    """Return the name of the component that stands out most."""
    measure = alarm.measure
    if measure.aspect is Aspect.VALUES:
        return stands.against.fields[measure.slice, measure.field].components[alarm.component]
    return OF_LABELS.get(measure.aspect, (measure.aspect.value,))[alarm.component]


def _ask_again(connection: Connection, stands: Standing, number: int) -> None:
    """Ask for the cause of the alarms that were open, with the windows since."""
    for alarm in stands.alarms:
        if number <= alarm.last + ASKED_AGAIN:
            shown = [one for at, one in sorted(stands.measured.items()) if at >= alarm.first]
            told = evidence(stands.watch, shown, guideline=stands.guideline)
            drift_alarms.ask_again(connection, alarm, cause(told), asdict(told))


def _settle(connection: Connection, project: ProjectConfig) -> tuple[int, ...]:
    """Confirm or withdraw the alarms of which labels say enough; return their numbers."""
    last, found = last_number(connection, project.name), []
    for alarm in drift_alarms.open_alarms(connection, project.name):
        answers = _answers(connection, project, alarm)
        labels = {"wanted": alarm.receipt["labels"]["wanted"], **answers.told}
        if not answers.suffice(labels["wanted"], last - alarm.last):
            drift_alarms.note(connection, alarm, labels=labels)
            continue
        said = verdict(answers.now, answers.before)
        state = AlarmState.CONFIRMED if said.confirmed else AlarmState.WITHDRAWN
        drift_alarms.settle(connection, alarm, state, last, labels=labels, verdict=asdict(said))
        found.append(alarm.alarm_id)
    _steer(connection, project)
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class _Answers:
    """What labels say since an alarm, and what those of before do, of `of`, its slice or all samples."""

    selected: int
    now: Heard
    before: Heard
    of: str

    @property
    def told(self) -> dict[str, object]:
        """What the receipt says of them."""
        return {
            "selected": self.selected,
            "settled": self.now.labels,
            "wrong": self.now.wrong,
            "error": asdict(wilson(self.now.wrong, self.now.labels)),
            "answers": dict(self.now.answers),
            "before": {
                "of": self.of,
                "settled": self.before.labels,
                "wrong": self.before.wrong,
                "error": asdict(wilson(self.before.wrong, self.before.labels)),
                "answers": dict(self.before.answers),
            },
        }

    def suffice(self, wanted: int, windows: int) -> bool:
        """Say whether they are enough to decide by, so many windows after the alarm."""
        least = wanted if windows < PATIENCE else LEAST_BEFORE
        return self.before.labels >= LEAST_BEFORE and self.now.labels >= max(least, LEAST_BEFORE)


def _answers(connection: Connection, project: ProjectConfig, alarm: DriftAlarm) -> _Answers:
    name, of = project.name, alarm.of or WHOLE
    if alarm.aspect is Aspect.GOLD:
        now = drift_labels.gold_after(connection, name, alarm.last)
        before = drift_labels.before(connection, name, Aspect.GOLD, WHOLE, alarm.first)
        return _Answers(selected=now.labels, now=now, before=before, of="")
    selected, now = drift_labels.bought(connection, project, alarm.alarm_id, alarm.after_task)
    before = drift_labels.before(connection, name, Aspect.ERRORS, of, alarm.first)
    if before.labels < LEAST_BEFORE:
        of, before = WHOLE, drift_labels.before(connection, name, Aspect.ERRORS, WHOLE, alarm.first)
    return _Answers(selected=selected, now=now, before=before, of=name_of(of))


def _steer(connection: Connection, project: ProjectConfig) -> None:
    """Have routing buy what open alarms want.

    Each partition buys its part, and all of it where a slice may come in one of them alone: samples are keyed by their
    source, and what is still missing after some time is nowhere else.
    """
    last = last_number(connection, project.name)
    steering.confirm(
        connection,
        project.name,
        [
            Confirming(
                alarm=alarm.alarm_id,
                column=alarm.of and alarm.of.column,
                value=alarm.of and alarm.of.value,
                want=alarm.receipt["labels"]["wanted"] * (project.partitions if _anywhere(alarm, last) else 1),
            )
            for alarm in drift_alarms.open_alarms(connection, project.name)
            if _buys(project, alarm.aspect)
        ],
    )


def _anywhere(alarm: DriftAlarm, last: int) -> bool:
    """Say whether every partition is to buy all that an alarm wants: while samples lack, not labels of them."""
    labels = alarm.receipt["labels"]
    if alarm.of is None or labels.get("selected", 0) >= labels["wanted"]:
        return False
    return alarm.of.column == "source" or last - alarm.last >= PATIENCE // 2


def _buys(project: ProjectConfig, aspect: Aspect) -> bool:
    """Say whether labels can confirm an alarm: models predict classes, and who answers gold wrongly is no judge."""
    return project.labels.kind in PREDICTED and aspect is not Aspect.GOLD
