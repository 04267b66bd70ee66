"""A set of crowd labels with gold: what every reader makes, and what is wrong with a set that cannot be measured."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labeling.consensus.dawid_skene import UNKNOWN
from labeling.consensus.votes import Codes, Mask, Numbers, VoteTable

# The share of the items with gold that calibrates, chosen by the hash of the item's id and never scored.
CALIBRATING = 0.05


@dataclass(frozen=True, kw_only=True)
class CrowdSet:
    """Recorded labels, with the gold answers to some of the items.

    - votes: all labels, in the order in which they came
    - gold: (I,), the code of the right class, or UNKNOWN
    - calibrating: (I,), the items whose gold calibrates and is not scored
    - features: (I, d), if there are any
    - repeated: how many labels were left out, since their labeler answered the item again later
    """

    votes: VoteTable
    gold: Codes
    calibrating: Mask
    classes: tuple[str, ...]
    repeated: int
    features: Numbers | None = None

    @property
    def scored(self) -> Codes:
        """The items that accuracy is measured on."""
        return np.flatnonzero((self.gold != UNKNOWN) & ~self.calibrating)

    @property
    def known(self) -> Codes:
        """The gold that a method may see, (I,)."""
        return np.where(self.calibrating, self.gold, UNKNOWN)


def crowd_set(
    labels: Sequence[tuple[str, str, str]],
    gold: Sequence[tuple[str, str]],
    features: Numbers | None = None,
) -> CrowdSet:
    """Return the set of labels (item, labeler, answer) and gold (item, answer), whose rows `features` (n, d) has.

    Of repeated labels the last counts. Items are those with labels; gold of others is left out.
    """
    latest = {(item, labeler): answer for item, labeler, answer in labels}
    items, item_codes = np.unique([item for item, _ in latest], return_inverse=True)
    labelers, labeler_codes = np.unique([labeler for _, labeler in latest], return_inverse=True)
    classes = sorted({*latest.values(), *(answer for _, answer in gold)})
    code = {name: number for number, name in enumerate(classes)}
    places = {name: number for number, name in enumerate(items.tolist())}
    votes = VoteTable(
        items=item_codes.astype(np.int64),
        labelers=labeler_codes.astype(np.int64),
        answers=np.array([code[answer] for answer in latest.values()], np.int64),
        item_count=len(items),
        labeler_count=len(labelers),
        class_count=len(classes),
    )
    right = np.full(len(items), UNKNOWN, np.int64)
    rows = np.full(len(items), UNKNOWN, np.int64)
    for row, (item, answer) in enumerate(gold):
        if item in places:
            right[places[item]], rows[places[item]] = code[answer], row
    return CrowdSet(
        votes=votes,
        gold=right,
        calibrating=(right != UNKNOWN) & np.array([drawn(name) for name in items.tolist()]),
        classes=tuple(classes),
        repeated=len(labels) - len(latest),
        features=None if features is None else _of_items(features, rows),
    )


def drawn(item: str) -> bool:
    """Say whether the gold of an item calibrates: by the hash of its id, so for all orders and methods alike."""
    number = int.from_bytes(hashlib.sha256(item.encode()).digest()[:8], "big")
    return number < CALIBRATING * 2**64


def _of_items(features: Numbers, rows: Codes) -> Numbers:
    """Return the features of the items; those without a row of gold get the mean."""
    mean = features.mean(axis=0)
    return np.where((rows == UNKNOWN)[:, None], mean, features[np.maximum(rows, 0)])
