"""The evidence for a cause: what all measures say of the windows of an alarm."""

from collections.abc import Callable, Mapping, Sequence

from quality.drift.baseline import judged
from quality.drift.cause import Evidence
from quality.drift.measured import Measured, together
from quality.drift.watch import DATA, Aspect, Measure, Watch

Window = Mapping[Measure, Measured]


def evidence(watch: Watch, stretch: Sequence[Window], *, guideline: bool) -> Evidence:
    """Return what a stretch of windows in a row says, that of an alarm and those since it was raised.

    `guideline` says whether a version was published since the baseline.
    """
    return Evidence(
        data=_least(watch, stretch, lambda measure: measure.aspect in DATA),
        errors=_least(watch, stretch, lambda measure: measure.aspect is Aspect.ERRORS, more=True),
        gold=_least(watch, stretch, lambda measure: measure.aspect is Aspect.GOLD, more=True),
        guideline=guideline,
    )


def _least(watch: Watch, stretch: Sequence[Window], asked: Callable[[Measure], bool], *, more: bool = False) -> float:
    """Return the least p-value of the measures asked, times how many there are; with `more`, of those that rose."""
    found = []
    for measure in filter(asked, watch.measures):
        seen = [window[measure] for window in stretch if measure in window]
        if not seen or not (whole := together(seen)).count:
            continue
        one = judged(whole, len(seen), watch.measures[measure].baseline)
        rose = not more or one.differences[0] > 0
        found.append(float(one.p_values.min()) * len(one.p_values) if rose else 1.0)
    return min(1.0, min(found, default=1.0) * len(found))
