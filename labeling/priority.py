"""How soon a task is due: by what its label is worth, and by how long it has waited."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from quality.routing.draws import draws
from quality.routing.mixer import hit_rates
from schemas.project import OverlapPolicy
from schemas.routing import Hits
from schemas.verdicts import Reason, Selection

# The draw by which tasks of the audit stand in the queue.
PRIORITY = "priority"
# What a slice that is short of labels adds: half of what lies between the least and the most that signals can say.
QUOTA_BONUS = 0.5


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What makes signals comparable: for each reason the scores that were selected for it, sorted, and its worth.

    The worth of a reason is its hit rate, as a part of the highest one.
    """

    scores: Mapping[str, Sequence[float]]
    worth: Mapping[str, float]

    @classmethod
    def of(cls, selections: Iterable[Selection], hits: Mapping[str, Hits]) -> "Scale":
        """Return the scale by these selections, which hold every reason that it is to be asked for, and these hits."""
        scores: defaultdict[str, list[float]] = defaultdict(list)
        for selection in selections:
            for reason in selection.reasons:
                scores[reason].append(_score(selection, reason))
        rates = hit_rates(set(scores), hits)
        best = max(rates.values(), default=0.0)
        worth = {reason: rate / best if best else 1.0 for reason, rate in rates.items()}
        return cls(scores={reason: sorted(found) for reason, found in scores.items()}, worth=worth)

    def place(self, reason: str, score: float) -> float:
        """Return the score's mid-rank among those of its reason, in (0, 1)."""
        scores = self.scores[reason]
        return (bisect_left(scores, score) + bisect_right(scores, score)) / (2 * len(scores))


def priority(sample_id: str, selection: Selection, scale: Scale) -> float:
    """Return what the label of a selected sample is worth, in [0, 1.5].

    Signals have scales of their own, so a score counts by its place among those selected for the same reason, and a
    reason by how often its labels changed something. With p_r the place of the score of reason r, h_r its hit rate:

        value = max over reasons r of (p_r · h_r / max h)  +  0.5 where the quota of a slice is among them

    Whatever else was said of a sample of the audit, it stands where a hash of its id puts it: so however few of the
    tasks get labeled, what is labeled of the audit is a uniform draw. What an alarm of drift bought stands likewise,
    but before what signals say, for somebody waits to know.
    """
    if Reason.AUDIT in selection.reasons:
        return float(draws([sample_id], [PRIORITY])[0, 0])
    if Reason.DRIFT in selection.reasons:
        return 1.0 + QUOTA_BONUS * float(draws([sample_id], [PRIORITY])[0, 0])
    found = (scale.place(reason, _score(selection, reason)) * scale.worth[reason] for reason in selection.reasons)
    return max(found) + (QUOTA_BONUS if Reason.QUOTA in selection.reasons else 0.0)


def ahead(value: float, policy: OverlapPolicy) -> timedelta:
    """Return by how much a task is due before the moment at which it came.

    Tasks are taken in the order of (came - value · patience): each gains by waiting as much as every other, so their
    order never changes and can be stored. Of two tasks the better one goes first unless it came later by more than
    their difference in value times the patience; so nothing starves, however much that is better keeps coming.
    """
    return timedelta(hours=value * policy.patience_hours)


def _score(selection: Selection, reason: str) -> float:
    return selection.scores.get(reason, 0.0)
