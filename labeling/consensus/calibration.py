"""How far votes and a classifier may be believed: fitted to held-out votes, and to gold where there is some."""

from collections.abc import Callable, Sequence

import numpy as np

from labeling.consensus.confusion import SMALLEST, Labelers
from labeling.consensus.crowdlab import Weights, by_answer, weighted
from labeling.consensus.dawid_skene import UNKNOWN, log_likelihood, normalized
from labeling.consensus.one_coin import log_odds
from labeling.consensus.votes import Codes, Numbers, VoteTable

# What is tried; 1 believes votes to be independent of each other given the right class.
TRUSTS = np.linspace(0.2, 1.2, 21)
# Weights of a classifier's logarithms: 0 leaves the classes' shares alone.
WEIGHTS = np.linspace(0.0, 1.5, 16)
# The same for settling tasks, where gold tells; votes are never believed to say more than independent ones would.
CAUTIOUS = np.linspace(0.1, 1.0, 19)
# Powers of CROWDLAB's posterior: a weighted mean is never surer than its surest voice.
SHARPNESS = np.linspace(0.1, 5.0, 50)
# How often a labeler like all others may be right.
ACCURACIES = np.linspace(0.51, 0.99, 49)
# What is foretold of votes weighs as much as so many gold answers, however many votes there are.
VOTES_WORTH = 20.0


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


def cautious(votes: VoteTable, fits: Sequence[Labelers], compared: VoteTable, gold: Codes) -> float:
    """Return the power of a vote's likelihood under which gold (I,) is likeliest from the votes of `compared`.

    Votes foretell each other well also where they are wrong together, which gold alone shows. So what `trust` goes by
    counts no more than `VOTES_WORTH` gold answers. `compared` should have as few votes on an item as settling has, and
    the labelers should be fitted without that gold.
    """
    several = votes.counts().sum(axis=1)[votes.items] > 1
    priors = [np.log(np.maximum(labelers.shares, SMALLEST)) for labelers in fits]
    said = [log_likelihood(compared, labelers) for labelers in fits]
    own = [labelers.confusion[votes.labelers, :, votes.answers] for labelers in fits]
    summed = [log_likelihood(votes, labelers) for labelers in fits]
    others = [total[votes.items] - np.log(each) for total, each in zip(summed, own, strict=True)]

    def likelihood(power: float) -> float:
        posterior = np.mean([normalized(at + power * logs) for at, logs in zip(priors, said, strict=True)], axis=0)
        foretold = [
            _mean_log((normalized(at + power * logs) * each).sum(axis=1)[several])
            for at, logs, each in zip(priors, others, own, strict=True)
        ]
        return _log_of_gold(posterior, gold) + VOTES_WORTH * float(np.mean(foretold))

    return _best(CAUTIOUS, likelihood)


def accuracy(votes: VoteTable, compared: VoteTable, gold: Codes) -> float:
    """Return one coin's accuracy under which gold (I,) and what is held out are likeliest, as `cautious` does."""
    classes = votes.class_count
    several = np.flatnonzero(votes.counts().sum(axis=1)[votes.items] > 1)
    others = votes.counts()[votes.items[several]]
    others[np.arange(len(several)), votes.answers[several]] -= 1.0
    said = compared.counts()

    def likelihood(right: float) -> float:
        wrong, worth = (1.0 - right) / (classes - 1), log_odds(right, classes)
        agreeing = normalized(others * worth)[np.arange(len(several)), votes.answers[several]]
        foretold = _mean_log(wrong + (right - wrong) * agreeing)
        return _log_of_gold(normalized(said * worth), gold) + VOTES_WORTH * foretold

    return _best(ACCURACIES, likelihood)


def sharpness(
    votes: VoteTable, labelers: Labelers, compared: VoteTable, gold: Codes, *, scores: Numbers, weights: Weights
) -> float:
    """Return the power of CROWDLAB's posterior under which gold (I,) and what is held out are likeliest.

    As `cautious` does; `scores` (I, C) and `weights` are CROWDLAB's.
    """
    several = np.flatnonzero(votes.counts().sum(axis=1)[votes.items] > 1)
    others = by_answer(votes, weights)[votes.items[several]]
    others[np.arange(len(several)), votes.answers[several]] -= weights.labelers[votes.labelers[several]]
    rest = np.log(np.maximum(weighted(others, scores[votes.items[several]], weights), SMALLEST))
    said = np.log(np.maximum(weighted(by_answer(compared, weights), scores, weights), SMALLEST))
    own = labelers.confusion[votes.labelers[several], :, votes.answers[several]]

    def likelihood(power: float) -> float:
        foretold = _mean_log((normalized(power * rest) * own).sum(axis=1))
        return _log_of_gold(normalized(power * said), gold) + VOTES_WORTH * foretold

    return _best(SHARPNESS, likelihood)


def pooled(scores: Numbers, shares: Numbers, power: float) -> Numbers:
    """Return the prior (I, C) ∝ scores^power · shares^(1 - power): the logarithmic opinion pool."""
    logs = power * np.log(np.maximum(scores, SMALLEST)) + (1.0 - power) * np.log(np.maximum(shares, SMALLEST))
    return normalized(logs)


def _mean_log(probabilities: Numbers) -> float:
    return float(np.log(np.maximum(probabilities, SMALLEST)).mean()) if len(probabilities) else 0.0


def _log_of_gold(posterior: Numbers, gold: Codes | None) -> float:
    if gold is None:
        return 0.0
    known = np.flatnonzero(gold != UNKNOWN)
    return float(np.log(np.maximum(posterior[known, gold[known]], SMALLEST)).sum())


def _best(grid: Numbers, likelihood: Callable[[float], float]) -> float:
    return float(grid[int(np.argmax([likelihood(float(power)) for power in grid]))])
