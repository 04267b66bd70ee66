"""The watch: every measure of a project beside its baseline, window by window, under one budget of false alarms.

A check judges the last window and the last 2, 4, 8 and 16 together, so a great change is found at once and a small one
when enough windows say so. A measure's p-value is the least of its components and lengths, times how many those are
(Bonferroni). The level of a check is shared evenly by three families, so that the few measures of labels do not drown
in those of fields and slices: labels, fields of all samples, and fields of slices. Within one, measures share by Holm.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from quality.drift.baseline import Baseline, Judged, baseline, judged
from quality.drift.holm import rejected
from quality.drift.measured import Counts, Family, Measure, Measured
from quality.drift.stretch import Layout, Stretch, stretch
from quality.intervals import Interval

# How many of the last windows are judged together.
LENGTHS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, kw_only=True, eq=False)
class Watch:
    """What is watched: the windows of the baseline, what they say, and the quiet windows since the last alarm.

    Of `open` measures an alarm is open, and they are not judged.
    """

    layout: Layout
    windows: Stretch
    baseline: Baseline
    recent: Stretch
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
    recent = (watch.recent + stretch([window], watch.layout))[-max(LENGTHS) - 1 :]
    asked = [
        place for place, measure in enumerate(watch.layout.measures) if measure in window and measure not in watch.open
    ]
    found = [judged(recent[-length:], watch.baseline) for length in LENGTHS if length <= len(recent)]
    alarms = tuple(sorted(_raised(watch, found, asked, level), key=lambda alarm: alarm.p_value))
    kept = recent[:0] if alarms else recent
    return replace(watch, recent=kept, open=watch.open | {alarm.measure for alarm in alarms}), alarms


def closed(watch: Watch, measure: Measure) -> Watch:
    """Return the watch after the alarm of a measure was confirmed or withdrawn: the measure is judged again."""
    return replace(watch, open=watch.open - {measure})


def followed(watch: Watch) -> Watch:
    """Return the watch with its baseline moved on by the quiet windows that are older than what a check looks at.

    For baselines that follow the stream; one that stays with a training version is not moved. Windows with an alarm
    are not among those that are quiet, so none becomes part of a baseline.
    """
    old = watch.recent[: -max(LENGTHS)]
    if not len(old):
        return watch
    windows = (watch.windows + old)[len(old) :]
    return replace(
        watch,
        windows=windows,
        baseline=baseline(windows, watch.baseline.variances, watch.baseline.counted),
        recent=watch.recent[len(old) :],
    )


def _raised(watch: Watch, found: Sequence[Judged], asked: Sequence[int], level: float) -> Iterator[Alarm]:
    """Yield the alarms of all families; `found` has the judgements by length, and `asked` the places of measures."""
    p_values = np.stack([one.p_values for one in found])
    tried = np.array(watch.layout.sizes, np.float64) * len(found)
    least = np.minimum(1.0, np.minimum.reduceat(p_values.min(axis=0), watch.layout.starts) * tried) if asked else tried
    for family in Family:
        own = [place for place in asked if watch.layout.measures[place].family is family]
        for place in rejected(least[own], level / len(Family)):
            yield _alarm(watch.layout, found, own[place], p_value=float(least[own[place]]))


def _alarm(layout: Layout, found: Sequence[Judged], place: int, *, p_value: float) -> Alarm:
    start = int(layout.starts[place])
    own: Counts = np.arange(start, start + layout.sizes[place])
    length, component = divmod(int(np.argmin([one.p_values[own] for one in found])), len(own))
    return Alarm(
        measure=layout.measures[place],
        component=component,
        p_value=p_value,
        windows=LENGTHS[length],
        effect=found[length].effect(start + component),
    )
