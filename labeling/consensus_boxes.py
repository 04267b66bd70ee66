"""The boxes that labelers agree on: matched clusters, a quorum, and a robust box of each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from labeling.agreement.boxes import Drawn
from labeling.agreement.matching import FLOOR, corners, iou
from labeling.agreement.ratings import Numbers
from schemas.boxes import Box
from schemas.errors import InputError
from schemas.labels import Answer

# The share of those who looked that must have drawn an object.
QUORUM = 0.5
# How often a labeler who looked is taken to be right about whether an object is there, before gold says otherwise.
ACCURACY = 0.8
# What sums of weights may be off by, as a share.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class BoxConsensus:
    """One object: its box, and how sure it is.

    `support` is the weighted share of the labelers who looked that drew it, `existence` the posterior probability that
    it is there, `class_share` the weighted share of its boxes with its class, `geometry` the mean IoU of its boxes with
    the consensus box. `labelers` drew it.
    """

    box: Box
    labelers: tuple[str, ...]
    support: float
    existence: float
    class_share: float
    geometry: float


def box_consensus(
    drawn: Drawn,
    *,
    quorum: float = QUORUM,
    floor: float = FLOOR,
    accuracy: float = ACCURACY,
    weights: Mapping[str, float] | None = None,
) -> tuple[BoxConsensus, ...]:
    """Return the objects that at least `quorum` of the labelers who looked drew, surest first.

    `drawn` holds the boxes of each labeler who looked, none where one saw nothing; `weights` what each is worth (1).
    Clusters do not depend on the quorum: a higher one returns fewer of the same objects. The box is the weighted median
    of each coordinate, which one careless labeler of three cannot move far; the class the one of most weight, the first
    by name of equals. Existence is the one-coin posterior of k who drew it and n - k who did not, by weight:

        P = 1 / (1 + ((1 - accuracy) / accuracy)^(2k - n)), with even odds beforehand

    Sources: Dawid & Skene (1979), Applied Statistics 28(1), for the posterior; for medians of clusters: Nguyen et al.
    (2022), "VinDr-CXR", Scientific Data 9, and Solovyev et al. (2021), "Weighted boxes fusion", Image and Vision
    Computing 107, take means.
    """
    if not 0 < quorum <= 1:
        raise InputError(f"A quorum is a share above 0, at most 1, of the labelers who looked, not {quorum:g}.")
    if not 0.5 < accuracy < 1:  # noqa: PLR2004 - a coin
        raise InputError(f"The accuracy lies between a coin's 0.5 and 1, not {accuracy:g}.")
    worth = {labeler: (weights or {}).get(labeler, 1.0) for labeler in drawn}
    if min(worth.values(), default=1.0) <= 0:
        raise InputError("Weights of labelers lie above 0: leave out who counts for nothing.")
    looked = sum(worth.values())
    found = [_object(cluster, worth, looked, accuracy) for cluster in clusters(drawn, floor=floor)]
    kept = [each for each in found if each.support >= quorum]
    return tuple(sorted(kept, key=lambda each: (-each.existence, each.box.corners, each.box.name)))


def clusters(drawn: Drawn, *, floor: float = FLOOR) -> list[list[tuple[str, Box]]]:
    """Return the boxes that mean the same object, each with who drew it; one box a labeler in a cluster at most.

    Agglomerative with average linkage: of all pairs of clusters without a common labeler, the two with the highest mean
    IoU between their boxes become one, until none reaches `floor`. Ties go to boxes further left and up, so neither
    the order of boxes nor the names of labelers matter where boxes differ. Takes the cube of the boxes on a task.
    Source: Sokal & Michener (1958), "A Statistical Method for Evaluating Systematic Relationships" (UPGMA).
    """
    members = sorted(
        ((labeler, box) for labeler, boxes in drawn.items() for box in boxes),
        key=lambda member: (member[1].corners, member[1].name, member[0]),
    )
    held = [[place] for place in range(len(members))]
    links = _links(members)
    while len(held) > 1:
        one, other = (int(place) for place in np.unravel_index(np.argmax(links), links.shape))
        if links[one, other] < floor:
            break
        links = _merge(links, one, other, len(held[one]), len(held[other]))
        held[one] += held.pop(other)
    return [[members[place] for place in cluster] for cluster in held]


def _links(members: Sequence[tuple[str, Box]]) -> Numbers:
    """Return the IoU of each two boxes, in the upper triangle; -inf where they cannot be one object."""
    boxes = corners([box for _, box in members])
    names = np.array([labeler for labeler, _ in members], dtype=object)
    found = iou(boxes, boxes)
    found[np.asarray(names[:, None] == names, dtype=bool)] = -np.inf
    return np.asarray(np.where(np.triu(np.ones_like(found), 1) > 0, found, -np.inf))


def _merge(links: Numbers, one: int, other: int, size: int, other_size: int) -> Numbers:
    """Return the links with cluster `other` merged into `one`: each the mean over the pairs of boxes."""
    whole = np.maximum(links, links.T)
    merged = (size * whole[one] + other_size * whole[other]) / (size + other_size)
    merged[one] = -np.inf
    whole[one], whole[:, one] = merged, merged
    left = np.delete(np.delete(whole, other, axis=0), other, axis=1)
    return np.asarray(np.where(np.triu(np.ones_like(left), 1) > 0, left, -np.inf))


def _object(
    cluster: Sequence[tuple[str, Box]], worth: Mapping[str, float], looked: float, accuracy: float
) -> BoxConsensus:
    given = np.array([worth[labeler] for labeler, _ in cluster])
    boxes = corners([box for _, box in cluster])
    classes: defaultdict[Answer, float] = defaultdict(float)
    for (_, box), weight in zip(cluster, given.tolist(), strict=True):
        classes[box.name] += weight
    name = min(classes, key=lambda each: (-classes[each], each))
    left, top, right, bottom = (_median(boxes[:, side], given) for side in range(4))
    drew = float(given.sum())
    middle = np.array([[left, top, right, bottom]])
    return BoxConsensus(
        box=Box(name=name, left=left, top=top, right=right, bottom=bottom),
        labelers=tuple(sorted(labeler for labeler, _ in cluster)),
        support=drew / looked,
        existence=float(expit((2 * drew - looked) * log(accuracy / (1 - accuracy)))),
        class_share=classes[name] / drew,
        geometry=float(np.average(iou(middle, boxes)[0], weights=given)),
    )


def _median(values: Numbers, weights: NDArray[np.float64]) -> float:
    """Return the weighted median: the mean of both middle values where weights fall in two halves."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    half = below[-1] / 2
    low, high = np.searchsorted(below, [half * (1 - ROUNDING), half * (1 + ROUNDING)])
    return float((values[order[low]] + values[order[min(high, len(values) - 1)]]) / 2)
