"""What the demo reports of the loop: a slice that changed, the alarm, what was done, and what came of it."""

from collections.abc import Mapping

from pydantic import BaseModel

from catalog.comparison import Comparison
from quality.drift.cause import Cause
from quality.drift.measured import Aspect
from quality.intervals import Interval
from schemas.drift import AlarmState
from schemas.verdicts import Event


class Part(Event):
    """A part of the stream: its samples, those of the slice, and on how many of these the model errs.

    Only the simulation knows the latter.
    """

    records: int
    inside: int
    error: Interval


class Named(Event):
    """An alarm: the slice that it is of, empty of all samples, what stood out most there, and what became of it."""

    slice: str
    field: str
    aspect: Aspect
    component: str
    p_value: float
    effect: Interval
    state: AlarmState
    cause: Cause


class Labels(BaseModel):
    """Labels of `of`, a slice or all samples: how many are settled, and how many contradict the prediction."""

    of: str = ""
    settled: int
    wrong: int
    error: Interval


class Bought(Labels):
    """Labels that an alarm bought: how many it wanted, how many were selected, and those of before beside them."""

    wanted: int
    selected: int
    before: Labels


class LoopReport(Event):
    """A slice of the stream changes, and the loop closes; each step with its figures.

    - told: what changes, in words; model: which one predicts
    - starved_rows: rows of the slice that this model was trained on; starved_share: their share of all its rows
    - calm, changed: the stream before the change and after it; windows: how many were judged, from the first day on
    - alarm: the first one that names the slice; named_after: records of the changed stream by which it was there;
      bought: the labels that it bought; others: all other alarms; alarms_before: how many of them before the change
    - wanted: labels that the quota then asked for; selected: of the slice since then; added: labels of the slice that
      the ledger calls consistent, more than before the change
    - version, rows: the next version, and rows of the slice that its model was trained on
    - held_out: that model on gold rows of the slice, beside the one before; state: the slice ledger's word
    """

    column: str
    value: str
    told: str
    model: str
    starved_rows: int
    starved_share: float
    calm: Part
    changed: Part
    windows: int
    alarm: Named
    others: tuple[Named, ...]
    alarms_before: int
    named_after: int
    bought: Bought
    wanted: int
    selected: int
    added: int
    version: int
    rows: int
    held_out: Comparison
    state: str

    @property
    def slice(self) -> str:
        """What the slice is called."""
        return f"{self.column} = {self.value}"

    @property
    def ok(self) -> bool:
        """Whether the alarm named the slice and was confirmed, its error certainly fell, and the ledger closed it."""
        is_confirmed = self.alarm.slice == self.slice and self.alarm.state is AlarmState.CONFIRMED
        is_closed = self.state == f"closed by version {self.version}"
        return is_confirmed and self.held_out.gain.low > 0 and is_closed


def loop_told(report: LoopReport) -> Mapping[str, str]:
    """Return the story step by step."""
    return {
        "a slice is starved": (
            f"{report.slice} (simulated): {report.starved_rows} rows, {report.starved_share:.1%} of what the model of "
            f"{report.model} was trained on; it errs on {_interval(report.calm.error)} of the slice's samples"
        ),
        "and changes": f"{report.told} (simulated); the model errs on {_interval(report.changed.error)} of them",
        "an alarm names it": _alarm_told(report),
        "labels are bought": _bought_told(report.bought),
        "a quota fills": (
            f"{report.wanted} labels asked for, {report.selected} samples of the slice selected; {report.added} more "
            "labels of it are consistent, by simulated labelers"
        ),
        "the next model errs less": (
            f"trained on version {report.version} with {report.rows} rows of the slice: of {report.held_out.test} gold "
            f"rows of it, which nobody labels, {1 - report.held_out.baseline_accuracy.estimate:.3f} wrong before, "
            f"{1 - report.held_out.accuracy.estimate:.3f} now, a gain of {_interval(report.held_out.gain)}"
        ),
        "the slice ledger says": report.state or "NOTHING: the model has not certainly gained on it",
    }


def _alarm_told(report: LoopReport) -> str:
    alarm = report.alarm
    return (
        f"within {report.named_after} records: {alarm.component} of {alarm.field}, p {alarm.p_value:.1e}; "
        f"cause: {alarm.cause}; {alarm.state}; in {report.windows} windows {len(report.others)} other alarms, "
        f"{report.alarms_before} of them before the change"
    )


def _bought_told(bought: Bought) -> str:
    return (
        f"{bought.selected} selected to confirm it, {bought.settled} settled by simulated labelers: "
        f"{bought.wrong} contradict the prediction, {_interval(bought.error)}, of {bought.before.settled} audit labels "
        f"of {bought.before.of or 'all samples'} before {_interval(bought.before.error)}"
    )


def _interval(value: Interval) -> str:
    return f"{value.estimate:.3f} [{value.low:.3f}, {value.high:.3f}]"
