"""Who can be asked: a crowd's recorded labels in a random order, or simulated labelers, and an expert."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from bench.consensus.replay import turns
from bench.datacentric.sets import ProofSet, Split
from labeling.consensus.votes import Codes, Mask, Numbers, VoteTable

# What an expert's answer costs, in labels of a labeler. It is the gold answer.
EXPERT = 5
# Simulated labelers, how many of them can be asked of one item, and how often they are right: the mean of one label
# of the three real crowds of the proof, and how far labelers differ, as parameters of a beta distribution.
LABELERS, ASKED = 30, 5
SKILL = (15.6, 4.4)
# How much rather a wrong answer is a class near to the right one: distances between classes, in units of the mean
# distance to the nearest class, count by exp(-distance / NEARNESS).
NEARNESS = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Deck:
    """All labels that can be had of n items, and the order in which each item's are dealt.

    - votes: over the n items; turn: (V,), which of its item's labels each is, counted from 0
    - gold: (n,), what an expert would say
    """

    votes: VoteTable
    turn: Codes
    gold: Codes

    @property
    def most(self) -> Codes:
        """How many labels can be had of each item (n,)."""
        return np.bincount(self.votes.items, minlength=self.votes.item_count)

    def given(self, counts: Codes) -> VoteTable:
        """Return the first so many labels of each item (n,)."""
        return self.votes.rows(self.turn < counts[self.votes.items])


def deck(whole: ProofSet, cut: Split, seed: int) -> Deck:
    """Return the labels of the items that teach: those on record, in an order drawn by the seed, or simulated ones."""
    rng = np.random.default_rng([seed, 1])
    if whole.votes is None:
        table = simulated(whole.gold[cut.train], confusable(whole), rng)
    else:
        table = _of_items(whole.votes, cut.train)
    return Deck(votes=table, turn=turns(table.items, rng.permutation(len(table))), gold=whole.gold[cut.train])


def confusable(whole: ProofSet) -> Numbers:
    """Return of each class how often others are taken for it when it is missed, (C, C), rows sum to 1, diagonal 0.

    Class-conditional: near classes, by the means of their standardized features, are taken for each other.
    """
    deviation = whole.features.std(axis=0)
    scaled = (whole.features - whole.features.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    means = np.array([scaled[whole.gold == code].mean(axis=0) for code in range(len(whole.classes))])
    apart = cdist(means, means)
    np.fill_diagonal(apart, np.inf)
    weights = np.exp(-apart / (NEARNESS * apart.min(axis=1).mean()))
    weights += np.where(np.isfinite(apart), np.finfo(float).tiny, 0.0)
    found: Numbers = weights / weights.sum(axis=1, keepdims=True)
    return found


def noisy(gold: Codes, wrong: Numbers, rates: Numbers, rng: np.random.Generator) -> Codes:
    """Return the right answers (n,) with each replaced at its rate (n,) by one drawn from its row of `wrong` (C, C)."""
    drawn = (rng.random(len(gold))[:, None] > np.cumsum(wrong, axis=1)[gold]).sum(axis=1)
    found: Codes = np.where(rng.random(len(gold)) < rates, np.minimum(drawn, len(wrong) - 1), gold)
    return found


def simulated(gold: Codes, wrong: Numbers, rng: np.random.Generator) -> VoteTable:
    """Return SIMULATED labels of n items: each by `ASKED` of `LABELERS`, who differ in skill and err independently."""
    skill = rng.beta(*SKILL, LABELERS)
    who = rng.random((len(gold), LABELERS)).argsort(axis=1)[:, :ASKED].ravel()
    items = np.repeat(np.arange(len(gold)), ASKED)
    return VoteTable(
        items=items,
        labelers=who,
        answers=noisy(gold[items], wrong, 1.0 - skill[who], rng),
        item_count=len(gold),
        labeler_count=LABELERS,
        class_count=len(wrong),
    )


def _of_items(votes: VoteTable, items: Codes) -> VoteTable:
    """Return the votes on some items, numbered as they stand there."""
    places = np.full(votes.item_count, -1)
    places[items] = np.arange(len(items))
    kept: Mask = places[votes.items] >= 0
    return VoteTable(
        items=places[votes.items[kept]],
        labelers=votes.labelers[kept],
        answers=votes.answers[kept],
        item_count=len(items),
        labeler_count=votes.labeler_count,
        class_count=votes.class_count,
    )
