"""Adaptive overlap over many items: which have labels enough, and who is asked about the others."""

from dataclasses import dataclass

import numpy as np

from labeling.consensus import calibration
from labeling.consensus.classifier import held_out_scores
from labeling.consensus.confusion import Shrinkage
from labeling.consensus.dawid_skene import UNKNOWN, Evidence, Fit, Steps, dawid_skene, expected
from labeling.consensus.votes import Codes, Mask, Numbers, VoteTable
from labeling.worth import gain, separation, telling

# Belief is the mean over both: the first suits labelers who differ much, the second labelers of whom little is known.
SHRINKAGES = (
    Shrinkage(pool=4.0, skill=2.0, rows=2.0, prior=1.0),
    Shrinkage(pool=4.0, skill=4.0, rows=8.0, prior=1.0),
)
# While labels come in; each refit goes on from the last.
QUICK = Steps(rounds=20, tolerance=1e-3)
# In the end.
THOROUGH = Steps(rounds=60, tolerance=1e-4)
# Classifiers that learn in turn, each from the belief that the last one led to.
CLASSIFIERS = 2


@dataclass(frozen=True, kw_only=True)
class AdaptiveRule:
    """When an item has labels enough.

    - gain: all labels still to be had are expected to add no more accuracy than this
    - trust: votes on one item are believed at most so far (`calibration.trust`), less where held-out votes say so:
      those on items that are still open foretell too little of how votes err together on easy ones
    - warm_up, share: nothing is stopped before labelers have given so many labels on the average, or this share of
      all that can be given: until then it is not known who can be believed
    """

    gain: float = 0.02
    trust: float = 0.4
    warm_up: float = 48.0
    share: float = 0.42


@dataclass(frozen=True, kw_only=True)
class Belief:
    """What the votes say.

    - posterior: (I, C), the mean over the fits
    - confusion: (J, C, C), likewise
    - prior: (I, C), what a classifier says before any vote, if there is one
    - known: (I,), the gold that was given, or UNKNOWN
    """

    posterior: Numbers
    confusion: Numbers
    fits: tuple[Fit, ...]
    known: Codes
    prior: Numbers | None = None


def believe(
    votes: VoteTable, known: Codes, *, prior: Numbers | None = None, last: Belief | None = None, steps: Steps = QUICK
) -> Belief:
    """Fit the labelers anew, from the last belief on or from the majority; `known` (I,) is gold, or UNKNOWN."""
    evidence = Evidence(known=known, prior=prior)
    starts = [None] * len(SHRINKAGES) if last is None else [fit.posterior for fit in last.fits]
    fits = tuple(
        dawid_skene(votes, shrinkage, evidence=evidence, start=start, steps=steps)
        for shrinkage, start in zip(SHRINKAGES, starts, strict=True)
    )
    return Belief(
        posterior=np.mean([fit.posterior for fit in fits], axis=0),
        confusion=np.mean([fit.labelers.confusion for fit in fits], axis=0),
        fits=fits,
        known=known,
        prior=prior,
    )


def assisted(votes: VoteTable, belief: Belief, features: Numbers) -> Belief:
    """Return the belief with a prior from a classifier of features (I, d) that learns from it, weighted by votes.

    What the first classifier mends teaches the second.
    """
    voted = (votes.counts().sum(axis=1) > 0) | (belief.known != UNKNOWN)
    for _ in range(CLASSIFIERS):
        labelers = belief.fits[0].labelers
        scores = held_out_scores(features, belief.posterior, voted)
        power = calibration.weight(votes, labelers, scores, gold=belief.known)
        prior = calibration.pooled(scores, labelers.shares, power)
        belief = believe(votes, belief.known, prior=prior, last=belief)
    return belief


def enough(votes: VoteTable, belief: Belief, pool: VoteTable, rule: AdaptiveRule) -> Mask:
    """Say of which items (I,) the labels are enough; `pool` are those still to be had, whose answers are not read."""
    if len(votes) < min(rule.warm_up * votes.labeler_count, rule.share * (len(votes) + len(pool))):
        return np.zeros(votes.item_count, bool)
    prior, gold = belief.prior, belief.known
    trust = min(rule.trust, *(calibration.trust(votes, fit.labelers, prior=prior, gold=gold) for fit in belief.fits))
    cautious = Evidence(known=gold, prior=prior, trust=trust)
    posterior = np.mean([expected(votes, fit.labelers, cautious) for fit in belief.fits], axis=0)
    separated = separation(posterior, pool.items, belief.confusion[pool.labelers], trust)
    return gain(posterior, pool.items, separated) <= rule.gain


def helpful(belief: Belief, pool: VoteTable) -> Numbers:
    """Return how much each label that could be had (R,) is expected to tell the leading class from the others."""
    separated = separation(belief.posterior, pool.items, belief.confusion[pool.labelers])
    return telling(belief.posterior, pool.items, separated)
