"""What else is selected, as candidates for selection see it, who are judged one after another."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quality.routing.lattice import Points, squared_distances
from quality.routing.representative import Distances, gain
from schemas.verdicts import Reason

# A sample is selected as representative if it still has this part of its gain beside what its block has selected.
STILL = 0.5
# Reasons that draw uniformly, which they would not if they left out what is repeated.
UNIFORM = frozenset({Reason.AUDIT, Reason.DRIFT})


@dataclass(frozen=True, kw_only=True)
class Rivals:
    """Judges candidates by their places; those that are not in `rows` have no point, and no rivals.

    `rows` says which of the points is whose.
    """

    rows: Mapping[int, int]
    repeated: "Repeated"
    coverage: "Coverage"

    def leave(self, reason: str, place: int) -> bool:
        """Say whether a reason still holds beside what is selected; those of uniform draws always do."""
        row = self.rows.get(place)
        if row is None or reason in UNIFORM:
            return True
        if self.repeated.repeats(row):
            return False
        return reason != Reason.REPRESENTATIVE or self.coverage.is_left(row)

    def add(self, place: int) -> None:
        """Learn that a candidate is selected."""
        row = self.rows.get(place)
        if row is not None:
            self.repeated.add(row)
            self.coverage.add(row)


class Repeated:
    """Candidates (n, w) beside queued points: what lies within a distance of one of the last `most` repeats it.

    Every such repetition is found, and nothing that repeats an older point.
    """

    def __init__(self, queued: Points, candidates: Points, *, most: int, within: float) -> None:
        self._most = most
        self._within = within * within
        self._before = len(queued)
        self._gaps = squared_distances(candidates, np.concatenate([queued, candidates]) if len(queued) else candidates)
        # Where each queued point stands among the columns of the distances, oldest first.
        self._columns = list(range(len(queued)))

    def repeats(self, row: int) -> bool:
        """Say whether a candidate lies near one that is queued."""
        columns = self._columns[-self._most :]
        return bool(columns) and bool(self._gaps[row, columns].min() <= self._within)

    def add(self, row: int) -> None:
        """Queue a candidate."""
        self._columns.append(self._before + row)


class Coverage:
    """How far the space's sample is from what is selected, and what candidates (n, w) would gain of that.

    `far` is how far it was when the block began, `by_now` how far it is.
    """

    def __init__(self, sample: Points, candidates: Points, *, far: Distances, by_now: Distances) -> None:
        self._apart = np.sqrt(squared_distances(candidates, sample))
        self._far = far
        self.by_now = by_now

    def is_left(self, row: int) -> bool:
        """Say whether enough is left of what a candidate would have gained when the block began."""
        return gain(self._apart[row], self.by_now) >= STILL * gain(self._apart[row], self._far)

    def add(self, row: int) -> None:
        """Learn that a candidate is selected."""
        self.by_now = np.minimum(self.by_now, self._apart[row])
