"""k-center greedy: cover the feature space, each time by the record that is farthest from all that is labeled.

Source: Sener and Savarese (2018), "Active Learning for Convolutional Neural Networks: A Core-Set Approach",
algorithm 1. There the whole pool is at hand; here it is a chunk, and the centers are all records labeled so far.
"""

import numpy as np
from scipy.spatial.distance import cdist

from bench.routing.moments import Features, Numbers
from bench.routing.selector import Chunk, Labeled, Places, ranked


class KCenter:
    """Choose records that are far from every labeled one; any as the first of all."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._labeled: list[Features] = []

    def select(self, chunk: Chunk) -> Places:
        """Return as many places as are allowed, each the farthest from what is labeled and from those before it."""
        embedding = chunk.embedding
        distance = self._distance(chunk, embedding)
        chosen: list[int] = []
        for _ in range(min(chunk.allowed, len(chunk))):
            chosen.append(int(ranked(distance, self._rng)[0]))
            distance = np.minimum(distance, cdist(embedding, embedding[chosen[-1:]])[:, 0])
            distance[chosen] = -np.inf  # a record with a labeled twin is at distance 0, and may still be next
        return np.array(chosen, np.int64)

    def learn(self, labeled: Labeled) -> None:
        """Make centers of the labeled records."""
        self._labeled.append(labeled.features)

    def _distance(self, chunk: Chunk, embedding: Features) -> Numbers:
        """Return the distance of each record to the nearest labeled one, both standardized as of now."""
        centers = np.concatenate([chunk.features[:0], *self._labeled])
        if not len(centers):
            return np.full(len(chunk), np.inf)
        nearest: Numbers = cdist(embedding, chunk.moments.standardized(centers)).min(axis=1)
        return nearest
