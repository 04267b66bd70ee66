"""Whole numbers as few bytes: of the narrowest type that holds them all, in one order of bytes on every machine."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]

# The type of numbers, and the numbers in it.
Packed = tuple[str, bytes]

# The types, by how wide they are, and the greatest number of each.
TYPES, WIDTHS = ("<u1", "<u2", "<u4", "<i8"), (1, 2, 4, 8)
LIMITS = np.array([2**8 - 1, 2**16 - 1, 2**32 - 1, 2**63 - 1])


def packed(numbers: Whole) -> Packed:
    """Return numbers from 0 on as what msgpack can write; equal numbers give equal values."""
    narrow = TYPES[np.searchsorted(LIMITS, numbers.max(initial=0))]
    return narrow, numbers.astype(narrow).tobytes()


def packed_runs(numbers: Whole, cuts: Whole) -> Iterator[Packed]:
    """Yield what `packed` gives of each run of the numbers, from one cut to the next; the cuts hold both ends.

    For many short runs it takes a tenth of the time: they are written together, once for each type that any needs.
    """
    full = np.flatnonzero(cuts[1:] > cuts[:-1])
    most = np.zeros(len(cuts) - 1, np.int64)
    if len(full):
        most[full] = np.maximum.reduceat(numbers, cuts[full])
    kinds = np.searchsorted(LIMITS, most).tolist()
    written = {kind: numbers.astype(TYPES[kind]).tobytes() for kind in set(kinds)}
    for kind, begin, end in zip(kinds, cuts.tolist(), cuts[1:].tolist(), strict=False):
        width = WIDTHS[kind]
        yield TYPES[kind], written[kind][begin * width : end * width]


def unpacked(values: Sequence[Any]) -> Whole:
    """Return the numbers that `packed` gave."""
    narrow, data = values
    numbers: Whole = np.frombuffer(data, narrow).astype(np.int64)
    return numbers


def gathered(keys: Whole, counts: Whole) -> tuple[Whole, Whole]:
    """Return each key once, ascending, with the sum of its counts."""
    order = np.argsort(keys, kind="stable")
    return summed(keys[order], counts[order])


def summed(ascending: Whole, counts: Whole) -> tuple[Whole, Whole]:
    """Return each of ascending keys once, with the sum of its counts."""
    starts = runs(ascending)
    return ascending[starts], np.add.reduceat(counts, starts) if len(starts) else counts


def runs(ascending: NDArray[np.integer[Any]]) -> Whole:
    """Return where each new number begins."""
    begins = np.ones(len(ascending), np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=begins[1:])
    return np.flatnonzero(begins)
