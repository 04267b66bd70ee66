"""A bounded sketch of what was seen: points that cover it, so that nothing seen is far from all of them.

Source: the doubling algorithm of Charikar, Chekuri, Feder and Motwani (1997), "Incremental Clustering and Dynamic
Information Retrieval".
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quality.routing.lattice import WIDTH, Points, squared_distances

NO_POINTS: Points = np.zeros((0, WIDTH), np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class Centers:
    """Points (k, w) further than `radius` from each other; whatever was seen is within twice `radius` of one."""

    points: Points = field(default_factory=lambda: NO_POINTS)
    radius: float = 0.0


def seen(centers: Centers, points: Points, most: int) -> Centers:
    """Return at most `most` centers that cover what `centers` do, and `points`, in their order."""
    kept = centers.points if len(centers.points) else points[:0]
    radius = centers.radius
    while True:
        kept = _thinned(np.concatenate([kept, points]), len(kept), radius)
        if len(kept) <= most:
            return Centers(points=kept, radius=radius)
        gaps = squared_distances(kept, kept)
        np.fill_diagonal(gaps, np.inf)
        radius = max(2.0 * radius, float(np.sqrt(gaps.min())))
        points, kept = kept, kept[:0]


def merged(one: Centers, other: Centers, most: int) -> Centers:
    """Return centers that cover what both do; points of both lie on one lattice."""
    coarse, fine = sorted((one, other), key=lambda centers: -centers.radius)
    return seen(coarse, fine.points, most)


def nearest(centers: Centers, points: Points) -> NDArray[np.float64]:
    """Return the distance of each point to its nearest center; there must be one."""
    found: NDArray[np.float64] = np.sqrt(np.maximum(squared_distances(points, centers.points).min(axis=1), 0.0))
    return found


def _thinned(points: Points, fixed: int, radius: float) -> Points:
    """Return the first `fixed` points, and of the others, in their order, those further than `radius` from all kept."""
    gaps = squared_distances(points[fixed:], points)
    covered: NDArray[np.bool_] = np.any(gaps[:, :fixed] <= radius * radius, axis=1, keepdims=True)[:, 0]
    kept = list(range(fixed))
    for place in range(len(gaps)):
        if not covered[place]:
            kept.append(fixed + place)
            covered |= gaps[:, fixed + place] <= radius * radius
    return points[kept]
