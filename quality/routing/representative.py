"""How well a sample would stand for what no selected one stands for yet.

Source: the facility location objective as used by Wei, Iyer and Bilmes (2015), "Submodularity in Data Subset Selection
and Active Learning", here with a uniform sample of the stream for the whole of it.
"""

import numpy as np
from numpy.typing import NDArray

from quality.routing.lattice import Points, squared_distances

Distances = NDArray[np.float64]


def uncovered(sample: Points, selected: Points) -> Distances:
    """Return how far each point of the sample is from the nearest selected one.

    While nothing is selected, that is the greatest distance within the sample.
    """
    if not len(sample):
        return np.zeros(0)
    if not len(selected):
        return np.full(len(sample), np.sqrt(squared_distances(sample, sample).max()))
    found: Distances = np.sqrt(squared_distances(sample, selected).min(axis=1))
    return found


def gain(apart: Distances, far: Distances) -> float:
    """Return the sum of max(0, d_s - |x - s|) over the sample s, for the distances |x - s| of a point x.

    `far` are the d_s of `uncovered`.
    """
    return float(np.maximum(0.0, far - apart).sum())


def representative(points: Points, known: NDArray[np.bool_], sample: Points, far: Distances) -> Distances:
    """Return the gain of each point over the largest one in the sample itself, at most 1; 0 without a point."""
    best = float(_gains(sample, sample, far).max()) if len(sample) else 0.0
    if not best:
        return np.zeros(len(known))
    return np.where(known, np.minimum(1.0, _gains(points, sample, far) / best), 0.0)


def _gains(points: Points, sample: Points, far: Distances) -> Distances:
    found: Distances = np.maximum(0.0, far - np.sqrt(squared_distances(points, sample))).sum(axis=1)
    return found
