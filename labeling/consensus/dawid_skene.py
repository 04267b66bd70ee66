"""Dawid-Skene: each labeler has a confusion matrix, estimated together with the answers."""

from dataclasses import dataclass

import numpy as np

from labeling.consensus.confusion import HIERARCHICAL, SMALLEST, Labelers, Shrinkage, maximized
from labeling.consensus.majority import majority
from labeling.consensus.votes import Codes, Numbers, VoteTable

METHOD = "dawid-skene"
# Of `known`: the answer to an item is not known.
UNKNOWN = -1


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known beside the votes.

    - known: (I,), the right class of an item, or UNKNOWN
    - prior: (I, C), the probability of each class before any vote, as a classifier gives it; without it, the classes'
      shares
    - trust: the power to which the votes' likelihood is raised: below 1 where votes err together
    """

    known: Codes | None = None
    prior: Numbers | None = None
    trust: float = 1.0


NOTHING = Evidence()


@dataclass(frozen=True, kw_only=True)
class Steps:
    """When to stop: after so many rounds, or when no posterior moves by more than the tolerance."""

    rounds: int = 100
    tolerance: float = 1e-5


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The posterior (I, C) of each item, the labelers under whom it is so, and the rounds it took."""

    posterior: Numbers
    labelers: Labelers
    rounds: int


def dawid_skene(
    votes: VoteTable,
    shrinkage: Shrinkage = HIERARCHICAL,
    *,
    evidence: Evidence = NOTHING,
    start: Numbers | None = None,
    steps: Steps = Steps(),
) -> Fit:
    """Return the posterior by expectation maximization, begun at `start` (I, C), by itself the majority's shares.

    With T_i the right class of item i, π_j the confusion matrix of labeler j and s the classes' shares, it alternates
    the M step (`confusion.maximized`) and

        P(T_i = c) ∝ s_c ∏ over votes a by j on i of π_j[c, a] ^ trust

    Items without votes get s, or their prior. Source: Dawid & Skene (1979), "Maximum Likelihood Estimation of Observer
    Error-Rates Using the EM Algorithm", Applied Statistics 28(1); with `PLAIN` shrinkage it is theirs.
    """
    posterior = _clamped(majority(votes) if start is None else start, evidence.known)
    voted = votes.counts().sum(axis=1) > 0
    done = 0
    while True:
        labelers = maximized(votes, posterior, shrinkage, voted)
        before, posterior = posterior, expected(votes, labelers, evidence)
        done += 1
        moved = float(np.abs(posterior - before).max(initial=0.0))
        if done >= steps.rounds or moved <= steps.tolerance:
            break
    return Fit(posterior=posterior, labelers=labelers, rounds=done)


def expected(votes: VoteTable, labelers: Labelers, evidence: Evidence = NOTHING) -> Numbers:
    """Return the posterior (I, C) that labelers give to the items: the E step."""
    prior = labelers.shares if evidence.prior is None else evidence.prior
    logs = np.log(np.maximum(prior, SMALLEST)) + evidence.trust * log_likelihood(votes, labelers)
    return _clamped(normalized(logs), evidence.known)


def log_likelihood(votes: VoteTable, labelers: Labelers) -> Numbers:
    """Return the logarithm of the probability of each item's votes under each class, (I, C)."""
    by_answer = labelers.confusion.transpose(0, 2, 1).reshape(-1, votes.class_count)
    found: Numbers = votes.cast @ np.log(by_answer)
    return found


def normalized(logs: Numbers) -> Numbers:
    """Return the probabilities (..., C) whose logarithms are `logs` up to a constant a row."""
    powers = np.exp(logs - logs.max(axis=-1, keepdims=True))
    found: Numbers = powers / powers.sum(axis=-1, keepdims=True)
    return found


def _clamped(posterior: Numbers, known: Codes | None) -> Numbers:
    if known is None:
        return posterior
    sure = np.eye(posterior.shape[1])[np.maximum(known, 0)]
    return np.where((known != UNKNOWN)[:, None], sure, posterior)
