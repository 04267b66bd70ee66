"""Many series of numbers, and names, counted for several groups of records at once: one sort orders all groups."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from quality.sketches.arrays import Packed, Whole, packed_runs, runs
from quality.sketches.bins import keys_of
from quality.sketches.categories import Categories, bounded
from quality.sketches.numeric import BINS, Numbers, fitted

Matrix = NDArray[np.float64]

# A group and a key are one number: the key in the lower bits, moved so that none is negative. In 32 bits they sort
# fastest, which leaves room for so many groups.
KEY_BITS = 18
MOVED = 1 << (KEY_BITS - 1)
GROUPS = 1 << (31 - KEY_BITS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Groups:
    """Which of `count` groups, fewer than `GROUPS`, each record is in."""

    of: Whole
    count: int

    @cached_property
    def rows(self) -> list[int]:
        """How many records each group has."""
        rows: list[int] = np.bincount(self.of, minlength=self.count).tolist()
        return rows

    @cached_property
    def order(self) -> Whole:
        """The places of the records, group by group."""
        return np.argsort(self.of, kind="stable")

    @cached_property
    def starts(self) -> Whole:
        """Where, in that order, each group that has records begins."""
        return runs(self.of[self.order])

    @cached_property
    def present(self) -> Whole:
        """The groups that have records."""
        return self.of[self.order[self.starts]]


def counted(series: Matrix, groups: Groups) -> Iterator[list[tuple[int, Numbers]]]:
    """Yield of each series, which is a row, how many numbers each group has, NaN aside, and their sketch."""
    length = series.shape[1]
    placed = _placed(series, groups)
    placed.sort(axis=1)
    flat = placed.ravel()
    begins = np.ones(len(flat), np.bool_)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[:: length or 1] = True
    starts = np.flatnonzero(begins)
    keys, counts = _keys(flat[starts]), np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=counts[:-1])
    counts[-1:] = len(flat) - starts[-1:]
    borders = (np.arange(groups.count + 1) << KEY_BITS).astype(np.int32)
    within = np.array([np.searchsorted(row, borders) for row in placed], np.int64).reshape(-1, len(borders))
    cuts = np.searchsorted(starts, within + np.arange(len(series))[:, np.newaxis] * length)
    packed = _packed(keys, counts, np.append(cuts, len(keys)))
    for row, (least, most) in enumerate(zip(*_extremes(series, groups), strict=True)):
        totals, ends = np.diff(within[row]).tolist(), cuts[row].tolist()
        of_groups = islice(packed, len(totals))
        yield [
            (total, _numbers(keys[begin:end], counts[begin:end], *one))
            for total, begin, end, *one in zip(totals, ends, ends[1:], least, most, of_groups, strict=False)
        ]
        next(packed)  # that of NaN


def _packed(keys: Whole, counts: Whole, cuts: Whole) -> Iterator[tuple[int, Packed, Packed]]:
    """Yield what `Numbers.packed` is of the keys and counts between each two cuts."""
    full = cuts[1:] > cuts[:-1]
    firsts = np.zeros(len(full), np.int64)
    firsts[full] = keys[cuts[:-1][full]]
    steps = np.delete(np.diff(keys, prepend=0), cuts[:-1][full])
    steps_cuts = cuts - np.append(0, np.cumsum(full))
    yield from zip(firsts.tolist(), packed_runs(steps, steps_cuts), packed_runs(counts, cuts), strict=True)


def _keys(placed: NDArray[np.int32]) -> Whole:
    """Return the keys alone."""
    keys = placed & ((1 << KEY_BITS) - 1)
    keys -= MOVED
    return keys.astype(np.int64)


def _placed(series: Matrix, groups: Groups) -> NDArray[np.int32]:
    """Return group and key of each number as one; NaN is in a group of its own, behind all others."""
    unknown = np.isnan(series)
    of = np.where(unknown, groups.count, groups.of) if unknown.any() else groups.of
    placed = keys_of(series)
    placed += ((of << KEY_BITS) + MOVED).astype(np.int32)
    return placed


def _numbers(keys: Whole, counts: Whole, least: float, most: float, written: tuple[int, Packed, Packed]) -> Numbers:
    if len(keys) > BINS:
        return fitted(keys, counts, level=0, least=least, most=most)
    return Numbers(keys=keys, counts=counts, least=least, most=most, written=written)


def _extremes(series: Matrix, groups: Groups) -> tuple[list[list[float]], list[list[float]]]:
    """Return the least and the greatest number of each series in each group; infinities where there is none."""
    shape = len(series), groups.count
    least, most = np.full(shape, np.nan), np.full(shape, np.nan)
    if series.shape[1]:
        ordered = series[:, groups.order]
        # Adding 0.0 makes zeros positive: which of two equal zeros comes first must not show.
        least[:, groups.present] = np.fmin.reduceat(ordered, groups.starts, axis=1) + 0.0
        most[:, groups.present] = np.fmax.reduceat(ordered, groups.starts, axis=1) + 0.0
    return np.where(np.isnan(least), np.inf, least).tolist(), np.where(np.isnan(most), -np.inf, most).tolist()


def distinct(values: Sequence[str | None]) -> list[str]:
    """Return values once, in ascending order, absent ones aside."""
    found = {*values}
    found.discard(None)
    return sorted(found)  # type: ignore[arg-type]  # None is gone


def named(values: Sequence[str | None], groups: Groups) -> Iterator[tuple[int, Categories]]:
    """Yield of each group how many values it has, absent ones aside, and their sketch."""
    names = distinct(values)
    numbers: dict[str | None, int] = {name: place for place, name in enumerate(names)}
    numbers[None] = width = len(names)
    codes = np.fromiter(map(numbers.__getitem__, values), np.int64, len(values))
    placed = groups.of * (width + 1) + codes
    placed.sort()
    starts = runs(placed)
    places, counts = placed[starts], np.diff(starts, append=len(placed)).tolist()
    ends = np.searchsorted(places, np.arange(groups.count + 1) * (width + 1)).tolist()
    codes_of = (places % (width + 1)).tolist()
    for begin, end in pairwise(ends):
        found = {
            names[code]: count
            for code, count in zip(codes_of[begin:end], counts[begin:end], strict=True)
            if code != width
        }
        yield sum(found.values()), bounded(found)
