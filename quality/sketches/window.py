"""A window of the stream: what was sketched of consecutive offsets of one partition, by slice and series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from quality.routing.draws import draws
from quality.sketches.arrays import Whole
from quality.sketches.fields import Series
from quality.sketches.folding import Sketches, sketched
from quality.sketches.grouped import distinct

# Of each column so many values are sketched apart, those with the lowest draws by hash; all others are one slice.
SLICES = 64
OTHERS = ""
PURPOSE = ("slice",)

# Values of a slice's column are counted by this many characters at most, as everywhere (`quality.routing.counts`).
Values = Sequence[str | None]


@dataclass(frozen=True, kw_only=True, order=True)
class Slice:
    """The samples with one value in one column; `OTHERS` stands for all values that are not sketched apart."""

    column: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Dispositions:
    """How many records ended where."""

    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0

    def __add__(self, other: "Dispositions") -> "Dispositions":
        return Dispositions(
            accepted=self.accepted + other.accepted,
            rejected=self.rejected + other.rejected,
            duplicate=self.duplicate + other.duplicate,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class StreamWindow:
    """The offsets from `first` to before `next` of a partition, published from `earliest` to `latest` (milliseconds).

    `ended` counts all of its records, and by slice those that could be read; `sketches` are of the accepted ones.
    """

    first: int
    next: int
    earliest: int
    latest: int
    ended: Dispositions
    by_slice: Mapping[Slice, Dispositions]
    sketches: Mapping[Slice, Sketches]


def sliced(column: str, values: Values, series: Mapping[str, Series]) -> dict[Slice, tuple[int, Sketches]]:
    """Return how many records each slice of a column has, and its sketches; `values` holds that of each record."""
    names = [*apart(distinct(values)), OTHERS]
    number: dict[str | None, int] = {name: place for place, name in enumerate(names)}
    others, number[None] = number[OTHERS], -1
    groups = np.fromiter(map(number.get, values, repeat(others)), np.int64, len(values))
    if (groups < 0).any():
        having = np.flatnonzero(groups >= 0)
        series, groups = {name: _taken(values, having) for name, values in series.items()}, groups[having]
    rows = np.bincount(groups, minlength=len(names)).tolist()
    return {
        Slice(column=column, value=name): (count, sketches)
        for name, count, sketches in zip(names, rows, sketched(series, groups, len(names)), strict=True)
        if count
    }


def apart(values: Sequence[str]) -> list[str]:
    """Return those of distinct values, in ascending order, that are sketched apart."""
    named = [value for value in values if value != OTHERS]
    if len(named) <= SLICES:
        return named
    lowest = np.argsort(draws(named, PURPOSE)[:, 0], kind="stable")[:SLICES]
    return [named[place] for place in sorted(lowest.tolist())]


def pooled(counts: Mapping[Slice, Dispositions]) -> dict[Slice, Dispositions]:
    """Return counts by slice, of which those that are not kept apart are added up as `OTHERS` of their column."""
    found: dict[Slice, Dispositions] = {}
    for column in sorted({of.column for of in counts}):
        kept = frozenset(apart(sorted(of.value for of in counts if of.column == column)))
        for of, one in counts.items():
            if of.column == column:
                into = of if of.value in kept else Slice(column=column, value=OTHERS)
                found[into] = found.get(into, Dispositions()) + one
    return found


def _taken(values: Series, places: Whole) -> Series:
    return values[places] if isinstance(values, np.ndarray) else [values[place] for place in places.tolist()]
