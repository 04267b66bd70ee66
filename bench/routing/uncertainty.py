"""Uncertainty sampling: what the model is least sure of, by three measures.

Source: Settles (2009), "Active Learning Literature Survey", section 3.1.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from bench.routing.moments import Numbers
from bench.routing.selector import Chunk, Labeled, Places, ranked


class Uncertainty:
    """Choose the records of which a measure says that the model is most uncertain; any, while there is no model."""

    def __init__(self, measure: Callable[[Numbers], Numbers], seed: int) -> None:
        self._measure = measure
        self._rng = np.random.default_rng(seed)

    def select(self, chunk: Chunk) -> Places:
        """Return the places, the most uncertain first."""
        values = np.zeros(len(chunk)) if chunk.scores is None else self._measure(chunk.scores)
        return ranked(values, self._rng)

    def learn(self, labeled: Labeled) -> None:
        """Learn nothing: the model's scores say it all."""


def least_confidence(scores: Numbers) -> Numbers:
    """Return 1 - max p of each row of probabilities (n, C)."""
    best: Numbers = scores.max(axis=1)
    return 1.0 - best


def margin(scores: Numbers) -> Numbers:
    """Return 1 - (p1 - p2) for the two highest of each row of probabilities (n, C); of a single class p2 is 0."""
    padded = np.pad(scores, ((0, 0), (1, 0)))
    second, best = np.partition(padded, (-2, -1), axis=1)[:, -2:].T
    uncertainty: Numbers = 1.0 - (best - second)
    return uncertainty


def entropy(scores: Numbers) -> Numbers:
    """Return -sum p log p, in nats, of each row of probabilities (n, C)."""
    surprise = np.log(scores, where=scores > 0, out=np.zeros_like(scores))
    nats: Numbers = -(scores * surprise).sum(axis=1)
    return nats


LeastConfidence = partial(Uncertainty, least_confidence)
Margin = partial(Uncertainty, margin)
Entropy = partial(Uncertainty, entropy)
