"""How far votes and a classifier may be believed: fitted to held-out votes, and to gold where there is some."""

from collections.abc import Callable

import numpy as np

from labeling.consensus.confusion import SMALLEST, Labelers
from labeling.consensus.dawid_skene import UNKNOWN, log_likelihood, normalized
from labeling.consensus.votes import Codes, Numbers, VoteTable

# What is tried; 1 believes votes to be independent of each other given the right class.
TRUSTS = np.linspace(0.2, 1.2, 21)
# Weights of a classifier's logarithms: 0 leaves the classes' shares alone.
WEIGHTS = np.linspace(0.0, 1.5, 16)


def trust(votes: VoteTable, labelers: Labelers, *, prior: Numbers | None = None, gold: Codes | None = None) -> float:
    """Return the power of a vote's likelihood under which what is held out is likeliest.

    Each vote is predicted from the other votes on its item, and each gold answer (I,) from all of them. With L_i the
    summed logarithms of the other votes' probabilities under each class,

        P(a_v | others) = Σ_c softmax(log prior_i + trust · L_i)[c] · π_j[c, a_v]

    Labelers are taken to be independent given the class; where an item is hard for all of them they are not, held-out
    votes come out worse than foretold, and the trust falls below 1.
    """
    logs = np.log(np.maximum(labelers.shares if prior is None else prior, SMALLEST))
    summed = log_likelihood(votes, labelers)
    own = labelers.confusion[votes.labelers, :, votes.answers]
    others = summed[votes.items] - np.log(own)
    several = votes.counts().sum(axis=1)[votes.items] > 1
    at = np.broadcast_to(logs, summed.shape)

    def likelihood(power: float) -> float:
        predicted = (normalized(at[votes.items] + power * others) * own).sum(axis=1)
        found = float(np.log(np.maximum(predicted, SMALLEST))[several].sum())
        return found + _log_of_gold(normalized(at + power * summed), gold)

    return _best(TRUSTS, likelihood)


def weight(votes: VoteTable, labelers: Labelers, scores: Numbers, *, gold: Codes | None = None) -> float:
    """Return the weight of a classifier's scores (I, C) under which votes, and gold, are likeliest without other votes.

    The scores of an item must come from a classifier that has not seen it.
    """
    own = labelers.confusion[votes.labelers, :, votes.answers]

    def likelihood(power: float) -> float:
        prior = pooled(scores, labelers.shares, power)
        predicted = (prior[votes.items] * own).sum(axis=1)
        return float(np.log(np.maximum(predicted, SMALLEST)).sum()) + _log_of_gold(prior, gold)

    return _best(WEIGHTS, likelihood)


def pooled(scores: Numbers, shares: Numbers, power: float) -> Numbers:
    """Return the prior (I, C) ∝ scores^power · shares^(1 - power): the logarithmic opinion pool."""
    logs = power * np.log(np.maximum(scores, SMALLEST)) + (1.0 - power) * np.log(np.maximum(shares, SMALLEST))
    return normalized(logs)


def _log_of_gold(posterior: Numbers, gold: Codes | None) -> float:
    if gold is None:
        return 0.0
    known = np.flatnonzero(gold != UNKNOWN)
    return float(np.log(np.maximum(posterior[known, gold[known]], SMALLEST)).sum())


def _best(grid: Numbers, likelihood: Callable[[float], float]) -> float:
    return float(grid[int(np.argmax([likelihood(float(power)) for power in grid]))])
