"""Cohen's kappa: how far two labelers agree beyond chance, each with habits of their own."""

from collections.abc import Sequence
from math import isnan, nan

import numpy as np

from labeling.agreement.ratings import Codes, Measure, Numbers
from schemas.answers import ClassName
from schemas.errors import InputError


def kappa(one: Sequence[ClassName], other: Sequence[ClassName]) -> float | None:
    """Return kappa for two labelers' answers to the same units, in the same order; None where it is undefined."""
    if len(one) != len(other):
        raise InputError(f"Cohen's kappa compares answers to the same units: {len(one)} are not {len(other)}.")
    classes = {answer: code for code, answer in enumerate(sorted({*one, *other}))}
    codes = [np.array([classes[answer] for answer in answers], dtype=np.intp) for answers in (one, other)]
    found = cohen(codes[0], codes[1], unweighted(len(classes)))(np.ones(len(one)))
    return None if isnan(found) else found


def cohen(one: Codes, other: Codes, differences: Numbers) -> Measure:
    """Return kappa of unit i's answers `one[i]` and `other[i]`; `differences[c, k]` is what c for k counts.

    With O_ck the units that got c from one and k from the other, and E_ck = O_c. O_.k / n:

        kappa = 1 - Σ_ck differences_ck O_ck / Σ_ck differences_ck E_ck, in [-1, 1]

    Undefined where chance cannot disagree: no unit, or one answer only. Sources: Cohen (1960), "A Coefficient of
    Agreement for Nominal Scales", Educational and Psychological Measurement 20(1); Cohen (1968), "Weighted
    kappa", Psychological Bulletin 70(4).
    """
    classes = len(differences)
    cells = one * classes + other

    def measure(weights: Numbers) -> float:
        observed = np.bincount(cells, weights=weights, minlength=classes**2).reshape(classes, classes)
        expected = np.outer(observed.sum(axis=1), observed.sum(axis=0))
        by_chance = (differences * expected).sum()
        return float(1 - weights.sum() * (differences * observed).sum() / by_chance) if by_chance > 0 else nan

    return measure


def unweighted(classes: int) -> Numbers:
    """Return differences for classes without order: 0 for the same, 1 for different ones."""
    return 1 - np.eye(classes)


def linear(classes: int) -> Numbers:
    """Return differences for ordered classes: how many steps they are apart."""
    steps = np.arange(classes, dtype=np.float64)
    return np.abs(steps[:, None] - steps)


def quadratic(classes: int) -> Numbers:
    """Return differences for ordered classes: the square of the steps that they are apart."""
    return linear(classes) ** 2
