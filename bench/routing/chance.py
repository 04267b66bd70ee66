"""Random selection, the baseline of all others."""

import numpy as np

from bench.routing.selector import Chunk, Labeled, Places


class Random:
    """Choose uniformly among the records of a chunk."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def select(self, chunk: Chunk) -> Places:
        """Return the places in random order."""
        order: Places = self._rng.permutation(len(chunk))
        return order

    def learn(self, labeled: Labeled) -> None:
        """Learn nothing."""
