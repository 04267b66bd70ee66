"""Near-duplicates on two sides of a split: what a model was trained on must not be what it is tested on."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]

TRAIN = "train"
# So many rows of either side are compared at once: a product of two such blocks is 16 MiB.
ROWS, OTHERS = 256, 8192
# Candidates come from a matrix product; each of its summands may be rounded by so much of the squared lengths.
ROUNDING = float(np.finfo(np.float64).eps)
SUMMANDS = 4


def torn(
    sides: Sequence[str], contents: Sequence[bytes], vectors: Sequence[Sequence[float] | None], distance: float
) -> set[int]:
    """Return the places of the rows that have a twin on a side that goes before theirs.

    Twins have the same content, or vectors of one length whose Euclidean distance is at most `distance`. Sides go by
    their names, and train last, so that what a model is judged by stays. Whether a row is among them depends on it and
    on its twins alone, whatever other rows there are: more rows can only add to what is returned.
    """
    order = {side: place for place, side in enumerate(sorted(set(sides), key=lambda side: (side == TRAIN, side)))}
    ranks = np.array([order[side] for side in sides], np.int64)
    first: dict[bytes, int] = {}
    for content, rank in zip(contents, ranks.tolist(), strict=True):
        first[content] = min(rank, first.get(content, rank))
    same = {place for place, content in enumerate(contents) if ranks[place] > first[content]}
    return same | {place for rows in _of_one_length(vectors) for place in _near(rows, ranks, vectors, distance)}


def _of_one_length(vectors: Sequence[Sequence[float] | None]) -> Iterator[NDArray[np.int64]]:
    """Yield the places of the vectors of each length; none, and empty ones, are near nothing."""
    places: dict[int, list[int]] = {}
    for place, vector in enumerate(vectors):
        if vector:
            places.setdefault(len(vector), []).append(place)
    for found in places.values():
        yield np.array(found, np.int64)


def _near(
    places: NDArray[np.int64], ranks: NDArray[np.int64], vectors: Sequence[Sequence[float] | None], distance: float
) -> Iterator[int]:
    known = np.array([vectors[place] for place in places], np.float64)
    squares = np.einsum("ij,ij->i", known, known)
    here = ranks[places]
    for rank in np.unique(here)[1:]:
        later, earlier = np.flatnonzero(here == rank), np.flatnonzero(here < rank)
        for rows in _blocks(later, ROWS):
            for others in _blocks(earlier, OTHERS):
                for row in _pairs(known, squares, rows, others, distance):
                    yield int(places[row])


def _blocks(places: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    for first in range(0, len(places), size):
        yield places[first : first + size]


def _pairs(
    known: Vectors, squares: Vectors, rows: NDArray[np.int64], others: NDArray[np.int64], distance: float
) -> set[int]:
    """Return those of `rows` that are near one of `others`."""
    sums = squares[rows, None] + squares[None, others]
    gaps = sums - 2 * (known[rows] @ known[others].T)
    slack = ROUNDING * (known.shape[1] + SUMMANDS) * sums
    found: set[int] = set()
    for at, other in np.argwhere(gaps <= distance**2 + slack).tolist():
        row = int(rows[at])
        if row not in found and np.linalg.norm(known[row] - known[others[other]]) <= distance:
            found.add(row)
    return found
