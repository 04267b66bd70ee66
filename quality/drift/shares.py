"""Categories by their shares: those that are common in the reference one by one, the others and new ones together."""

from dataclasses import dataclass

import numpy as np

from quality.drift.measured import Measured, Values
from quality.sketches.categories import Categories

# Categories that are told apart, the most frequent ones; and what a category must have been seen to be one of them.
LISTED, SEEN = 20, 5
# The name of all others.
OTHER = "other values"


@dataclass(frozen=True, kw_only=True, eq=False)
class Shares:
    """The reference of a category: the values that are told apart, and how often each and all others came."""

    names: tuple[str, ...]
    counts: Values

    @property
    def components(self) -> tuple[str, ...]:
        """What is counted: each of the names, and the others."""
        return (*self.names, OTHER)

    @property
    def variances(self) -> Values:
        """Return p(1 - p) of each, with p = (x + 1/2) / (n + 1), which is never 0 (Jeffreys)."""
        share = (self.counts + 0.5) / (self.total + 1.0)
        return share * (1.0 - share)

    @property
    def total(self) -> float:
        """How many records the reference has."""
        return float(self.counts.sum())

    def measured(self, categories: Categories) -> Measured:
        """Return how often each of the names, and all others together, came."""
        known = [categories.kept.get(name, 0) for name in self.names]
        count = categories.count
        return Measured(count=count, sums=np.array([*known, count - sum(known)], np.float64))


def shares(categories: Categories) -> Shares:
    """Return the reference of categories."""
    listed = [(name, count) for name, count in categories.top(LISTED) if count >= SEEN]
    known = [count for _, count in listed]
    counts = np.array([*known, categories.count - sum(known)], np.float64)
    return Shares(names=tuple(name for name, _ in listed), counts=counts)
