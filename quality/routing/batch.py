"""What the router is given: accepted samples of one partition, as columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from quality.routing.counts import texts
from quality.routing.lattice import Points
from schemas.errors import InputError

Scores = NDArray[np.float64]

# Columns whose values are short texts, or absent: they are counted as they are.
TEXTS = frozenset({"prediction.top", "source"})


class Columns(Protocol):
    """Samples as columns: those of `quality.columns.row`, `prediction.scores` and `embedding`; all of one length."""

    def __getitem__(self, name: str, /) -> Sequence[Any]:
        """Return a column by its name."""


class OwnSignal(Protocol):
    """A signal of the project's own; each score must follow from its row alone, or a replay would select otherwise."""

    def score(self, columns: Columns, count: int) -> Scores:
        """Return a score in [0, 1] for each of `count` samples."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Samples, at least one, in the order of their offsets; `timestamps` in milliseconds."""

    offsets: Sequence[int]
    timestamps: Sequence[int]
    sample_ids: Sequence[str]
    columns: Columns


@dataclass(frozen=True, kw_only=True)
class Part:
    """The samples of a batch that lie in one block, with their draws by purpose.

    `points` (n, w) are their places in the routing's space, of those that are `known`; `names` are the values of
    columns as they are counted.
    """

    batch: Batch
    places: slice
    drawn: Mapping[str, Scores]
    points: Points
    known: NDArray[np.bool_]
    names: Mapping[str, Sequence[str | None]]

    def __len__(self) -> int:
        return len(self.known)

    def __getitem__(self, column: str) -> Sequence[Any]:
        return self.batch.columns[column][self.places]

    @property
    def offsets(self) -> Sequence[int]:
        """Where the samples stand."""
        return self.batch.offsets[self.places]

    @property
    def timestamps(self) -> Sequence[int]:
        """When the samples were published, in milliseconds."""
        return self.batch.timestamps[self.places]


def named(column: str, values: Sequence[Any]) -> Sequence[str | None]:
    """Return values of a column as they are counted."""
    return values if column in TEXTS else texts(values)


def checked(name: str, scores: Scores, count: int) -> Scores:
    """Return an own signal's scores, clipped to [0, 1]; raises InputError if there is not one a sample."""
    found = np.asarray(scores, np.float64)
    if found.shape != (count,):
        raise InputError(
            f"The signal {name} gave scores of shape {found.shape} for {count} samples: give one for each."
        )
    return np.clip(np.nan_to_num(found), 0.0, 1.0)
