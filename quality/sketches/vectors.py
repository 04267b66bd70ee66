"""Vectors as a few numbers: how long, how large, and where they lie on some fixed axes.

The axes are directions of ones and minus ones, drawn by a hash of axis and coordinate, so they are the same everywhere.
Coordinates are whole numbers of steps, below a limit: sums of these are exact in floats, in whatever order.

Source: Achlioptas (2003), "Database-friendly Random Projections: Johnson-Lindenstrauss with Binary Coins".
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.routing.draws import draws
from quality.routing.lattice import raw

Numbers = NDArray[np.float64]

AXES = 8
# Below it a draw gives minus one.
HALF = 0.5
# Coordinates are rounded to multiples of 1 / STEPS, and those beyond `LIMIT` steps count as the limit. Vectors have at
# most 2**12 coordinates, so sums stay below 2**42.
STEPS, LIMIT = 2.0**16, 2.0**30


def projected(column: Sequence[Any] | Numbers) -> Iterator[tuple[str, Numbers]]:
    """Yield the name of each number that stands for vectors, and its values; NaN where there is no vector.

    `length` counts coordinates, `size` is the mean magnitude of one, `axis1` to `axis8` are sums with signs, divided by
    the root of the length.
    """
    lengths = np.array([len(one) if isinstance(one, list | tuple) else np.nan for one in column], np.float64)
    found = np.full((AXES + 1, len(lengths)), np.nan)
    for length in Counter(lengths[lengths > 0].tolist()):
        places = np.flatnonzero(lengths == length)
        found[:, places] = _of_one_length(raw([column[place] for place in places.tolist()], int(length)))
    yield "length", lengths
    yield "size", found[0]
    yield from ((f"axis{number}", values) for number, values in enumerate(found[1:], start=1))


def _of_one_length(rows: Numbers) -> Numbers:
    """Return size and place on each axis of vectors that are rows."""
    length = rows.shape[1]
    steps = np.rint(np.clip(rows * STEPS, -LIMIT, LIMIT))
    sizes = np.abs(steps).sum(axis=1) / (STEPS * length)
    return np.vstack([sizes, (steps @ _axes(length)).T / (STEPS * np.sqrt(length))])


@lru_cache(maxsize=8)
def _axes(length: int) -> Numbers:
    """Return the signs of each coordinate (rows) on each axis (columns)."""
    drawn = draws([str(place) for place in range(length)], [f"axis{number}" for number in range(1, AXES + 1)])
    return np.where(drawn < HALF, -1.0, 1.0)
