"""Repeated samples: the same id again, or nearly the same content under another id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from schemas.project import DuplicatePolicy
from schemas.verdicts import DuplicateOf

Vectors = NDArray[np.float32]

# Candidates come from a matrix product in 32 bits, whose rounding depends on the batch; this slack covers it.
SLACK = 1e-2


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One sample that has passed every rule, as the search for duplicates sees it."""

    offset: int
    sample_id: str
    vector: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Recent:
    """The last accepted samples of a partition: ids with offsets, oldest first, and their contents.

    `vectors` has one row for each id, in the same order; a row of NaN where a sample's vector has another
    length than the window's.
    """

    offsets: Mapping[str, int] = field(default_factory=dict)
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))


def find_duplicates(
    arrivals: Sequence[Arrival], recent: Recent, policy: DuplicatePolicy
) -> tuple[list[DuplicateOf | None], Recent]:
    """Return for each arrival what it repeats, and `recent` with those added that repeat nothing.

    An arrival is compared with the `policy.window` samples accepted before it, so the verdicts do not
    depend on how arrivals are cut into calls. Near means a Euclidean distance of at most
    `policy.distance`; of several the nearest, and the oldest of those, is named.
    """
    if not arrivals:
        return [], recent
    search = _Search(arrivals, recent, policy)
    verdicts = [search.verdict(index) for index in range(len(arrivals))]
    return verdicts, search.recent()


class _Search:
    """The window followed by the arrivals, as rows of one matrix; `kept` are the rows accepted so far."""

    def __init__(self, arrivals: Sequence[Arrival], recent: Recent, policy: DuplicatePolicy) -> None:
        self.arrivals = arrivals
        self.policy = policy
        self.before = len(recent.offsets)
        width = recent.vectors.shape[1] or len(arrivals[0].vector)
        old = recent.vectors.reshape(self.before, width)
        self.rows = np.concatenate([old, *(_row(arrival.vector, width) for arrival in arrivals)])
        self.offsets = [*recent.offsets.values(), *(arrival.offset for arrival in arrivals)]
        self.ids = [*recent.offsets, *(arrival.sample_id for arrival in arrivals)]
        self.kept = list(range(self.before))
        self.row_of = dict(zip(recent.offsets, self.kept, strict=True))
        self.near = _near_pairs(self.rows, self.before, policy.distance)

    def verdict(self, index: int) -> DuplicateOf | None:
        """Judge one arrival; it is kept, for those after it, if it repeats nothing."""
        row = self.before + index
        oldest = self.kept[-self.policy.window] if len(self.kept) >= self.policy.window else 0
        found = self._same_id(row, oldest) or self._nearest(row, oldest)
        if found is None:
            self.row_of[self.ids[row]] = row
            self.kept.append(row)
        return found

    def _same_id(self, row: int, oldest: int) -> DuplicateOf | None:
        earlier = self.row_of.get(self.ids[row], -1)
        if earlier < oldest:
            return None
        return DuplicateOf(offset=self.offsets[row], of=self.offsets[earlier], kind="same_id", distance=0.0)

    def _nearest(self, row: int, oldest: int) -> DuplicateOf | None:
        kept = (
            other for other in self.near.get(row, ()) if other >= oldest and self.row_of.get(self.ids[other]) == other
        )
        distance, other = min(((self._distance(row, other), other) for other in kept), default=(np.inf, -1))
        if distance > self.policy.distance:
            return None
        return DuplicateOf(offset=self.offsets[row], of=self.offsets[other], kind="near", distance=round(distance, 6))

    def _distance(self, row: int, other: int) -> float:
        difference = self.rows[row].astype(np.float64) - self.rows[other].astype(np.float64)
        return float(np.sqrt(np.sum(difference * difference)))

    def recent(self) -> Recent:
        """Return the last `window` rows that were kept."""
        kept = self.kept[-self.policy.window :]
        return Recent(offsets={self.ids[row]: self.offsets[row] for row in kept}, vectors=self.rows[kept])


def _row(vector: Sequence[float], width: int) -> Vectors:
    row = vector if len(vector) == width else [np.nan] * width
    return np.asarray(row, np.float32).reshape(1, width)


def _near_pairs(rows: Vectors, before: int, distance: float) -> dict[int, list[int]]:
    """Return for each row from `before` on the earlier rows that may be near it."""
    squares = np.einsum("ij,ij->i", rows, rows)
    later = rows[before:]
    gaps = squares[before:, None] + squares[None, :] - 2 * (later @ rows.T)
    slack = SLACK + 1e-5 * (squares[before:, None] + squares[None, :])
    found: dict[int, list[int]] = {}
    for row, other in np.argwhere(gaps <= distance**2 + slack):
        if other < row + before:
            found.setdefault(int(row) + before, []).append(int(other))
    return found
