"""The reference: what the sketches of the windows that a model was trained on say of each field, slice by slice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from quality.drift.baseline import baseline
from quality.drift.measured import Measured, Values, together
from quality.drift.ranks import Ranks, ranks
from quality.drift.shares import Shares, shares
from quality.drift.watch import Aspect, Measure, Watch, Watched
from quality.sketches.categories import Categories
from quality.sketches.folding import Sketches
from quality.sketches.numeric import Numbers
from quality.sketches.sketch import Sketch

# The sketches of one window by slice; the slice of all is empty.
Window = Mapping[str, Sketches]

# Numbers with fewer bins than this are judged as categories: ranks say little where most values are equal.
LEAST_BINS = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class Reference:
    """What values are held against, by slice and field."""

    fields: Mapping[tuple[str, str], Ranks | Shares]

    def measured(self, window: Window) -> dict[Measure, Measured]:
        """Return the measures of a window's values, of those slices and fields that the reference has."""
        found: dict[Measure, Measured] = {}
        for (name, field), against in self.fields.items():
            sketch = window.get(name, {}).get(field)
            if sketch is not None:
                missing = Measured(count=sketch.rows, sums=np.array([sketch.missing], np.float64))
                found[Measure(slice=name, field=field, aspect=Aspect.MISSING)] = missing
                found[Measure(slice=name, field=field, aspect=Aspect.VALUES)] = _measured(against, sketch)
        return found


def reference(windows: Sequence[Window]) -> Reference:
    """Return the reference that windows, at least one, are together; fields without any value are left out."""
    found: dict[tuple[str, str], list[Sketch]] = {}
    for window in windows:
        for name, sketches in window.items():
            for field, sketch in sketches.items():
                found.setdefault((name, field), []).append(sketch)
    wholes = {key: _against(sketches) for key, sketches in sorted(found.items())}
    return Reference(fields={key: against for key, against in wholes.items() if against is not None})


def watching(windows: Sequence[Mapping[Measure, Measured]], against: Reference) -> Watch:
    """Return the watch whose baselines are what these windows measured; measures with too few windows are left out."""
    measures = sorted({measure for window in windows for measure in window})
    found = {}
    for measure in measures:
        kept = tuple(window[measure] for window in windows if measure in window)
        counted = measure.aspect is not Aspect.CONFIDENCE
        values = against.fields.get((measure.slice, measure.field)) if measure.aspect is Aspect.VALUES else None
        variances = values.variances if values else _VARIANCES[measure.aspect](together(kept))
        judged_by = baseline(kept, variances, counted=counted and not isinstance(values, Ranks))
        if judged_by is not None:
            found[measure] = Watched(windows=kept, baseline=judged_by)
    return Watch(measures=found)


def _against(sketches: Sequence[Sketch]) -> Ranks | Shares | None:
    whole = reduce(add, sketches)
    if not whole.values.count:
        return None
    if isinstance(whole.values, Categories):
        return shares(whole.values)
    if len(whole.values.keys) < LEAST_BINS:
        return shares(_named(whole.values))
    return ranks(whole.values)


def _measured(against: Ranks | Shares, sketch: Sketch) -> Measured:
    if isinstance(against, Ranks):
        assert isinstance(sketch.values, Numbers)  # noqa: S101
        return against.measured(sketch.values)
    return against.measured(sketch.values if isinstance(sketch.values, Categories) else _named(sketch.values))


def _named(numbers: Numbers) -> Categories:
    """Return numbers of few values as categories, by the keys of their bins."""
    return Categories(kept={str(key): int(count) for key, count in zip(numbers.keys, numbers.counts, strict=True)})


def _of_counts(whole: Measured) -> Values:
    share = (whole.sums + 0.5) / (whole.count + 1.0)
    return share * (1.0 - share)


def _of_confidence(whole: Measured) -> Values:
    """Return the variance of the first component, and the most that the second, in [0, 1], may have."""
    mean, square = whole.sums / whole.count
    return np.array([square - mean**2, square * (1.0 - square)]) + 1.0 / whole.count


_VARIANCES: Mapping[Aspect, Callable[[Measured], Values]] = {
    Aspect.MISSING: _of_counts,
    Aspect.ERRORS: _of_counts,
    Aspect.GOLD: _of_counts,
    Aspect.CONFIDENCE: _of_confidence,
}
