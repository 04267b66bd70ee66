"""CROWDLAB: labelers and a classifier in one weighted mean."""

from dataclasses import dataclass

import numpy as np

from labeling.consensus.votes import Codes, Numbers, VoteTable

METHOD = "crowdlab"
# No weight is 0, and no class is always right.
SMALLEST = 1e-6


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What each voice counts.

    - labelers: (J,), that of each labeler's vote
    - newcomer: that of a labeler of whom nothing is known, the mean of the others
    - model: that of the classifier
    - likelihood: the probability that a vote gives to its answer
    """

    labelers: Numbers
    newcomer: float
    model: float
    likelihood: float


def crowdlab(votes: VoteTable, scores: Numbers) -> Numbers:
    """Return the posterior (I, C) from votes and the scores (I, C) of a classifier that has not seen the item.

    Each vote counts as a classifier that gives its answer probability P and the others (1 - P) / (C - 1), where P is
    how often votes agree with the majority. With A_0 the share of the majority's commonest class, s_j how often labeler
    j agrees with others, A_M how often the classifier agrees with the majority, and n the mean number of votes,

        w_j = 1 - (1 - s_j) / (1 - A_0)        w_M = (1 - (1 - A_M) / (1 - A_0)) √n

    all of them over the items with two votes or more, and the posterior is the mean under these weights. Items without
    votes keep the scores. Source: Goh, Tkachenko and Mueller (2022), "CROWDLAB: Supervised learning to infer consensus
    labels and quality scores for data with multiple annotators", section 3.
    """
    weights = weigh(votes, scores)
    return weighted(by_answer(votes, weights), scores, weights)


def weigh(votes: VoteTable, scores: Numbers) -> Weights:
    """Return the weights of the formula in `crowdlab`."""
    counts = votes.counts()
    given = counts.sum(axis=1)
    several = given > 1
    consensus = (counts + SMALLEST * scores).argmax(axis=1)
    baseline = max(_error_of_commonest(consensus[several], votes.class_count), SMALLEST)
    labelers = np.maximum(1.0 - (1.0 - _agreement(votes, counts)) / baseline, SMALLEST)
    missed = float(np.mean(scores.argmax(axis=1)[several] != consensus[several])) if several.any() else 0.0
    return Weights(
        labelers=labelers,
        newcomer=float(labelers.mean()) if len(labelers) else 1.0,
        model=max(1.0 - missed / baseline, SMALLEST) * float(np.sqrt(max(float(given.mean()), SMALLEST))),
        likelihood=_likelihood(counts, consensus),
    )


def by_answer(votes: VoteTable, weights: Weights) -> Numbers:
    """Return the summed weights of the votes for each answer to an item, (I, C)."""
    cells = votes.items * votes.class_count + votes.answers
    summed = np.bincount(
        cells, weights=weights.labelers[votes.labelers], minlength=votes.item_count * votes.class_count
    )
    found: Numbers = summed.reshape(votes.item_count, votes.class_count).astype(np.float64)
    return found


def weighted(votes: Numbers, scores: Numbers, weights: Weights) -> Numbers:
    """Return the posterior (I, C) from the summed weights of the `votes` for each answer (I, C), and the scores."""
    total = votes.sum(axis=1, keepdims=True)
    missing = (1.0 - weights.likelihood) / (scores.shape[1] - 1)
    said = weights.likelihood * votes + missing * (total - votes)
    posterior: Numbers = (weights.model * scores + said) / (weights.model + total)
    return posterior


def _error_of_commonest(consensus: Codes, classes: int) -> float:
    if not len(consensus):
        return 1.0
    return 1.0 - float(np.bincount(consensus, minlength=classes).max()) / len(consensus)


def _agreement(votes: VoteTable, counts: Numbers) -> Numbers:
    """Return how often each labeler (J,) agrees with another on the same item; the others' mean if it met none."""
    pairs = counts.sum(axis=1)[votes.items] - 1.0
    alike = counts[votes.items, votes.answers] - 1.0
    agreed = np.bincount(votes.labelers, weights=alike, minlength=votes.labeler_count)
    met = np.bincount(votes.labelers, weights=pairs, minlength=votes.labeler_count)
    alone = met == 0
    shares = np.divide(agreed, met, out=np.zeros(len(met)), where=~alone)
    rest = float(shares[~alone].mean()) if met.any() else 0.0
    return np.where(alone, rest, shares)


def _likelihood(counts: Numbers, consensus: Codes) -> float:
    """Return the mean share of an item's votes that agree with the majority, over items with several."""
    given = counts.sum(axis=1)
    several = np.flatnonzero(given > 1)
    if not len(several):
        return 1.0 - SMALLEST
    return float((counts[several, consensus[several]] / given[several]).mean())
