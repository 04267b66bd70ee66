"""TypiClust: the most typical record of each cluster that no label covers yet.

Source: Hacohen, Dekel and Weinshall (2022), "Active Learning on a Budget: Opposite Strategies Suit High and Low
Budgets", section 3. There all data is clustered, into as many clusters as there will be labels, at most 500. Here the
pool is a chunk of 100: it is clustered into at most 20, and a label covers the cluster whose center is nearest to it.
As in their code, clusters with the fewest labels come first, among them the largest. Their code also leaves out
clusters of five and fewer: of a chunk that would be all that is rarer than one in twenty, so here none is left out.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from bench.routing.moments import Features, Numbers
from bench.routing.selector import Chunk, Labeled, Places

# The most clusters of a chunk: five records in each, if all are of one size.
CLUSTERS = 20
# Neighbours whose mean distance tells how typical a record is, or half of its cluster if those are fewer.
NEIGHBOURS = 20
# Rounds of Lloyd's algorithm; hundred points settle in fewer.
ROUNDS = 10

Numbering = NDArray[np.int64]


class Typicality:
    """Choose records that stand for many others and for none that is labeled."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._labeled: list[Features] = []
        self._count = 0

    def select(self, chunk: Chunk) -> Places:
        """Return as many places as are allowed, going round the clusters from the least covered on."""
        if chunk.allowed <= 0:
            return np.zeros(0, np.int64)
        embedding = chunk.embedding.astype(np.float64)
        clusters = min(CLUSTERS, self._count + chunk.allowed, len(chunk))
        numbers, centers = k_means(embedding, clusters, self._rng)
        covered = np.bincount(nearest(self._covering(chunk), centers), minlength=clusters)
        order = np.lexsort((self._rng.random(clusters), -np.bincount(numbers, minlength=clusters), covered))
        members = [_most_typical_first(embedding, np.flatnonzero(numbers == one)) for one in order]
        return np.array(_around(members)[: chunk.allowed], np.int64)

    def learn(self, labeled: Labeled) -> None:
        """Let the labeled records cover the clusters they fall into."""
        self._labeled.append(labeled.features)
        self._count += len(labeled.labels)

    def _covering(self, chunk: Chunk) -> Features:
        return chunk.moments.standardized(np.concatenate([chunk.features[:0], *self._labeled]))


def _most_typical_first(embedding: Numbers, members: Places) -> Places:
    """Return a cluster's places by the mean distance to their nearest neighbours in it, the least first."""
    neighbours = min(NEIGHBOURS, max(1, len(members) // 2))
    apart = np.sort(cdist(embedding[members], embedding[members]), axis=1)[:, 1 : neighbours + 1]
    order: Places = members[np.argsort(apart.sum(axis=1), kind="stable")]
    return order


def _around(clusters: list[Places]) -> list[int]:
    """Return the first place of each cluster, then the second of each, and so on."""
    longest = max(map(len, clusters))
    return [int(one[turn]) for turn in range(longest) for one in clusters if turn < len(one)]


def k_means(points: Numbers, clusters: int, rng: np.random.Generator) -> tuple[Numbering, Numbers]:
    """Return each point's cluster and the centers, by Lloyd's algorithm.

    Source of the first centers: Arthur and Vassilvitskii (2007), "k-means++: The Advantages of Careful Seeding".
    """
    centers = _first_centers(points, clusters, rng)
    for _ in range(ROUNDS):
        member = np.eye(clusters)[nearest(points, centers)]
        sizes = member.sum(axis=0)[:, None]
        centers = np.where(sizes > 0, member.T @ points / np.maximum(sizes, 1.0), centers)
    return nearest(points, centers), centers


def _first_centers(points: Numbers, clusters: int, rng: np.random.Generator) -> Numbers:
    """Return points, each drawn by its squared distance to those before; any where all distances are 0."""
    chosen = [int(rng.integers(len(points)))]
    apart = np.full(len(points), np.inf)
    for _ in range(clusters - 1):
        apart = np.minimum(apart, cdist(points, points[chosen[-1:]], "sqeuclidean")[:, 0])
        weights = np.cumsum(apart if apart.any() else np.ones_like(apart))
        chosen.append(int(np.searchsorted(weights, rng.random() * weights[-1], side="right")))
    first: Numbers = points[chosen]
    return first


def nearest(points: Numbers | Features, centers: Numbers) -> Numbering:
    """Return the number of the nearest center of each point."""
    found: Numbering = cdist(points, centers).argmin(axis=1)
    return found
