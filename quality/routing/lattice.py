"""Vectors on a lattice: coordinates as small whole numbers, so that distances are exact.

A matrix product of floats rounds by the shape of the matrices, that is, by how fetches cut the frames; sums of whole
numbers below 2**24 do not round at all, in whatever order they are added. So vectors are scaled by a power of two and
rounded, and long ones are folded to `WIDTH` coordinates first.

Source of the folding: the count sketch of Charikar, Chen and Farach-Colton (2002), "Finding Frequent Items in Data
Streams"; that it keeps distances, Weinberger et al. (2009), "Feature Hashing for Large Scale Multitask Learning".
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Raw vectors of one length, as rows; of a row that is no such vector all coordinates are NaN.
Raw = NDArray[np.float64]
# Lattice points, as rows: whole numbers.
Points = NDArray[np.float32]

# The most coordinates of a point. `WIDTH * LIMIT**2` must stay below 2**24.
WIDTH, LIMIT = 64, 511
# How many steps of the lattice a typical coordinate is long.
STEPS = 32
# Longer vectors have no point: what is remembered of them must stay small.
LONGEST = 4_096
LISTS = frozenset({list, tuple})


def raw(column: Sequence[Any], length: int) -> Raw:
    """Return a column of vectors as rows of `length`, in 64 bits."""
    try:
        if LISTS.issuperset(map(type, column)) and all(map(length.__eq__, map(len, column))):
            flat = np.fromiter(chain.from_iterable(column), np.float64, len(column) * length)
            return flat.reshape(-1, length)
    except (TypeError, ValueError, OverflowError):  # some are no vectors
        pass
    rows = np.full((len(column), length), np.nan)
    for place, values in enumerate(column):
        vector = vector_of(values)
        if vector is not None and len(vector) == length:
            rows[place] = vector
    return rows


def vector_of(values: object) -> NDArray[np.float64] | None:
    """Return a list of numbers, at least one and at most `LONGEST`, as an array; None for whatever is no such list."""
    if not isinstance(values, (list, tuple)) or not 0 < len(values) <= LONGEST:
        return None
    try:
        return np.fromiter(values, np.float64, len(values))
    except (TypeError, ValueError, OverflowError):
        return None


def exponent(rows: Raw) -> int | None:
    """Return the power of two by which vectors like these are scaled to the lattice; None where all are zero.

    The root mean square of a folded coordinate of the median row becomes between `STEPS / 2` and `STEPS` steps: a few
    rows of another size change nothing.
    """
    with np.errstate(over="ignore"):
        squares = np.square(rows).mean(axis=1) * _folds(rows.shape[1])
    median = float(np.median(squares))
    return int(np.ceil(np.log2(np.sqrt(median) / STEPS))) if 0.0 < median < np.inf else None


def points(rows: Raw, exponent: int) -> tuple[Points, NDArray[np.bool_]]:
    """Return the lattice points of vectors, and which rows have one: those whose coordinates are all finite."""
    known: NDArray[np.bool_] = np.all(np.isfinite(rows), axis=1, keepdims=True)[:, 0]
    with np.errstate(over="ignore"):
        steps = np.ldexp(np.where(known[:, None], rows, 0.0), -exponent)
    return np.clip(_folded(np.rint(np.clip(steps, -LIMIT, LIMIT))), -LIMIT, LIMIT).astype(np.float32), known


def squared_distances(some: Points, others: Points) -> NDArray[np.float64]:
    """Return the squared distance of each of `some` (rows) to each of `others` (columns), exactly."""
    found: NDArray[np.float64] = (
        _squares(some)[:, None] + _squares(others)[None, :] - 2.0 * (some @ others.T).astype(np.float64)
    )
    return found


def _squares(points: Points) -> NDArray[np.float64]:
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", points, points).astype(np.float64)
    return squares


def _folds(length: int) -> int:
    return -(-length // WIDTH)


def _folded(steps: Raw) -> Raw:
    """Return the count sketch of rows longer than `WIDTH`: each coordinate added to one of them, with its own sign."""
    count, length = steps.shape
    if length <= WIDTH:
        return steps
    padded = np.zeros((count, _folds(length) * WIDTH))
    # Signs by Thue and Morse: as many of one kind as of the other, and no period for the data to have too.
    signs = 1 - 2 * (np.bitwise_count(np.arange(length)) & 1).astype(np.float64)
    padded[:, :length] = steps * signs
    folded: Raw = padded.reshape(count, -1, WIDTH).sum(axis=1)
    return folded
