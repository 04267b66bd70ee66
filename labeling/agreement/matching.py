"""Which boxes of two labelers mean the same object."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from labeling.agreement.ratings import Numbers
from schemas.boxes import Box
from schemas.errors import InputError

# The least IoU at which two boxes can mean the same object, as PASCAL VOC has it.
FLOOR = 0.5
# What an equal class adds to IoU where boxes are matched: it decides between ties, and only these.
SAME_CLASS = 1e-6


@dataclass(frozen=True, kw_only=True)
class Match:
    """The boxes at `one` and at `other`, in the lists that were matched, and their IoU."""

    one: int
    other: int
    iou: float


def corners(boxes: Sequence[Box]) -> Numbers:
    """Return left, top, right, bottom of each box, of shape (boxes, 4)."""
    return np.array([box.corners for box in boxes], dtype=np.float64).reshape(-1, 4)


def areas(boxes: Numbers) -> Numbers:
    """Return the area of each of (boxes, 4) corners."""
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def intersections(ones: Numbers, others: Numbers) -> Numbers:
    """Return the area that each of (n, 4) boxes has in common with each of (m, 4), of shape (n, m)."""
    low = np.maximum(ones[:, None, :2], others[None, :, :2])
    high = np.minimum(ones[:, None, 2:], others[None, :, 2:])
    return np.asarray(np.clip(high - low, 0, None).prod(axis=2), dtype=np.float64)


def iou(ones: Numbers, others: Numbers) -> Numbers:
    """Return the intersection over union of each of (n, 4) boxes with each of (m, 4): (n, m), in [0, 1].

    Source: Everingham et al. (2010), "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 88(2).
    """
    common = intersections(ones, others)
    return np.clip(common / (areas(ones)[:, None] + areas(others) - common), 0, 1)


def match(one: Sequence[Box], other: Sequence[Box], *, floor: float = FLOOR) -> tuple[Match, ...]:
    """Return the pairs of boxes, each box in one pair at most, whose IoU adds up to the most.

    Pairs below `floor`, in (0, 1], are none. Classes are not looked at, so that their agreement can be measured on
    what was matched; only between pairings of the same IoU the one with more equal classes is taken. The pairing is
    optimal, not greedy. Source: Kuhn (1955), "The Hungarian Method for the Assignment Problem", as SciPy solves it.
    """
    if not 0 < floor <= 1:
        raise InputError(f"The least IoU of a match lies above 0 and is at most 1, not {floor:g}.")
    found = iou(corners(one), corners(other))
    names = np.array([box.name for box in one], dtype=object)[:, None] == np.array([box.name for box in other])
    worth = np.where(found >= floor, found + SAME_CLASS * names, 0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return tuple(
        Match(one=row, other=column, iou=float(found[row, column]))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if worth[row, column] > 0
    )
