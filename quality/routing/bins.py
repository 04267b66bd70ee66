"""Histograms of scores, and the thresholds that hold a share of what they counted."""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Bins = NDArray[np.float64]
Places = NDArray[np.int64]
Counts = NDArray[np.int64]

# Resolution of a threshold: scores in [0, 1] are counted in this many equal bins. Those of the first are as good as 0.
BINS = 200
NONE: Bins = np.zeros(BINS)
# What is all of something, but for the rounding of sums.
ALL = 1.0 - 1e-9


def binned(scores: Scores) -> Places:
    """Return the bin of each score."""
    return np.minimum(BINS - 1, (scores * BINS).astype(np.int64))


def counted(places: Places) -> Counts:
    """Return how many scores lie in each bin; `places` are their bins."""
    return np.bincount(places, minlength=BINS)


def threshold(bins: Bins, share: float) -> float:
    """Return the place in [1, BINS] above which `share` of what was counted lies; 1 where less lies above it.

    A place of 3.25 cuts bin 3: three quarters of it lie above, and all of the bins from 4 on. What is in the first bin
    has nothing to say and lies above no threshold. Where nothing was counted, nothing is selected.
    """
    total = float(bins.sum())
    if not share or not total:
        return float(BINS)
    above = np.cumsum(bins[:0:-1])  # of the last bin, the last two, ... and all but the first
    if share * total >= above[-1] * ALL:
        return 1.0
    index = int(np.searchsorted(above, share * total))
    left = share * total - (above[index - 1] if index else 0.0)
    place = BINS - 1 - index
    return place + 1.0 - float(left / bins[place])


def supply(bins: Bins) -> float:
    """Return the share of what was counted that a threshold may select."""
    total = float(bins.sum())
    return 1.0 - float(bins[0]) / total if total else 0.0


def chances(places: Places, threshold: float) -> Scores:
    """Return the probability with which a threshold, of at least 1, selects scores that lie in these bins.

    It is 1 above the threshold, 0 below it, and in between in the bin that it cuts.
    """
    found: Scores = np.minimum(1.0, np.maximum(0.0, places + (1.0 - threshold)))
    return found
