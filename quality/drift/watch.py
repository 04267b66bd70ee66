"""The watch: every measure of a project beside its baseline, window by window, under one budget of false alarms.

A check judges the last window and the last 2, 4, 8 and 16 together, so a great change is found at once and a small one
when enough windows say so. A measure's p-value is the least of its components and lengths, times how many those are
(Bonferroni). The level of a check is shared evenly by three families, so that the few measures of labels do not drown
in those of fields and slices: labels, fields of all samples, and fields of slices. Within one, measures share by Holm.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from quality.drift.baseline import LEAST_RECORDS, Baseline, Judged, baseline, judged
from quality.drift.holm import rejected
from quality.drift.measured import Measured, together
from quality.intervals import Interval

# How many of the last windows are judged together.
LENGTHS = (1, 2, 4, 8, 16)


class Aspect(StrEnum):
    """What is measured of a field, or of labels."""

    VALUES = "values"  # ranks of numbers, or shares of categories
    MISSING = "missing"  # records without a value
    ERRORS = "errors"  # audit labels that contradict the prediction
    CONFIDENCE = "confidence"  # by how much the top score exceeds how often it is right, on audit labels
    GOLD = "gold"  # labels that contradict a gold answer


class Family(StrEnum):
    """Measures that share a part of the level."""

    LABELS = "labels"  # all that labels say
    WHOLE = "whole"  # fields of all samples
    SLICES = "slices"  # fields of the samples of one slice


# Aspects of data; the others are what labels say.
DATA = frozenset({Aspect.VALUES, Aspect.MISSING})


@dataclass(frozen=True, kw_only=True, order=True)
class Measure:
    """What is watched: an aspect of a field, in a slice; the slice of all is empty, as is the field of labels."""

    slice: str = ""
    field: str = ""
    aspect: Aspect

    @property
    def family(self) -> Family:
        """With which measures it shares."""
        if self.aspect not in DATA:
            return Family.LABELS
        return Family.SLICES if self.slice else Family.WHOLE


@dataclass(frozen=True, kw_only=True, eq=False)
class Watched:
    """A measure's baseline windows, what they say, and the quiet windows since the last alarm."""

    windows: tuple[Measured, ...]
    baseline: Baseline
    recent: tuple[Measured, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Watch:
    """What is watched; of `open` measures an alarm is open, and they are not judged."""

    measures: Mapping[Measure, Watched] = field(default_factory=dict)
    open: frozenset[Measure] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A measure that stands out, by the component that does so most.

    - p_value: corrected for components and lengths, not for the other measures
    - windows: how many of the last windows show it best
    - effect: by how much the component's mean differs from the baseline's
    """

    measure: Measure
    component: int
    p_value: float
    windows: int
    effect: Interval


def check(watch: Watch, window: Mapping[Measure, Measured], level: float) -> tuple[Watch, tuple[Alarm, ...]]:
    """Return the watch after a window, and the alarms that it raises, the most significant first.

    A measure that the window lacks is not judged. Windows that an alarm was raised on are looked at no more.
    """
    seen = {
        measure: _seen(watched, window[measure]) if measure in window else watched
        for measure, watched in watch.measures.items()
    }
    found = [
        alarm
        for measure, watched in seen.items()
        if measure in window and measure not in watch.open and (alarm := _standing_out(measure, watched))
    ]
    alarms = tuple(
        sorted(
            (alarm for family in Family for alarm in _raised(found, family, level / len(Family))),
            key=lambda alarm: alarm.p_value,
        )
    )
    if alarms:
        seen = {measure: replace(watched, recent=()) for measure, watched in seen.items()}
    return Watch(measures=seen, open=watch.open | {alarm.measure for alarm in alarms}), alarms


def closed(watch: Watch, measure: Measure) -> Watch:
    """Return the watch after the alarm of a measure was confirmed or withdrawn: the measure is judged again."""
    return replace(watch, open=watch.open - {measure})


def followed(watch: Watch) -> Watch:
    """Return the watch with each baseline moved on by its quiet windows that are older than what a check looks at.

    For baselines that follow the stream; one that stays with a training version is not moved. Windows with an alarm
    are not among those that are quiet, so none becomes part of a baseline.
    """
    return replace(watch, measures={measure: _followed(watched) for measure, watched in watch.measures.items()})


def _followed(watched: Watched) -> Watched:
    old = watched.recent[: -max(LENGTHS)]
    if not old:
        return watched
    windows = (*watched.windows, *old)[-len(watched.windows) :]
    against = baseline(windows, watched.baseline.variances, counted=watched.baseline.counted)
    return Watched(windows=windows, baseline=against or watched.baseline, recent=watched.recent[len(old) :])


def _seen(watched: Watched, window: Measured) -> Watched:
    return replace(watched, recent=(*watched.recent, window)[-max(LENGTHS) - 1 :])


def _raised(found: Sequence[Alarm], family: Family, level: float) -> Iterator[Alarm]:
    own = [alarm for alarm in found if alarm.measure.family is family]
    yield from (own[place] for place in rejected([alarm.p_value for alarm in own], level))


def _standing_out(measure: Measure, watched: Watched) -> Alarm | None:
    """Return the alarm that a measure would raise, or nothing if it has too few records."""
    stretches = [
        judged(whole, length, watched.baseline)
        for length in LENGTHS
        if length <= len(watched.recent) and (whole := together(watched.recent[-length:])).count >= LEAST_RECORDS
    ]
    if not stretches:
        return None
    best = min(range(len(stretches)), key=lambda place: float(stretches[place].p_values.min()))
    return _alarm(measure, stretches[best], LENGTHS[best], len(stretches))


def _alarm(measure: Measure, found: Judged, length: int, tried: int) -> Alarm:
    component = int(found.p_values.argmin())
    p_value = min(1.0, float(found.p_values[component]) * len(found.p_values) * tried)
    return Alarm(measure=measure, component=component, p_value=p_value, windows=length, effect=found.effect(component))
