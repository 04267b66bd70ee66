"""A set of the proof: items as features, their gold, and the labels that crowds gave where there are any."""

from dataclasses import dataclass

import numpy as np

from catalog.splits import split_of
from catalog.twins import TRAIN
from labeling.consensus.votes import Codes, Mask, Numbers, VoteTable

# How a set is cut that does not say by itself which of its items test.
SHARES = {TRAIN: 0.7, "test": 0.3}
# At most so many items teach, drawn by the seed, so that all of it can be measured in minutes.
MOST = 2000
# Of two classes the rarer one is what is looked for, if it has less than this share: F1 says more than accuracy.
RARE = 0.2


@dataclass(frozen=True, kw_only=True, eq=False)
class ProofSet:
    """Items (I,) with what a model sees of them and what is right.

    - features: (I, d), made without any label
    - gold: (I,), codes of `classes`
    - groups: I names; what shares one stays on one side of the split
    - test: (I,), the items that test, if the set says so itself
    - votes: recorded labels over all I items, those of a crowd, if there is one
    """

    features: Numbers
    gold: Codes
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    test: Mask | None = None
    votes: VoteTable | None = None

    @property
    def rare(self) -> int | None:
        """The class whose F1 is measured; None where accuracy is."""
        shares = np.bincount(self.gold, minlength=len(self.classes)) / len(self.gold)
        return int(shares.argmin()) if len(shares) == 2 and shares.min() < RARE else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """One seed's cut of a set: the items (n,) whose labels teach, and those (m,) whose gold tests."""

    train: Codes
    test: Codes


def split(whole: ProofSet, seed: int) -> Split:
    """Return the set's own split, or the product's by the hash of an item's group, salted by the seed.

    Where a crowd labeled the set, only what it labeled teaches; of more than `MOST` items so many do, drawn at random.
    """
    test = whole.test
    if test is None:
        sides = {group: split_of(group, SHARES, salt=str(seed)) for group in set(whole.groups)}
        test = np.array([sides[group] != TRAIN for group in whole.groups])
    teaches = ~test
    if whole.votes is not None:
        teaches &= np.bincount(whole.votes.items, minlength=len(test)) > 0
    train = np.random.default_rng([seed, 0]).permutation(np.flatnonzero(teaches))[:MOST]
    return Split(train=np.sort(train), test=np.flatnonzero(test))
