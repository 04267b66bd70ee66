"""Numbers counted for several groups of records at once: one sort orders the keys of all groups."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from quality.sketches.arrays import Whole, runs
from quality.sketches.bins import Values, keys_of
from quality.sketches.numeric import BINS, Numbers, fitted

# A group and a key are one number: the key in the lower bits, moved so that none is negative. In 32 bits they sort
# fastest, which leaves room for so many groups.
KEY_BITS = 18
MOVED = 1 << (KEY_BITS - 1)
GROUPS = 1 << (31 - KEY_BITS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Groups:
    """Which of `count` groups each record is in."""

    of: Whole
    count: int

    @cached_property
    def rows(self) -> list[int]:
        """How many records each group has."""
        rows: list[int] = np.bincount(self.of, minlength=self.count).tolist()
        return rows

    @cached_property
    def order(self) -> Whole:
        """The places of the records, group by group."""
        return np.argsort(self.of, kind="stable")

    @cached_property
    def starts(self) -> Whole:
        """Where, in that order, each group that has records begins."""
        return runs(self.of[self.order])

    @cached_property
    def present(self) -> Whole:
        """The groups that have records."""
        return self.of[self.order[self.starts]]


def counted(values: Values, groups: Groups) -> Iterator[Numbers]:
    """Yield the sketch of each group of numbers, NaN aside."""
    known, some, of = ~np.isnan(values), values, groups.of
    if not known.all():
        some, of = values[known], of[known]
    placed = (keys_of(some) + ((of << KEY_BITS) + MOVED)).astype(np.int32)
    placed.sort()
    starts = runs(placed)
    places, counts = placed[starts].astype(np.int64), np.diff(starts, append=len(placed))
    keys = (places & ((1 << KEY_BITS) - 1)) - MOVED
    ends = np.searchsorted(places, np.arange(groups.count + 1) << KEY_BITS).tolist()
    extremes = zip(*_extremes(values, groups), strict=True)
    for (begin, end), (least, most) in zip(pairwise(ends), extremes, strict=True):
        made = Numbers if end - begin <= BINS else fitted
        yield made(keys=keys[begin:end], counts=counts[begin:end], level=0, least=least, most=most)


def _extremes(values: Values, groups: Groups) -> tuple[list[float], list[float]]:
    """Return the least and the greatest number of each group; infinities where there is none."""
    least, most = np.full(groups.count, np.nan), np.full(groups.count, np.nan)
    if len(values):
        ordered = values[groups.order]
        # Adding 0.0 makes zeros positive: which of two equal zeros comes first must not show.
        least[groups.present] = np.fmin.reduceat(ordered, groups.starts) + 0.0
        most[groups.present] = np.fmax.reduceat(ordered, groups.starts) + 0.0
    return np.where(np.isnan(least), np.inf, least).tolist(), np.where(np.isnan(most), -np.inf, most).tolist()
