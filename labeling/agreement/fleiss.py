"""Fleiss' kappa: how far several labelers, not always the same ones, agree beyond chance."""

from math import nan

import numpy as np

from labeling.agreement.ratings import Measure, Numbers, Ratings
from schemas.errors import InputError


def fleiss(ratings: Ratings) -> Measure:
    """Return kappa for units that all have the same number m of answers, at least 2.

    With n_uc answers c in unit u, N units and p_c = Σ_u n_uc / (N m):

        P_o = 1/N · Σ_u (Σ_c n_uc² - m) / (m (m - 1)),  P_e = Σ_c p_c²,  kappa = (P_o - P_e) / (1 - P_e)

    Undefined where all answers are the same. Raises InputError where the numbers of answers differ, as they do
    with adaptive overlap: Krippendorff's alpha takes them. Source: Fleiss (1971), "Measuring Nominal Scale
    Agreement Among Many Raters", Psychological Bulletin 76(5).
    """
    sizes = np.unique(ratings.sizes)
    if len(sizes) != 1 or sizes[0] < 2:  # noqa: PLR2004 - a pair
        raise InputError(
            f"Fleiss' kappa needs the same number of answers to every unit, two at least, not {sizes.tolist()}: "
            "use Krippendorff's alpha."
        )
    answers = int(sizes[0])
    counts = ratings.counts
    agreed = (counts.power(2).sum(axis=0) - answers) / (answers * (answers - 1))

    def measure(weights: Numbers) -> float:
        given = counts @ weights
        by_chance = (given**2).sum() / given.sum() ** 2
        return float((weights @ agreed / weights.sum() - by_chance) / (1 - by_chance)) if by_chance < 1 else nan

    return measure
