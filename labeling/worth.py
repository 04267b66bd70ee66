"""What further labels of an item are worth: the accuracy that they are expected to add."""

import numpy as np
from scipy.special import ndtr

from labeling.consensus.confusion import SMALLEST
from labeling.consensus.votes import Codes, Numbers


def separation(posterior: Numbers, items: Codes, confusion: Numbers, trust: float = 1.0) -> Numbers:
    """Return, for each of R labels that could be had, what it says of "the leading class or another", (R, 4).

    Columns are the mean and variance of its log-likelihood ratio where the leading class is right, and the same where
    another is, both counted towards the truth. `items` (R,) are rows of `posterior` (I, C), `confusion` (R, C, C) the
    matrices of those who would answer.
    """
    leading = posterior.argmax(axis=1)[items]
    rows = np.arange(len(items))
    rest = posterior[items].copy()
    rest[rows, leading] = 0.0
    rest /= np.maximum(rest.sum(axis=1, keepdims=True), SMALLEST)
    here = confusion[rows, leading]
    there = np.maximum(np.einsum("rc,rca->ra", rest, confusion), SMALLEST)
    ratio = trust * (np.log(here) - np.log(there))
    for_it, against = (here * ratio).sum(axis=1), -(there * ratio).sum(axis=1)
    spread = (here * ratio**2).sum(axis=1) - for_it**2
    spread_against = (there * ratio**2).sum(axis=1) - against**2
    return np.stack([for_it, spread, against, spread_against], axis=1)


def telling(posterior: Numbers, items: Codes, separated: Numbers) -> Numbers:
    """Return how much each label that could be had (R,) is expected to tell the leading class from the others."""
    best = posterior.max(axis=1)[items]
    found: Numbers = best * separated[:, 0] + (1.0 - best) * separated[:, 2]
    return found


def gain(posterior: Numbers, items: Codes, separated: Numbers) -> Numbers:
    """Return the accuracy that all labels still to be had are expected to add to each item, (I,), at least 0.

    With p the probability of the leading class, l its log-odds, and the further log-likelihood ratio normal with mean M
    and variance V where it is right, N and W where another class is:

        gain = p Φ((l + M) / √V) + (1 - p) Φ((N - l) / √W) - p

    as after those labels the leading class is kept only if its log-odds stay above 0.
    """
    count = len(posterior)
    mean, spread, against, spread_against = (
        np.bincount(items, weights=column, minlength=count) for column in separated.T
    )
    best = np.clip(posterior.max(axis=1), SMALLEST, 1.0 - SMALLEST)
    odds = np.log(best) - np.log1p(-best)
    kept = ndtr((odds + mean) / np.sqrt(np.maximum(spread, SMALLEST)))
    mended = ndtr((against - odds) / np.sqrt(np.maximum(spread_against, SMALLEST)))
    found: Numbers = np.maximum(best * kept + (1.0 - best) * mended - best, 0.0)
    return found
