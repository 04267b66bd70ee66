"""Agreement on boxes: whether there is an object, of which class, and where; reported apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from labeling.agreement.krippendorff import nominal
from labeling.agreement.matching import FLOOR, match
from labeling.agreement.ratings import Codes, Measure, Numbers, Ratings, ratio
from schemas.boxes import Box

# The boxes that each labeler drew on a task; none where one looked and found nothing.
Drawn = Mapping[str, Sequence[Box]]


@dataclass(frozen=True, kw_only=True, eq=False)
class BoxAgreement:
    """Of each task, over all pairs of labelers who looked at it.

    `drawn` counts the boxes of both, `matched` those pairs of boxes that mean the same object, `same` the ones with
    the same class, and `overlap` is the sum of their IoU. `classes` holds the two classes of each matched pair, as
    units of their own that belong to `tasks`.
    """

    drawn: Numbers
    matched: Numbers
    same: Numbers
    overlap: Numbers
    classes: Ratings
    tasks: Codes

    def __len__(self) -> int:
        return len(self.drawn)

    def take(self, tasks: Codes) -> "BoxAgreement":
        """Return some tasks alone, numbered anew in the order given."""
        place = np.full(len(self), -1, dtype=np.intp)
        place[tasks] = np.arange(len(tasks))
        units = np.flatnonzero(place[self.tasks] >= 0)
        return BoxAgreement(
            drawn=self.drawn[tasks],
            matched=self.matched[tasks],
            same=self.same[tasks],
            overlap=self.overlap[tasks],
            classes=self.classes.take(units),
            tasks=place[self.tasks[units]],
        )

    @property
    def existence(self) -> Measure:
        """Of the boxes that two labelers drew, the share that is matched: 2 matched / drawn, in [0, 1].

        That is F1 with either as the truth. Where nobody drew anything cannot be counted; as such places grow without
        bound, kappa goes to F1. Source: Hripcsak & Rothschild (2005), "Agreement, the F-measure, and Reliability in
        Information Retrieval", JAMIA 12(3).
        """
        return ratio(2 * self.matched, self.drawn)

    @property
    def same_class(self) -> Measure:
        """Of the matched pairs, the share with the same class."""
        return ratio(self.same, self.matched)

    @property
    def class_alpha(self) -> Measure:
        """Krippendorff's alpha of the classes of matched pairs, each pair a unit."""
        measure = nominal(self.classes)
        return lambda weights: measure(weights[self.tasks])

    @property
    def geometry(self) -> Measure:
        """The mean IoU of the matched pairs."""
        return ratio(self.overlap, self.matched)


def box_agreement(tasks: Sequence[Drawn], *, floor: float = FLOOR) -> BoxAgreement:
    """Match the boxes of each pair of labelers on each task; `floor` is the least IoU of a match."""
    sums = np.zeros((len(tasks), 4))
    pairs: list[tuple[int, str, str]] = []
    for task, drawn in enumerate(tasks):
        for one, other in combinations(drawn.values(), 2):
            matches = match(one, other, floor=floor)
            classes = [(one[each.one].name, other[each.other].name) for each in matches]
            pairs += [(task, *names) for names in classes]
            equal = sum(a == b for a, b in classes)
            sums[task] += (len(one) + len(other), len(matches), equal, sum(each.iou for each in matches))
    rows = [
        (unit, side, name) for unit, (_, *names) in enumerate(pairs) for side, name in zip("ab", names, strict=True)
    ]
    return BoxAgreement(
        drawn=sums[:, 0],
        matched=sums[:, 1],
        same=sums[:, 2],
        overlap=sums[:, 3],
        classes=Ratings.of(rows),
        tasks=np.array([task for task, *_ in pairs], dtype=np.intp),
    )
