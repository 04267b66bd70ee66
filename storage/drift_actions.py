"""What an alarm of drift says in words, and what may be done about it."""

from dataclasses import dataclass

from sqlalchemy import Engine

from quality.drift.cause import Cause
from quality.drift.measured import Aspect
from schemas.drift import AlarmState
from storage.drift_alarms import DriftAlarm, alarms

# So many labels of a slice are proposed to be collected.
COLLECTED = 200
# So often its rows are proposed to stand in train.
COPIES = 3
_LABELS = {
    Aspect.ERRORS: "errors on audit labels",
    Aspect.CONFIDENCE: "calibration on audit labels",
    Aspect.GOLD: "wrong answers to gold",
}


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something to do: collect, relabel or generate; what for, and how, as a command or in words."""

    name: str
    why: str
    how: str


@dataclass(frozen=True, kw_only=True)
class Offered:
    """An alarm, what it is about in words, and what may be done."""

    alarm: DriftAlarm
    about: str
    actions: tuple[Action, ...]


def offered(engine: Engine, project: str) -> list[Offered]:
    """Return the last alarms with what may be done about them, newest first."""
    return [Offered(alarm=one, about=about(one), actions=tuple(actions(one))) for one in alarms(engine, project)]


def about(alarm: DriftAlarm) -> str:
    """Return what an alarm is about."""
    what = _LABELS.get(alarm.aspect) or (
        f"missing values of {alarm.field}" if alarm.aspect is Aspect.MISSING else f"{alarm.field} ({alarm.component})"
    )
    return what if alarm.of is None else f"{what} where {alarm.of.column} = {alarm.of.value}"


def changed(alarm: DriftAlarm) -> str:
    """Return by how much it changed, with the interval of 95 %."""
    effect = alarm.effect
    return f"{effect.estimate:+.3f} ({effect.low:+.3f} to {effect.high:+.3f})"


def asked(alarm: DriftAlarm) -> str:
    """Return how far the labels are that the alarm bought, and what they say."""
    labels = alarm.receipt["labels"]
    before = labels.get("before")
    if before is None:
        return f"none of {labels['wanted']} yet"
    if not before["settled"]:
        return f"{labels['settled']} of {labels['wanted']}; none of before to compare with"
    earlier = f"before {before['wrong']} of {before['settled']}"
    return f"{labels['settled']} of {labels['wanted']}, {labels['wrong']} wrong; {earlier}"


def actions(alarm: DriftAlarm) -> list[Action]:
    """Return what may be done: nothing about an alarm that was withdrawn."""
    if alarm.state is AlarmState.WITHDRAWN:
        return []
    if alarm.cause is Cause.LABELERS:
        how = "look at the page Labelers for who answers gold otherwise than before, and have their tasks labeled again"
        return [Action(name="relabel", why="labelers answer otherwise than they did", how=how)]
    if alarm.cause is Cause.GUIDELINE:
        how = "assay guideline effect; then settle the finding on the page Findings by a next guideline version"
        return [Action(name="relabel", why="labels follow another guideline than the model has seen", how=how)]
    return [_collect(alarm), _generate(alarm)]


def _collect(alarm: DriftAlarm) -> Action:
    why = "the model has seen too little of what comes now"
    if alarm.of is None:
        return Action(name="collect", why=why, how="assay dataset build, once its labels are settled; then retrain")
    return Action(name="collect", why=why, how=f"assay drift collect {alarm.alarm_id} --want {COLLECTED}")


def _generate(alarm: DriftAlarm) -> Action:
    slices = "slices" if alarm.of is None else f"the slice {alarm.of.column} = {alarm.of.value}"
    how = f"copies = {COPIES} for {slices} in [dataset] of project.toml repeats its rows in train"
    return Action(name="generate", why="what is rare weighs too little", how=how)
