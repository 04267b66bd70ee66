"""The reference: what the sketches of the windows that a model was trained on say of each field, slice by slice."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from quality.drift.baseline import LEAST_WINDOWS, baseline
from quality.drift.measured import Aspect, Measure, Measured, Values
from quality.drift.ranks import Ranks, ranks
from quality.drift.shares import Shares, shares
from quality.drift.stretch import layout, stretch
from quality.drift.watch import Watch
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
    """Return the watch whose baselines are what these windows measured.

    Measures that fewer than `LEAST_WINDOWS` have records of are left out: nothing is judged rather than guessed.
    """
    seen = Counter(measure for window in windows for measure, one in window.items() if one.count)
    kept = [{measure: one for measure, one in each.items() if seen[measure] >= LEAST_WINDOWS} for each in windows]
    places = layout(kept)
    rows = stretch(kept, places)
    variances = [
        _variances(measure, Measured(count=int(counts[0]), sums=sums), against)
        for measure, counts, sums in zip(
            places.measures,
            np.split(rows.counts.sum(axis=0), places.starts[1:]),
            np.split(rows.sums.sum(axis=0), places.starts[1:]),
            strict=False,
        )
    ]
    counted = np.array([_is_counted(measure, against) for measure in places.measures], bool)[places.owners]
    return Watch(
        layout=places,
        windows=rows,
        baseline=baseline(rows, np.concatenate([np.zeros(0), *variances]), counted),
        recent=rows[:0],
    )


def _variances(measure: Measure, whole: Measured, against: Reference) -> Values:
    if measure.aspect is Aspect.VALUES:
        return against.fields[measure.slice, measure.field].variances
    return _VARIANCES[measure.aspect](whole)


def _is_counted(measure: Measure, against: Reference) -> bool:
    if measure.aspect is Aspect.VALUES:
        return isinstance(against.fields[measure.slice, measure.field], Shares)
    return measure.aspect is not Aspect.CONFIDENCE


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
