"""A stretch: windows in a row, all measures of each side by side in one vector, so that they are judged at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quality.drift.measured import Counts, Measure, Measured, Values


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """Where each measure's components stand among all of them: `sizes` of each, in the order of `measures`."""

    measures: tuple[Measure, ...] = ()
    sizes: tuple[int, ...] = ()

    @cached_property
    def owners(self) -> Counts:
        """The place of the measure of each component."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @cached_property
    def starts(self) -> Counts:
        """The place of the first component of each measure."""
        return np.cumsum([0, *self.sizes])[:-1]


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretch:
    """Records and sums of w windows by component: both (w, k); a window that lacks a measure has no records of it."""

    counts: Counts
    sums: Values

    def __len__(self) -> int:
        return len(self.counts)

    def __add__(self, other: "Stretch") -> "Stretch":
        """Return the windows of both, one after the other."""
        return Stretch(counts=np.concatenate([self.counts, other.counts]), sums=np.concatenate([self.sums, other.sums]))

    def __getitem__(self, windows: slice) -> "Stretch":
        """Return some of the windows."""
        return Stretch(counts=self.counts[windows], sums=self.sums[windows])


def stretch(windows: Sequence[Mapping[Measure, Measured]], layout: Layout) -> Stretch:
    """Return windows by the components of a layout; what it does not have is left out."""
    empty = [Measured(count=0, sums=np.zeros(size)) for size in layout.sizes]
    counts, sums = np.zeros((len(windows), len(layout.owners)), np.int64), np.zeros((len(windows), len(layout.owners)))
    for row, window in enumerate(windows):
        found = [window.get(measure, none) for measure, none in zip(layout.measures, empty, strict=True)]
        counts[row] = np.array([one.count for one in found], np.int64)[layout.owners]
        if found:
            sums[row] = np.concatenate([one.sums for one in found])
    return Stretch(counts=counts, sums=sums)


def layout(windows: Sequence[Mapping[Measure, Measured]]) -> Layout:
    """Return the layout of all measures of some windows, in their order."""
    sizes = {measure: len(one.sums) for window in windows for measure, one in window.items()}
    ordered = sorted(sizes)
    return Layout(measures=tuple(ordered), sizes=tuple(sizes[measure] for measure in ordered))
