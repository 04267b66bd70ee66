"""Numbers as counts by bin: quantiles and moments of many, within a stated relative error.

There are at most `BINS` bins: where more are filled, all bins of the sketch become coarser by one level. The level is
the least at which what was counted fits, so it depends on the numbers alone, and not on the order in which they came
or were merged: a part of them never needs a higher level than the whole.

Source: Epicoco, Melle, Cafaro, Pulimeno and Morleo (2020), "UDDSketch: Accurate Tracking of Quantiles in Data Streams".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from quality.sketches.arrays import Packed, gathered, packed, summed
from quality.sketches.bins import FINEST, Keys, Values, coarser, edges

BINS = 1024
_NONE = np.zeros(0, np.int64)
# A number that a sketch says, with the least and the greatest that it may be.
Figure = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Numbers:
    """How many numbers lie in each bin: `counts` by ascending `keys` at `level`; the extremes are exact.

    `written` may hold what `packed` gives, where that was made of many sketches at once.
    """

    level: int = 0
    keys: Keys = field(default_factory=lambda: _NONE)
    counts: NDArray[np.int64] = field(default_factory=lambda: _NONE)
    least: float = inf
    most: float = -inf
    written: tuple[int, Packed, Packed] | None = None

    def __add__(self, other: "Numbers") -> "Numbers":
        """Return the sketch of both, whichever comes first."""
        level = max(self.level, other.level)
        return fitted(
            np.concatenate([self._at(level), other._at(level)]),
            np.concatenate([self.counts, other.counts]),
            level=level,
            least=min(self.least, other.least),
            most=max(self.most, other.most),
        )

    def _at(self, level: int) -> Keys:
        return self.keys if level == self.level else coarser(self.keys, level - self.level)

    @property
    def packed(self) -> tuple[int, Packed, Packed]:
        """The first key, the steps from each to the next, and the counts, as what msgpack can write."""
        if self.written:
            return self.written
        first = int(self.keys[0]) if len(self.keys) else 0
        return first, packed(self.keys[1:] - self.keys[:-1]), packed(self.counts)

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return int(self.counts.sum())

    @property
    def error(self) -> float:
        """How far a number may be from the middle of its bin, as a share of the number: 2**(level - 10).

        This holds for magnitudes from 2**-64 to 2**64.
        """
        return float(2.0 ** (self.level - FINEST - 1))

    @cached_property
    def edges(self) -> tuple[Values, Values]:
        """Where each bin begins and ends, as far as there are numbers."""
        low, high = edges(self.keys, self.level)
        return np.maximum(low, self.least), np.minimum(high, self.most)

    @cached_property
    def middles(self) -> Values:
        """What stands for the numbers of each bin."""
        low, high = self.edges
        with np.errstate(invalid="ignore"):
            middle: Values = np.where(np.isfinite(low + high), low + (high - low) / 2.0, np.where(low < 0, high, low))
        return middle

    def quantile(self, share: float) -> Figure:
        """Return the number of rank `share * (count - 1)`, rounded down; raises ValueError where there is none."""
        if not len(self.counts):
            raise ValueError("no numbers were counted: there is no quantile")
        place = int(np.searchsorted(np.cumsum(self.counts), int(share * (self.count - 1)), side="right"))
        low, high = self.edges
        return float(self.middles[place]), float(low[place]), float(high[place])

    def quantiles(self, shares: Sequence[float]) -> list[float]:
        """Return the numbers at these shares of the ranks, each within `error`."""
        return [self.quantile(share)[0] for share in shares]

    @property
    def mean(self) -> Figure:
        """The mean, which lies within `error` times the mean magnitude; NaN where there is no number."""
        return self._mean(self.middles), self._mean(self.edges[0]), self._mean(self.edges[1])

    @property
    def deviation(self) -> Figure:
        """The standard deviation, divided by the count; NaN where there is no number.

        Moving numbers by at most a bin's half width moves it by no more than the root mean square of these.
        """
        low, high = self.edges
        middle = self._spread(self.middles)
        off = sqrt(self._mean(np.square((high - low) / 2.0))) if len(self.counts) else middle
        return middle, max(0.0, middle - off), middle + off

    def _mean(self, of: Values) -> float:
        return float(np.dot(of, self.counts) / self.count) if len(self.counts) else float("nan")

    def _spread(self, of: Values) -> float:
        if not len(self.counts):
            return float("nan")
        return float(np.sqrt(self._mean(np.square(of - self._mean(of)))))


def fitted(keys: Keys, counts: NDArray[np.int64], *, level: int, least: float, most: float) -> Numbers:
    """Return the sketch of these counts, in whatever order, at the least level from `level` on at which they fit."""
    keys, counts = gathered(keys, counts)
    while len(keys) > BINS:
        level += 1
        keys, counts = summed(coarser(keys, 1), counts)
    return Numbers(level=level, keys=keys, counts=counts, least=least + 0.0, most=most + 0.0)


def aligned(sketches: Sequence[Numbers]) -> tuple[int, Keys, NDArray[np.int64]]:
    """Return a level, the keys of bins that any of them fills, and the counts: one row a sketch, one column a bin."""
    level = max((one.level for one in sketches), default=0)
    places = [one._at(level) for one in sketches]  # noqa: SLF001 - of its own kind
    keys = np.unique(np.concatenate([_NONE, *places]))
    counts = np.zeros((len(sketches), len(keys)), np.int64)
    for row, one in enumerate(sketches):
        np.add.at(counts[row], np.searchsorted(keys, places[row]), one.counts)
    return level, keys, counts
