"""Clusters of samples that lie near each other, as a column: what no attribute names can be a slice all the same."""

from collections.abc import Sequence

import numpy as np

# What the column of clusters is called, in which each has a number.
CLUSTER = "cluster"
# A cluster is to have so many members on average, and there are so many at most.
MEMBERS, MOST = 60, 24
# How often k-means begins anew; the best is kept.
BEGINNINGS = 3


def clusters(vectors: Sequence[Sequence[float] | None], *, seed: int) -> list[str | None]:
    """Return the cluster of each vector by its number, None where there is no vector.

    k-means (Lloyd (1982), "Least Squares Quantization in PCM", IEEE Transactions on Information Theory 28) on
    standardized coordinates. Outcomes play no part in it, so slices may be tested on its clusters. Vectors of another
    length than most have none.
    """
    length = _length(vectors)
    places = [place for place, vector in enumerate(vectors) if vector is not None and len(vector) == length]
    count = min(MOST, len(places) // MEMBERS)
    found: list[str | None] = [None] * len(vectors)
    if count > 1:
        from sklearn.cluster import KMeans  # noqa: PLC0415 - a second to import, which every command would wait for

        points = np.array([vectors[place] for place in places], np.float64)
        spread = points.std(axis=0)
        points = (points - points.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        assigned = KMeans(count, n_init=BEGINNINGS, random_state=seed).fit_predict(points)
        for place, cluster in zip(places, assigned.tolist(), strict=True):
            found[place] = str(cluster)
    return found


def _length(vectors: Sequence[Sequence[float] | None]) -> int:
    lengths = [len(vector) for vector in vectors if vector is not None]
    return max(sorted(set(lengths)), key=lengths.count, default=0)
