"""The boxes that labelers agree on: matched clusters, a quorum, and a robust box of each."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, prod

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from labeling.agreement.boxes import Drawn
from labeling.agreement.matching import FLOOR, corners, iou
from labeling.agreement.ratings import Numbers
from labeling.consensus.one_coin import leading
from schemas.answers import ClassName
from schemas.boxes import Box
from schemas.errors import InputError

METHOD = "matched boxes"
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


def decided(drawn: Drawn, *, accuracy: float, choices: int) -> tuple[tuple[Box, ...], float]:
    """Return the boxes of the objects that half of the labelers drew, and the probability that all is decided rightly.

    What `box_consensus` returns with an accuracy of its own for each of the m clusters, a = accuracy^(1/m): a labeler
    is right on all of them with probability `accuracy`, and errs on each alike and independently. With e the existence
    of a cluster and c the one-coin posterior of its class among `choices` by those who drew it,

        P = Π over clusters that are kept of e c · Π over those that are not of (1 - e)

    Where nobody drew anything, that is one question on which all agree. Where a box stands has no part in it: boxes
    that match have an IoU of one half at least, and the median is taken.
    """
    found = clusters(drawn)
    each = accuracy ** (1 / max(1, len(found)))
    if not found:
        return (), float(expit(len(drawn) * log(each / (1 - each))))
    worth = dict.fromkeys(drawn, 1.0)
    objects = [_object(cluster, worth, len(drawn), each) for cluster in found]
    kept = [one.support >= QUORUM for one in objects]
    sure = [
        one.existence * _class_certainty(cluster, each, choices) if stays else 1 - one.existence
        for one, cluster, stays in zip(objects, found, kept, strict=True)
    ]
    return tuple(one.box for one, stays in zip(objects, kept, strict=True) if stays), prod(sure)


def _class_certainty(cluster: Sequence[tuple[str, Box]], accuracy: float, choices: int) -> float:
    """Return the posterior of the class that most boxes of an object have."""
    if choices == 1:
        return 1.0
    counts = Counter(box.name for _, box in cluster)
    return leading(counts, sorted(counts), accuracy, choices)[1]


def clusters(drawn: Drawn, *, floor: float = FLOOR) -> list[list[tuple[str, Box]]]:
    """Return the boxes that mean the same object, each with who drew it; one box a labeler in a cluster at most.

    Agglomerative with average linkage: of all pairs of clusters without a common labeler, the two with the highest mean
    IoU between their boxes become one, until none reaches `floor`. Ties go to boxes further left and up, so neither
    the order of boxes nor the names of labelers matter where boxes differ. Each step looks at all pairs of boxes on a
    task. Source: Sokal & Michener (1958), "A Statistical Method for Evaluating Systematic Relationships" (UPGMA).
    """
    members = sorted(
        ((labeler, box) for labeler, boxes in drawn.items() for box in boxes),
        key=lambda member: (member[1].corners, member[1].name, member[0]),
    )
    held, links = [[place] for place in range(len(members))], _links(members)
    while len(members) > 1:
        one, other = divmod(int(links.argmax()), len(members))
        if links[one, other] < floor:
            break
        size, other_size = len(held[one]), len(held[other])
        links[one] = links[:, one] = (size * links[one] + other_size * links[other]) / (size + other_size)
        links[other] = links[:, other] = -np.inf
        held[one], held[other] = held[one] + held[other], []
    return [[members[place] for place in cluster] for cluster in held if cluster]


def _links(members: Sequence[tuple[str, Box]]) -> Numbers:
    """Return the IoU of each two boxes; -inf where they cannot be one object."""
    boxes = corners([box for _, box in members])
    names = np.array([labeler for labeler, _ in members], dtype=object)
    found = iou(boxes, boxes)
    found[np.asarray(names[:, None] == names, dtype=bool)] = -np.inf
    return found


def _object(
    cluster: Sequence[tuple[str, Box]], worth: Mapping[str, float], looked: float, accuracy: float
) -> BoxConsensus:
    given = np.array([worth[labeler] for labeler, _ in cluster])
    boxes = corners([box for _, box in cluster])
    classes: defaultdict[ClassName, float] = defaultdict(float)
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
