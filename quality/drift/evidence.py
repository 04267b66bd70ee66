"""The evidence for a cause: what all measures say of the windows of an alarm."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from quality.drift.baseline import Judged, judged
from quality.drift.cause import Evidence
from quality.drift.measured import DATA, Aspect, Measure, Measured
from quality.drift.stretch import Layout, stretch
from quality.drift.watch import Watch


def evidence(watch: Watch, windows: Sequence[Mapping[Measure, Measured]], *, guideline: bool) -> Evidence:
    """Return what windows in a row, at least one, say: those of an alarm and those since it was raised.

    `guideline` says whether a version was published since the baseline.
    """
    found = judged(stretch(windows, watch.layout), watch.baseline)
    return Evidence(
        data=_least(watch.layout, found, lambda measure: measure.aspect in DATA),
        errors=_least(watch.layout, found, lambda measure: measure.aspect is Aspect.ERRORS, more=True),
        gold=_least(watch.layout, found, lambda measure: measure.aspect is Aspect.GOLD, more=True),
        guideline=guideline,
    )


def _least(layout: Layout, found: Judged, asked: Callable[[Measure], bool], *, more: bool = False) -> float:
    """Return the least p-value of the components of measures asked, times how many; with `more`, of those that rose.

    It is 1 where nothing of the kind is watched.
    """
    own = np.array([asked(measure) for measure in layout.measures], bool)[layout.owners]
    p_values = np.where(found.differences > 0, found.p_values, 1.0) if more else found.p_values
    return min(1.0, float(p_values[own].min()) * int(own.sum())) if own.any() else 1.0
