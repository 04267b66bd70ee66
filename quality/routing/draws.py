"""Draws by hash: whether a sample is in a share depends on its id alone, and is uniform over ids."""

from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# The increment and the finalizer of SplitMix64: Steele, Lea and Flood (2014), "Fast Splittable Pseudorandom Number
# Generators". They turn checksums, which alike ids leave alike, into numbers that nothing ties to each other.
GOLDEN = 0x9E3779B97F4A7C15
ROUNDS = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))
LAST_SHIFT = np.uint64(31)
# The upper bits that a float holds exactly.
SHIFT, SPAN = np.uint64(11), 2.0**53


def draws(sample_ids: Sequence[str], purposes: Sequence[str]) -> Numbers:
    """Return a number in [0, 1) for each sample (rows) and purpose (columns); those of two purposes are independent.

    It is the same on every machine and in every version, so that a replay draws the same samples.
    """
    sums = np.fromiter(map(crc32, map(str.encode, sample_ids)), np.uint64, len(sample_ids))
    return (_mixed((sums << np.uint64(32))[:, None] + _streams(tuple(purposes))) >> SHIFT) / SPAN


@lru_cache(maxsize=64)
def _streams(purposes: tuple[str, ...]) -> NDArray[np.uint64]:
    """Return the number that stands for each purpose."""
    return np.array([crc32(purpose.encode()) * GOLDEN % 2**64 for purpose in purposes], np.uint64)


def either(chances: Iterable[float]) -> float:
    """Return the probability that at least one of independent draws selects."""
    return reduce(lambda either, chance: min(1.0, either + (1.0 - either) * chance), chances, 0.0)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    for shift, factor in ROUNDS:
        numbers = (numbers ^ (numbers >> shift)) * factor
    return numbers ^ (numbers >> LAST_SHIFT)
