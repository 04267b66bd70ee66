"""What is queued already: the last selected points."""

import numpy as np

from quality.routing.lattice import Points


class Queued:
    """The last `most` selected points, oldest first; `added` of them were selected in the block at hand."""

    def __init__(self, points: Points, most: int, *, added: int) -> None:
        self.points = points
        self.added = added
        self._most = most

    @property
    def fresh(self) -> Points:
        """Those of the block at hand."""
        return self.points[len(self.points) - self.added :]

    def add(self, points: Points) -> None:
        """Remember points (k, w) that were selected, in their order."""
        if len(points):
            before = self.points if len(self.points) else points[:0]
            self.points = np.concatenate([before, points])[-self._most :]
            self.added = min(self.added + len(points), len(self.points))

    def settle(self, *, keep: bool) -> None:
        """Begin a new block; where the points mean nothing any more, forget them."""
        self.points = self.points if keep else self.points[:0]
        self.added = 0
