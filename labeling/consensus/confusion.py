"""What each labeler makes of each class: confusion matrices, shrunk towards those of labelers alike."""

from dataclasses import dataclass

import numpy as np

from labeling.consensus.votes import Mask, Numbers, VoteTable

# No answer is impossible, and logarithms stay finite.
SMALLEST = 1e-10
# Odds are taken of probabilities that are at least so far from 0 and 1.
MARGIN = 1e-3


@dataclass(frozen=True, kw_only=True)
class Shrinkage:
    """How much a labeler is taken to be like the others, in votes; all 0 gives maximum likelihood.

    - pool: votes, of labelers who are right with probability `accuracy`, that each row of the pooled matrix begins with
    - skill: votes by which the labeler's share of right answers is drawn to the pool's
    - rows: votes by which each row of the labeler's matrix is drawn to what that skill makes of the pooled row
    - prior: items of each class that the classes' shares begin with
    """

    pool: float = 0.0
    accuracy: float = 0.8
    skill: float = 0.0
    rows: float = 0.0
    prior: float = 0.0


PLAIN = Shrinkage()
HIERARCHICAL = Shrinkage(pool=4.0, skill=4.0, rows=4.0, prior=1.0)


@dataclass(frozen=True, kw_only=True)
class Labelers:
    """What is believed of the labelers and the classes.

    - confusion: (J, C, C), the probability that a labeler answers [.., .., a] where [.., c, ..] is right
    - pooled: (C, C), the same of a labeler of whom nothing is known
    - shares: (C,), how often each class is right
    """

    confusion: Numbers
    pooled: Numbers
    shares: Numbers


def maximized(votes: VoteTable, posterior: Numbers, shrinkage: Shrinkage, voted: Mask) -> Labelers:
    """Return the labelers under whom a posterior (I, C) is likeliest: the M step of Dawid and Skene.

    With n_jca the expected number of answers a by labeler j where c is right, and m_j the pooled matrix bent to the
    labeler's skill,

        π_j[c, a] = (n_jca + rows · m_j[c, a]) / (n_jc + rows)

    Classes are counted over the items with votes, `voted` (I,). The shrinkage is a Dirichlet prior on each row,
    centred as in the hierarchical model of Paun et al. (2018), "Comparing Bayesian Models of Annotation", TACL 6.
    """
    classes = votes.class_count
    counts = (votes.cast.T @ posterior).reshape(-1, classes, classes).transpose(0, 2, 1)
    pooled = row_shares(counts.sum(axis=0) + shrinkage.pool * _one_coin(classes, shrinkage.accuracy))
    if shrinkage.rows > 0:
        pooled = _dominant(pooled)
        counts = counts + shrinkage.rows * _skilled(counts, pooled, shrinkage.skill)
    shares = row_shares(posterior[voted].sum(axis=0) + shrinkage.prior)
    return Labelers(confusion=row_shares(counts), pooled=pooled, shares=shares)


def row_shares(weights: Numbers) -> Numbers:
    """Return rows of probabilities in proportion to weights; none is 0, and a row of zeros becomes uniform."""
    bounded = np.maximum(weights, SMALLEST)
    found: Numbers = bounded / bounded.sum(axis=-1, keepdims=True)
    return found


def _dominant(pooled: Numbers) -> Numbers:
    """Return the matrix with each row drawn to the right answer until no wrong one is likelier.

    Without it a rare class can become the one that explains whatever is disputed.
    """
    right = np.diagonal(pooled)
    wrong = (pooled * (1.0 - np.eye(len(pooled)))).max(axis=1)
    lacking = np.maximum(wrong - right, 0.0)
    drawn = (lacking / (1.0 + lacking))[:, None]
    matrix: Numbers = (1.0 - drawn) * pooled + drawn * np.eye(len(pooled))
    return matrix


def _skilled(counts: Numbers, pooled: Numbers, strength: float) -> Numbers:
    """Return the pooled matrix as each labeler's skill bends it, (J, C, C), from expected answers `counts`.

    The labeler's odds of being right, over those of the pool on the same classes, multiply the odds of every row.
    """
    given = counts.sum(axis=2)
    votes = given.sum(axis=1)
    usual = np.diagonal(pooled)
    average = np.where(votes > 0, given @ usual / np.maximum(votes, SMALLEST), usual.mean())
    right = np.einsum("jcc->j", counts)
    skill = (right + strength * average) / np.maximum(votes + strength, SMALLEST)
    bent = (_odds(skill) / _odds(average))[:, None] * _odds(usual)[None, :]
    hit = bent / (1.0 + bent)
    straight = np.eye(len(pooled))
    spread = row_shares(pooled * (1.0 - straight)) * (1.0 - straight)
    matrix: Numbers = (1.0 - hit)[:, :, None] * spread + hit[:, :, None] * straight
    return matrix


def _odds(probability: Numbers) -> Numbers:
    bounded = np.clip(probability, MARGIN, 1.0 - MARGIN)
    odds: Numbers = bounded / (1.0 - bounded)
    return odds


def _one_coin(classes: int, accuracy: float) -> Numbers:
    spread = np.full((classes, classes), (1.0 - accuracy) / max(classes - 1, 1))
    np.fill_diagonal(spread, accuracy)
    return spread
