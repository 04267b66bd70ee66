"""Differences between answers that are sets of classes, for `krippendorff.tabulated`."""

from collections.abc import Callable, Hashable, Sequence
from itertools import combinations

import numpy as np

from labeling.agreement.ratings import Numbers

Several = frozenset[Hashable]
Difference = Callable[[Several, Several], float]
# What MASI multiplies the Jaccard index by: one set holds the other, or they only overlap.
SUBSET, OVERLAP = 2 / 3, 1 / 3


def jaccard(one: Several, other: Several) -> float:
    """Return 1 - |A and B| / |A or B|, in [0, 1]; 0 for two empty sets.

    Source: Jaccard (1912), "The Distribution of the Flora in the Alpine Zone", New Phytologist 11(2).
    """
    union = len(one | other)
    return 1 - len(one & other) / union if union else 0.0


def masi(one: Several, other: Several) -> float:
    """Return 1 - J · M, in [0, 1]: J the Jaccard index; M is 1 if equal, 2/3 if one holds the other, else 1/3.

    It forgives a class more or less and punishes another class. Source: Passonneau (2006), "Measuring Agreement
    on Set-valued Items (MASI) for Semantic and Pragmatic Annotation", LREC.
    """
    if one == other:
        return 0.0
    monotonic = SUBSET if one <= other or other <= one else OVERLAP
    return 1 - (1 - jaccard(one, other)) * monotonic


def table(answers: Sequence[Several], difference: Difference) -> Numbers:
    """Return the differences between all answers, of shape (answers, answers)."""
    found = np.zeros((len(answers), len(answers)))
    for (one, a), (other, b) in combinations(enumerate(answers), 2):
        found[one, other] = found[other, one] = difference(a, b)
    return found
