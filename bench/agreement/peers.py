"""What other libraries say of the same answers, where they are installed."""

from collections import defaultdict
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import Any

import numpy as np

from labeling.agreement.ratings import Codes, Ratings

PEERS = ("krippendorff", "statsmodels", "rapidfuzz", "scikit-learn")


def installed() -> dict[str, str | None]:
    """Return the version of each peer, or null."""
    return {name: _version(name) for name in PEERS}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def alpha(ratings: Ratings, level: str = "nominal", numbers: Sequence[float] = ()) -> dict[str, Any] | None:
    """Return krippendorff's alpha and its seconds; it wants the counts of answers by unit."""
    if _version("krippendorff") is None:
        return None
    counts = ratings.counts.toarray().T.astype(int)
    domain = np.array(numbers or range(len(ratings.answers)), dtype=np.float64)
    begun = perf_counter()
    found = import_module("krippendorff").alpha(
        value_counts=counts, value_domain=domain, level_of_measurement=level, dtype=np.float64
    )
    return {"value": round(float(found), 6), "seconds": round(perf_counter() - begun, 4)}


def fleiss(ratings: Ratings) -> float | None:
    """Return statsmodels' Fleiss' kappa."""
    if _version("statsmodels") is None:
        return None
    found = import_module("statsmodels.stats.inter_rater").fleiss_kappa(ratings.counts.toarray().T)
    return round(float(found), 6)


def kappas(ratings: Ratings, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """Return scikit-learn's kappa of pairs of labelers."""
    score = import_module("sklearn.metrics").cohen_kappa_score
    given: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for unit, labeler, value in zip(*(_plain(ratings)), strict=True):
        given[ratings.names[labeler]][unit] = value
    found = []
    for one, other in pairs:
        shared = sorted(given[one].keys() & given[other].keys())
        found.append(float(score([given[one][unit] for unit in shared], [given[other][unit] for unit in shared])))
    return found


def _plain(ratings: Ratings) -> list[list[int]]:
    columns: tuple[Codes, ...] = (ratings.units, ratings.labelers, ratings.values)
    return [column.tolist() for column in columns]


def distances(pairs: Sequence[tuple[str, str]]) -> list[int] | None:
    """Return rapidfuzz's edit distances."""
    if _version("rapidfuzz") is None:
        return None
    distance = import_module("rapidfuzz.distance").Levenshtein.distance
    return [distance(one, other) for one, other in pairs]
