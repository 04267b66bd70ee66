"""Votes as arrays: who answered what of which item."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class VoteTable:
    """V votes on I items by J labelers, each for one of C classes.

    - items, labelers, answers: (V,), codes below `item_count`, `labeler_count` and `class_count`

    Expects one vote an item and labeler; the order of the votes means nothing.
    """

    items: Codes
    labelers: Codes
    answers: Codes
    item_count: int
    labeler_count: int
    class_count: int

    def __len__(self) -> int:
        return len(self.items)

    def rows(self, chosen: Mask | Codes) -> "VoteTable":
        """Return the table of some of the votes, over the same items, labelers and classes."""
        return VoteTable(
            items=self.items[chosen],
            labelers=self.labelers[chosen],
            answers=self.answers[chosen],
            item_count=self.item_count,
            labeler_count=self.labeler_count,
            class_count=self.class_count,
        )

    def counts(self) -> Numbers:
        """Return how many votes each class has on each item, (I, C)."""
        cells = self.items * self.class_count + self.answers
        counted = np.bincount(cells, minlength=self.item_count * self.class_count)
        return counted.reshape(self.item_count, self.class_count).astype(np.float64)

    @cached_property
    def cast(self) -> csr_array:
        """The votes as a sparse matrix (I, J * C): 1 where a labeler gave an answer to an item."""
        columns = self.labelers * self.class_count + self.answers
        shape = (self.item_count, self.labeler_count * self.class_count)
        return csr_array((np.ones(len(self)), (self.items, columns)), shape=shape)
