"""Pieces of a running window: accepted samples as series, or as the columns of the frame in which they came.

Whatever is done for each series of each frame costs a frame of three records as much as one of hundreds, so what frames
bring is kept as it is, and turned into series for many frames at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.routing.batch import named
from quality.sketches.fields import Column, Field, series
from quality.sketches.window import Values

Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The names of what a piece holds, in its order."""

    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """So many accepted samples: `numbers` (series, samples), and names and values of slices as columns."""

    count: int
    numbers: Matrix
    names: Sequence[Sequence[Any]]
    slices: Sequence[Values]


@dataclass(frozen=True, kw_only=True, eq=False)
class Loose:
    """Accepted samples of one frame, at least one: these `rows` of its columns, of which these fields are sketched."""

    rows: Sequence[int]
    columns: Mapping[str, Column]
    fields: Sequence[Field]
    layout: Layout

    @property
    def count(self) -> int:
        """How many samples there are."""
        return len(self.rows)

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """The rows, as arrays are asked for them."""
        return np.array(self.rows, np.int64)

    def taken(self, name: str) -> Column:
        """Return a column of the samples."""
        column = self.columns[name]
        if len(self.rows) == len(column):
            return column
        return column[self.places] if isinstance(column, np.ndarray) else list(map(column.__getitem__, self.rows))


def joined(parts: Sequence[Piece | Loose]) -> Piece:
    """Return the samples of parts, at least one and all of one layout, in their order."""
    pieces: list[Piece] = []
    for is_loose, run in groupby(parts, lambda one: isinstance(one, Loose)):
        alike: list[Any] = list(run)
        pieces += [_piece(alike)] if is_loose else alike
    if len(pieces) == 1:
        return pieces[0]
    return Piece(
        count=sum(one.count for one in pieces),
        numbers=np.concatenate([one.numbers for one in pieces], axis=1),
        names=[list(chain.from_iterable(several)) for several in zip(*(one.names for one in pieces), strict=True)],
        slices=[list(chain.from_iterable(several)) for several in zip(*(one.slices for one in pieces), strict=True)],
    )


def _piece(loose: Sequence[Loose]) -> Piece:
    """Return samples of several frames as one piece."""
    layout, count = loose[0].layout, sum(one.count for one in loose)
    asked = [(field, _column(field.name, loose)) for field in loose[0].fields]
    found = dict(chain.from_iterable(series(field, column) for field, column in asked))
    return Piece(
        count=count,
        numbers=np.array([found[name] for name in layout.numbers], np.float64).reshape(len(layout.numbers), count),
        names=[list(found[name]) for name in layout.names],
        slices=[named(name, list(_column(name, loose))) for name in layout.slices],
    )


def _column(name: str, loose: Sequence[Loose]) -> Column:
    """Return a column of the samples of several frames."""
    columns = [one.taken(name) for one in loose]
    if all(isinstance(column, np.ndarray) for column in columns):
        found: NDArray[np.float64] = np.concatenate(columns)
        return found
    return list(chain.from_iterable(columns))
