"""What was seen in the routing's space: the lattice, the centers that cover it, and what a typical distance is.

Per record distances are measured only; what is remembered of a block is a uniform sample of its vectors, drawn by hash,
and what was selected. Both are folded in when the block ends, in an order that no cut of the frames can change.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.routing.centers import NO_POINTS, Centers, nearest
from quality.routing.centers import merged as merged_centers
from quality.routing.centers import seen as covering
from quality.routing.lattice import Points, exponent, points, raw, squared_distances, vector_of

# How many vectors of a block are remembered until it ends.
SAMPLED = 64
# Single floats hold less than this.
LARGEST = 1e38
# How many of them stand for the stream, over several blocks.
SAMPLE = 128
# Between so many centers there is a distance.
FEW = 2

# A lattice is made anew where vectors have become longer or shorter by more than this power of two.
APART = 4
# How coordinates are remembered.
COORDINATES = "<f4"
# The draw, the offset and the coordinates of a vector.
Entry = tuple[float, int, bytes]
Distances = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """All blocks before this one: vectors of `length`, scaled by `2**-exponent`; length 0 before there is any.

    `sample` are the last vectors that were remembered, as points.
    """

    length: int = 0
    exponent: int = 0
    centers: Centers = field(default_factory=Centers)
    sample: Points = field(default_factory=lambda: NO_POINTS)

    @cached_property
    def typical(self) -> float:
        """The mean distance of the sample to the nearest center, or of a center to the next one; 0 while unknown.

        At least one step of the lattice: below that, distances are rounding.
        """
        if len(self.centers.points) < FEW:
            return 0.0
        gaps = squared_distances(self.sample, self.centers.points)
        gaps[gaps == 0.0] = np.inf
        nearest_other = gaps.min(axis=1)
        known = nearest_other[np.isfinite(nearest_other)]
        return max(1.0, float(np.sqrt(known).mean())) if len(known) else 0.0

    def placed(self, column: Sequence[Any]) -> tuple[Points, NDArray[np.bool_]]:
        """Return the points of a column of vectors, and which have one: all of this length, and finite."""
        return points(raw(column, self.length), self.exponent)


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Of this block so far: the vectors with the lowest draws, in their order."""

    entries: tuple[Entry, ...] = ()


def sampled(before: Sampled, column: Sequence[Any], offsets: Sequence[int], drawn: Distances) -> Sampled:
    """Add a column of vectors; `drawn` holds a draw in [0, 1) for each."""
    limit = before.entries[-1][0] if len(before.entries) == SAMPLED else 1.0
    low = np.flatnonzero(drawn <= limit)
    if len(low) > SAMPLED:
        low = low[np.argsort(drawn[low], kind="stable")[:SAMPLED]]
    fresh = []
    for place in low.tolist():
        vector = vector_of(column[place])
        if vector is not None and np.abs(vector).max() < LARGEST:
            fresh.append((float(drawn[place]), offsets[place], vector.astype(COORDINATES).tobytes()))
    if not fresh:
        return before
    return Sampled(entries=tuple(sorted([*before.entries, *fresh])[:SAMPLED]))


def folded(seen: Seen, block: Sampled, selected: Points, most: int) -> Seen:
    """Return what was seen after the block, of which these points were selected.

    Where most vectors have a new length, or another size by far, what was seen starts anew.
    """
    if not block.entries:
        return seen
    vectors = [np.frombuffer(coordinates, COORDINATES) for *_, coordinates in block.entries]
    lengths = Counter(map(len, vectors))
    length = min(lengths, key=lambda one: (-lengths[one], one))
    rows = np.array([vector for vector in vectors if len(vector) == length], np.float64)
    scale = exponent(rows)
    same = seen.length == length and (scale is None or abs(scale - seen.exponent) <= APART)
    before = seen if same else Seen(length=length, exponent=scale or 0)
    placed, known = points(rows, before.exponent)
    placed = placed[known]
    if not len(placed):
        return seen
    fresh = np.concatenate([placed, selected]) if same and len(selected) else placed
    return Seen(
        length=length,
        exponent=before.exponent,
        centers=covering(before.centers, fresh, most),
        sample=np.concatenate([placed, before.sample])[:SAMPLE] if len(before.sample) else placed,
    )


def novelty(seen: Seen, placed: Points, known: NDArray[np.bool_]) -> Distances:
    """Return d / (d + m) in [0, 1) for the distance d to the nearest center and the typical one m.

    0 without a point, and before it is known what is typical.

    Source: the distance to the nearest neighbour as a score of novelty, Knorr and Ng (1998), "Algorithms for Mining
    Distance-Based Outliers in Large Datasets".
    """
    if not seen.typical:
        return np.zeros(len(known))
    distance = nearest(seen.centers, placed)
    return np.where(known, distance / (distance + seen.typical), 0.0)


def merged(some: Iterable[Seen], most: int) -> Seen:
    """Return what several partitions have seen together; of vectors of several lengths those of most weight count."""
    parts = [one for one in some if one.length]
    if not parts:
        return Seen()
    weights = Counter[int]()
    for one in parts:
        weights[one.length] += max(1, len(one.centers.points))
    length = min(weights, key=lambda one: (-weights[one], one))
    parts = [one for one in parts if one.length == length]
    scale = max(one.exponent for one in parts)
    return Seen(
        length=length,
        exponent=scale,
        centers=_merged([_coarser(one, scale) for one in parts], most),
        sample=_evenly([_moved(one.sample, one.exponent - scale) for one in parts]),
    )


def _evenly(samples: Sequence[Points]) -> Points:
    """Return `SAMPLE` points of several samples, as far as there are so many, whatever their order."""
    rows = np.unique(np.concatenate([one for one in samples if len(one)]), axis=0)
    return rows[:: -(-len(rows) // SAMPLE)]


def _moved(points: Points, steps: int) -> Points:
    """Return points on a lattice that is coarser by a power of two."""
    moved: Points = np.rint(points * np.float32(2.0**steps)).astype(np.float32)
    return moved


def _coarser(seen: Seen, scale: int) -> Centers:
    """Return the centers on a coarser lattice; what rounding moves, the radius makes up for."""
    if seen.exponent == scale:
        return seen.centers
    factor, rounding = 2.0 ** (seen.exponent - scale), np.sqrt(seen.centers.points.shape[1]) / 2.0
    points = _moved(seen.centers.points, seen.exponent - scale)
    return Centers(points=points, radius=seen.centers.radius * factor + rounding)


def _merged(centers: Sequence[Centers], most: int) -> Centers:
    ordered = sorted(centers, key=lambda one: (-one.radius, one.points.tobytes()))
    together = ordered[0]
    for one in ordered[1:]:
        together = merged_centers(together, one, most)
    return together
