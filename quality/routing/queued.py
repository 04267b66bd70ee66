"""What is queued already: the last selected points, so that none is labeled twice for being nearly the same."""

import numpy as np

from quality.routing.lattice import Points, squared_distances


class Queued:
    """The last `most` selected points; whatever repeats one of them is found, and nothing that repeats an older one.

    `added` of them were selected in the block at hand.
    """

    def __init__(self, points: Points, most: int, *, added: int) -> None:
        self.points = points
        self.added = added
        self._most = most

    @property
    def fresh(self) -> Points:
        """Those of the block at hand."""
        return self.points[len(self.points) - self.added :]

    def repeats(self, point: Points, within: float) -> bool:
        """Say whether a point (w,) lies within a distance of one that is queued."""
        if not len(self.points):
            return False
        return bool(squared_distances(point[None, :], self.points).min() <= within * within)

    def add(self, point: Points) -> None:
        """Remember a point that was selected."""
        before = self.points if len(self.points) else point[None, :][:0]
        self.points = np.concatenate([before, point[None, :]])[-self._most :]
        self.added = min(self.added + 1, len(self.points))

    def settle(self, *, keep: bool) -> None:
        """Begin a new block; where the points mean nothing any more, forget them."""
        self.points = self.points if keep else self.points[:0]
        self.added = 0
