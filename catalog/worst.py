"""What a model is worst at: the slices of which labels are to be wanted."""

from collections.abc import Iterator

from catalog.evaluation import TrainingReport
from catalog.slices import LABEL
from quality.intervals import Interval, difference, wilson
from schemas.answers import AnswerKind
from schemas.project import RetrainingPolicy
from schemas.routing import Quota

# Nobody knows a sample's label before it is labeled: of a class, those are wanted that a model takes for it.
PREDICTED = "prediction.top"
# The kinds of label of which predictions are classes.
CLASSES = {AnswerKind.CLASSIFICATION, AnswerKind.MULTILABEL}


def quotas_of(report: TrainingReport, policy: RetrainingPolicy, kind: AnswerKind) -> tuple[Quota, ...]:
    """Return quotas of the guarded slices and classes at which the model is worst, the worst first.

    A slice is bad where the model is right less often on it than on the rest of the gold test, with 95 % certainty by
    Newcombe's interval of a difference (`quality.intervals`). So one that the next model no longer fails has no quota.
    """
    behind = {quota: gap for quota, gap in _gaps(report, policy.labels, kind) if gap.high < 0}
    ranked = sorted(behind, key=lambda quota: (behind[quota].estimate, quota.column, str(quota.value)))
    return tuple(ranked[: policy.worst])


def _gaps(report: TrainingReport, labels: int, kind: AnswerKind) -> Iterator[tuple[Quota, Interval]]:
    """Yield how far the accuracy on each slice and class is above that of the rest."""
    whole = (_right(report.accuracy, report.test), report.test)
    for one in report.slices:
        if one.guarded and one.found and (one.column != LABEL or kind in CLASSES):
            column = PREDICTED if one.column == LABEL else one.column
            quota = Quota(column=column, value=one.value, want=labels)
            yield quota, _gap((_right(one.found.accuracy, one.found.test), one.found.test), whole)
    recalled = {
        name: (_right(one.recall, one.test), one.test) for name, one in report.classes.items() if one.recall is not None
    }
    every = (sum(right for right, _ in recalled.values()), sum(test for _, test in recalled.values()))
    for name, counted in recalled.items() if kind in CLASSES else ():
        yield Quota(column=PREDICTED, value=name, want=labels), _gap(counted, every)


def _right(share: Interval, test: int) -> int:
    return round(share.estimate * test)


def _gap(inside: tuple[int, int], whole: tuple[int, int]) -> Interval:
    """Return by how much the share of (right, test) inside exceeds that of the rest of the whole."""
    return difference(wilson(*inside), wilson(whole[0] - inside[0], whole[1] - inside[1]))
