"""Recorded labels given once more, one an item and round, under a rule that says which items still want one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.consensus.sets import CrowdSet
from labeling.adaptive import THOROUGH, AdaptiveRule, Belief, assisted, believe, enough, helpful
from labeling.consensus.confusion import PLAIN
from labeling.consensus.dawid_skene import dawid_skene
from labeling.consensus.majority import majority
from labeling.consensus.votes import Codes, Mask, Numbers, VoteTable

# Rounds after which the classifier is fitted anew; later labels change little of what it has learnt.
CLASSIFIED = 3
# Labels an item of the fixed designs, beside all of them.
FIXED = (1, 2, 3, 5, 10, 20, 30)
# Votes by which one answer leads when the strong baseline stops.
LEAD = 2
# Differences of helpfulness below this are rounding, and the order decides.
DIGITS = 6

Method = Callable[[VoteTable], Numbers]
METHODS: dict[str, Method] = {
    "majority": majority,
    "dawid_skene": lambda votes: dawid_skene(votes, PLAIN).posterior,
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was spent of the labels (V,), what came out (I, C), and after each round: share spent, accuracy."""

    spent: Mask
    posterior: Numbers
    curve: tuple[tuple[float, float], ...] = ()


def accuracy(posterior: Numbers, crowd: CrowdSet) -> float:
    """Return the share of scored items whose leading class is right; a tie counts as the chance of drawing it."""
    of_scored = np.round(posterior[crowd.scored], 9)
    leading = of_scored == of_scored.max(axis=1, keepdims=True)
    right = leading[np.arange(len(leading)), crowd.gold[crowd.scored]]
    return float((right / leading.sum(axis=1)).mean())


def arrival(crowd: CrowdSet, order: int) -> Codes:
    """Return the place of each label (V,) in one of the random orders."""
    places: Codes = np.random.default_rng(order).permutation(len(crowd.votes))
    return places


def first_of_each(items: Codes, *keys: Numbers | Codes) -> Codes:
    """Return the place in `items` (R,) of one label an item: the least by the keys, of which the first counts most."""
    order = np.lexsort((*reversed(keys), items))
    ordered = items[order]
    return order[np.flatnonzero(np.diff(ordered, prepend=-1))]


def adaptive(
    crowd: CrowdSet, order: int, rule: AdaptiveRule, *, choosing: bool = True, featured: bool = True
) -> Outcome:
    """Replay the rule: each open item gets one label a round, from the most helpful labeler or the next to come.

    Items whose gold calibrates have all their labels from the beginning, which counts as spent. A stopped item takes
    no more. The labelers that can be asked about an item are those who have labeled it on record.
    """
    votes, places = crowd.votes, arrival(crowd, order)
    spent, stopped = crowd.calibrating[votes.items], np.zeros(votes.item_count, bool)
    belief = believe(votes.rows(spent), crowd.known)
    curve: list[tuple[float, float]] = []
    while len(rest := np.flatnonzero(~spent & ~stopped[votes.items])):
        pool = votes.rows(rest)
        wish = -np.round(helpful(belief, pool), DIGITS) if choosing else np.zeros(len(rest))
        spent = spent.copy()
        spent[rest[first_of_each(pool.items, wish, places[rest])]] = True
        given = votes.rows(spent)
        belief = believe(given, crowd.known, prior=belief.prior, last=belief if curve else None)
        if featured and crowd.features is not None and len(curve) < CLASSIFIED:
            belief = assisted(given, belief, crowd.features)
        curve.append((float(spent.mean()), accuracy(belief.posterior, crowd)))
        stopped = stopped | enough(given, belief, votes.rows(~spent), rule)
    return Outcome(spent=spent, posterior=_final(votes.rows(spent), belief).posterior, curve=tuple(curve))


def _final(given: VoteTable, belief: Belief) -> Belief:
    return believe(given, belief.known, prior=belief.prior, steps=THOROUGH)


def fixed(crowd: CrowdSet, order: int, most: int) -> Mask:
    """Return the first `most` labels of each item, (V,)."""
    return turns(crowd.votes.items, arrival(crowd, order)) < most


def vote_lead(crowd: CrowdSet, order: int) -> Mask:
    """Return the labels (V,) spent when an item stops as soon as one answer leads by two votes."""
    votes = crowd.votes
    turn = turns(votes.items, arrival(crowd, order))
    spent = np.zeros(len(votes), bool)
    counts = np.zeros((votes.item_count, votes.class_count + 1))
    for this in range(int(turn.max(initial=-1)) + 1):
        second, best = np.partition(counts, -2, axis=1)[:, -2:].T
        due = np.flatnonzero((turn == this) & (best - second < LEAD)[votes.items])
        spent[due] = True
        counts[votes.items[due], votes.answers[due]] += 1
    return spent


def turns(items: Codes, places: Codes) -> Codes:
    """Return for each label which of its item's labels it is, counted from 0 in the order of the places."""
    order = np.lexsort((places, items))
    starts = np.flatnonzero(np.diff(items[order], prepend=-1))
    lengths = np.diff(starts, append=len(items))
    turn = np.empty(len(items), np.int64)
    turn[order] = np.arange(len(items)) - np.repeat(starts, lengths)
    return turn
