"""Numbers counted for several groups of records at once: one sort orders the keys of all groups."""

from collections.abc import Iterator
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


def counted(values: Values, groups: Whole, count: int) -> Iterator[Numbers]:
    """Yield the sketch of each of `count` groups; `groups` (n,) holds that of each number, NaN aside."""
    known = ~np.isnan(values)
    if not known.all():
        values, groups = values[known], groups[known]
    placed = (keys_of(values) + ((groups << KEY_BITS) + MOVED)).astype(np.int32)
    placed.sort()
    starts = runs(placed)
    places, counts = placed[starts].astype(np.int64), np.diff(starts, append=len(placed))
    keys = (places & ((1 << KEY_BITS) - 1)) - MOVED
    ends = np.searchsorted(places, np.arange(count + 1) << KEY_BITS).tolist()
    extremes = zip(*_extremes(values, groups, count), strict=True)
    for (begin, end), (least, most) in zip(pairwise(ends), extremes, strict=True):
        few = end - begin <= BINS
        yield (Numbers if few else fitted)(
            keys=keys[begin:end], counts=counts[begin:end], level=0, least=least, most=most
        )


def _extremes(values: Values, groups: Whole, count: int) -> tuple[list[float], list[float]]:
    """Return the least and the greatest number of each group; infinities where there is none."""
    least, most = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(least, groups, values)
    np.maximum.at(most, groups, values)
    # Adding 0.0 makes zeros positive: which of two equal zeros comes first must not show.
    return (least + 0.0).tolist(), (most + 0.0).tolist()
