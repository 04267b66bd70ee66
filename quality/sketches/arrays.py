"""Whole numbers as few bytes: of the narrowest type that holds them all, in one order of bytes on every machine."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]

TYPES = ((2**8 - 1, "<u1"), (2**16 - 1, "<u2"), (2**32 - 1, "<u4"), (2**63 - 1, "<i8"))


def packed(numbers: Whole) -> tuple[str, bytes]:
    """Return numbers from 0 on as what msgpack can write; equal numbers give equal values."""
    most = numbers.max(initial=0)
    narrow = next(kind for limit, kind in TYPES if most <= limit)
    return narrow, numbers.astype(narrow).tobytes()


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
