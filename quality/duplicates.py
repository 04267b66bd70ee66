"""Repeated samples: the same id again, or nearly the same content under another id."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quality.recent_ids import RecentIds
from schemas.project import DuplicatePolicy
from schemas.verdicts import DuplicateOf

Vector = NDArray[np.float32]
# Vectors of one length, as rows.
Vectors = NDArray[np.float32]
# Candidates come from a matrix product in 32 bits, whose rounding depends on the batch. A sum of n products is off
# by at most n times this, times the sum of the squared lengths; a slack of that size covers it.
ROUNDING = float(np.finfo(np.float32).eps)
# The roundings beside those of the products: of the squares, their sum, and the difference.
SUMMANDS = 4
EMPTY: Vector = np.zeros(0, np.float32)


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """Samples that have passed every rule, as columns in the order of their offsets.

    `vectors` are their contents, looked at where the policy names a field.
    """

    offsets: Sequence[int]
    sample_ids: Sequence[str]
    vectors: Sequence[Sequence[float] | None] = ()


@dataclass(frozen=True, kw_only=True)
class Recent:
    """The last accepted samples of a partition: ids with offsets, oldest first, and their contents in that order."""

    offsets: Mapping[str, int] = field(default_factory=dict)
    vectors: tuple[Vector, ...] = ()


def find_duplicates(
    arrivals: Arrivals, recent: Recent, policy: DuplicatePolicy
) -> tuple[dict[int, DuplicateOf], Recent]:
    """Return by place what arrivals repeat, and `recent` with those added that repeat nothing.

    An arrival is compared with the `policy.window` samples accepted before it, so the verdicts do not
    depend on how arrivals are cut into calls. Near means a Euclidean distance of at most
    `policy.distance` between vectors of one length; of several the nearest, and the oldest of those, is named.
    An empty vector is near nothing, and neither is one whose squared length is beyond 32-bit floats.
    """
    if not policy.field:
        return _same_ids(arrivals, recent, policy.window)
    search = _Search(arrivals, recent, policy)
    return search.verdicts(), search.recent()


def _same_ids(arrivals: Arrivals, recent: Recent, window: int) -> tuple[dict[int, DuplicateOf], Recent]:
    """Compare ids only: of the samples in the window all are known by their ids, oldest first."""
    ids = recent.offsets if isinstance(recent.offsets, RecentIds) else RecentIds(recent.offsets)
    fresh = dict(zip(arrivals.sample_ids, arrivals.offsets, strict=True))
    if len(fresh) == len(arrivals.offsets) and ids.surely_lack(fresh):
        return {}, Recent(offsets=ids.grown(fresh, window))
    known = ids.written()
    order, oldest = list(known), 0
    found: dict[int, DuplicateOf] = {}
    for place, (offset, name) in enumerate(zip(arrivals.offsets, arrivals.sample_ids, strict=True)):
        while len(known) > window:
            del known[order[oldest]]
            oldest += 1
        if name in known:
            found[place] = DuplicateOf(offset=offset, of=known[name], kind="same_id", distance=0.0)
        else:
            known[name] = offset
            order.append(name)
    if len(known) > window:
        del known[order[oldest]]
    return found, Recent(offsets=known)


class _Search:
    """The window followed by the arrivals, as numbered rows; `kept` are the rows accepted so far."""

    def __init__(self, arrivals: Arrivals, recent: Recent, policy: DuplicatePolicy) -> None:
        self.policy = policy
        self.before = len(recent.offsets)
        self.offsets = [*recent.offsets.values(), *arrivals.offsets]
        self.ids = [*recent.offsets, *arrivals.sample_ids]
        self.vectors = _vectors(arrivals, recent)
        self.kept = list(range(self.before))
        self.row_of = dict(zip(recent.offsets, self.kept, strict=True))
        self.near = _near_pairs(self.vectors, self.before, policy.distance)

    def verdicts(self) -> dict[int, DuplicateOf]:
        """Judge all arrivals; one that repeats nothing is kept, for those after it."""
        found: dict[int, DuplicateOf] = {}
        window, ids, row_of, kept, near = self.policy.window, self.ids, self.row_of, self.kept, self.near
        for row in range(self.before, len(ids)):
            oldest = kept[-window] if len(kept) >= window else 0
            earlier = row_of.get(ids[row], -1)
            if earlier >= oldest:
                found[row - self.before] = self._same_id(row, earlier)
            elif row in near and (nearest := self._nearest(row, oldest)):
                found[row - self.before] = nearest
            else:
                row_of[ids[row]] = row
                kept.append(row)
        return found

    def _same_id(self, row: int, earlier: int) -> DuplicateOf:
        return DuplicateOf(offset=self.offsets[row], of=self.offsets[earlier], kind="same_id", distance=0.0)

    def _nearest(self, row: int, oldest: int) -> DuplicateOf | None:
        kept = (other for other in self.near[row] if other >= oldest and self.row_of.get(self.ids[other]) == other)
        distance, other = min(((self._distance(row, other), other) for other in kept), default=(np.inf, -1))
        if distance > self.policy.distance:
            return None
        return DuplicateOf(offset=self.offsets[row], of=self.offsets[other], kind="near", distance=round(distance, 6))

    def _distance(self, row: int, other: int) -> float:
        difference = self.vectors[row].astype(np.float64) - self.vectors[other].astype(np.float64)
        return float(np.sqrt(np.sum(difference * difference)))

    def recent(self) -> Recent:
        """Return the last `window` rows that were kept."""
        kept = self.kept[-self.policy.window :]
        return Recent(
            offsets={self.ids[row]: self.offsets[row] for row in kept},
            vectors=tuple(self.vectors[row] for row in kept),
        )


def _vectors(arrivals: Arrivals, recent: Recent) -> list[Vector]:
    """Return the contents of all rows."""
    known = recent.vectors or (EMPTY,) * len(recent.offsets)
    return [*known, *(_vector(values) for values in arrivals.vectors)]


def _vector(values: Sequence[float] | None) -> Vector:
    """Return the values as 32-bit floats; an empty vector for what is no row of numbers, or beyond all floats."""
    try:
        with np.errstate(over="ignore"):
            vector = np.asarray(() if values is None else values, np.float32)
    except (OverflowError, TypeError, ValueError):
        return EMPTY
    return vector if vector.ndim == 1 else EMPTY


def _near_pairs(vectors: Sequence[Vector], before: int, distance: float) -> dict[int, list[int]]:
    """Return for each row from `before` on the earlier rows that may be near it, in ascending order."""
    found: dict[int, list[int]] = {}
    for rows in _of_one_length(vectors):
        later = [row for row in rows if row >= before]
        if later:
            group = np.stack([vectors[row] for row in rows])
            for at, other in _candidates(group, len(rows) - len(later), distance):
                found.setdefault(rows[at], []).append(rows[other])
    return found


def _of_one_length(vectors: Sequence[Vector]) -> Iterator[list[int]]:
    """Yield the numbers of the vectors of each length, in ascending order; empty ones are near nothing."""
    rows: dict[int, list[int]] = {}
    for row, vector in enumerate(vectors):
        rows.setdefault(len(vector), []).append(row)
    rows.pop(0, None)
    yield from rows.values()


def _candidates(group: Vectors, before: int, distance: float) -> Iterator[tuple[int, int]]:
    """Yield (row, earlier row) for the rows of `group` from `before` on: all that are near, and a few that are not."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("ij,ij->i", group, group)
        sums = squares[before:, None] + squares[None, :]
        gaps = sums - 2 * (group[before:] @ group.T)
        near = np.isfinite(sums) & (gaps <= distance**2 + ROUNDING * (group.shape[1] + SUMMANDS) * sums)
    for row, other in np.argwhere(near).tolist():
        if other < row + before:
            yield row + before, other
