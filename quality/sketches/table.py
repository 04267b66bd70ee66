"""Numbers of many series and groups of records as one table of counts: a block is counted, and added, in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from quality.sketches.arrays import Whole, gathered, runs
from quality.sketches.bins import keys_of
from quality.sketches.numeric import BINS, Numbers, fitted

Matrix = NDArray[np.float64]

# A place is a series, a group and a key in one number: the key in the lowest bits, moved so that none is negative.
KEY_BITS, PLACE_BITS = 18, 32
MOVED = 1 << (KEY_BITS - 1)
# So many groups find room: a place within a series is a 32-bit number, which sorts fastest, and the last one is taken.
GROUPS = (1 << (PLACE_BITS - 1 - KEY_BITS)) - 1
ABSENT = np.iinfo(np.int32).max


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """How many numbers lie in each place, by ascending `places`; extremes by series (rows) and group (columns).

    Series are numbered by their `names`, groups by whoever made the table.
    """

    names: tuple[str, ...]
    places: Whole
    counts: Whole
    least: Matrix
    most: Matrix

    def sketches(self) -> list[dict[str, Numbers]]:
        """Return the sketch of each series, by name, for each group."""
        groups = self.least.shape[1]
        cells = [(row << PLACE_BITS) + (group << KEY_BITS) for row in range(len(self.names)) for group in range(groups)]
        ends = np.searchsorted(self.places, [*cells, len(self.names) << PLACE_BITS]).tolist()
        keys = (self.places & ((1 << KEY_BITS) - 1)) - MOVED
        found: list[dict[str, Numbers]] = [{} for _ in range(groups)]
        for cell, (begin, end) in enumerate(pairwise(ends)):
            row, group = divmod(cell, groups)
            found[group][self.names[row]] = _numbers(
                keys[begin:end], self.counts[begin:end], float(self.least[row, group]), float(self.most[row, group])
            )
        return found


def tabled(series: Mapping[str, Matrix], groups: Whole, count: int) -> Table:
    """Return the table of series of numbers, NaN aside; `groups` holds that of each record, below `count`."""
    matrix = np.array(list(series.values())).reshape(len(series), len(groups))
    within = (keys_of(matrix) + ((groups << KEY_BITS) + MOVED)).astype(np.int32)
    absent = np.isnan(matrix)
    if absent.any():
        within[absent] = ABSENT
    within.sort(axis=1)
    places = within + (np.arange(len(series))[:, None] << PLACE_BITS)
    flat = places[within != ABSENT]
    starts = runs(flat)
    least, most = _extremes(matrix, groups, count)
    return Table(
        names=tuple(series), places=flat[starts], counts=np.diff(starts, append=len(flat)), least=least, most=most
    )


def joined(tables: Sequence[Table]) -> Table:
    """Return the table of all of these, at least one: of the same series, and with the same numbers for groups."""
    places, counts = gathered(
        np.concatenate([one.places for one in tables]), np.concatenate([one.counts for one in tables])
    )
    wide = max(one.least.shape[1] for one in tables)
    return Table(
        names=tables[0].names,
        places=places,
        counts=counts,
        least=np.minimum.reduce([_widened(one.least, wide, np.inf) for one in tables]),
        most=np.maximum.reduce([_widened(one.most, wide, -np.inf) for one in tables]),
    )


def _extremes(matrix: Matrix, groups: Whole, count: int) -> tuple[Matrix, Matrix]:
    """Return the least and the greatest number by series and group; infinities where there is none."""
    least, most = np.full((len(matrix), count), np.inf), np.full((len(matrix), count), -np.inf)
    if not matrix.size:
        return least, most
    order = np.argsort(groups, kind="stable")
    starts = runs(groups[order])
    present, ordered = groups[order][starts], matrix[:, order]
    # Adding 0.0 makes zeros positive: which of two equal zeros comes first must not show.
    least[:, present] = np.fmin.reduceat(ordered, starts, axis=1) + 0.0
    most[:, present] = np.fmax.reduceat(ordered, starts, axis=1) + 0.0
    return np.where(np.isnan(least), np.inf, least), np.where(np.isnan(most), -np.inf, most)


def _numbers(keys: Whole, counts: Whole, least: float, most: float) -> Numbers:
    if len(keys) > BINS:
        return fitted(keys, counts, level=0, least=least, most=most)
    return Numbers(keys=keys, counts=counts, least=least, most=most)


def _widened(extremes: Matrix, wide: int, by: float) -> Matrix:
    return np.pad(extremes, ((0, 0), (0, wide - extremes.shape[1])), constant_values=by)
