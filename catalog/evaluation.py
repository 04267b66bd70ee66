"""What the fixed reference model gained by a dataset version."""

from collections import Counter
from collections.abc import Sequence

from quality.intervals import Interval, paired_gain, wilson
from schemas.answers import ClassName
from schemas.verdicts import Event


class ClassReport(Event):
    """One class: its rows in the train split and the test set, and the share of the latter that is found, if any."""

    train: int
    test: int
    recall: Interval | None


class TrainingReport(Event):
    """What the model reached that was trained on `version`, beside the one trained on `baseline`.

    Both are judged on the same gold test set, which no labeler saw. Accuracies and recalls have Wilson's
    95 % interval, the gain Newcombe's for paired shares (quality/intervals.py). `simulated` counts the train
    rows with labels from simulated labelers.
    """

    project: str
    version: int
    baseline: str
    train: int
    test: int
    simulated: int
    accuracy: Interval
    baseline_accuracy: Interval
    gain: Interval
    classes: dict[ClassName, ClassReport]


def accuracy(truth: Sequence[ClassName], predicted: Sequence[ClassName]) -> Interval:
    """Return the share of predictions that are true."""
    return wilson(sum(_right(truth, predicted)), len(truth))


def gain(truth: Sequence[ClassName], predicted: Sequence[ClassName], baseline: Sequence[ClassName]) -> Interval:
    """Return by how much the accuracy of `predicted` exceeds that of `baseline`, item by item."""
    pairs = Counter(zip(_right(truth, predicted), _right(truth, baseline), strict=True))
    return paired_gain(
        both=pairs[True, True],
        only_new=pairs[True, False],
        only_old=pairs[False, True],
        neither=pairs[False, False],
    )


def by_class(
    trained: Sequence[ClassName], truth: Sequence[ClassName], predicted: Sequence[ClassName]
) -> dict[ClassName, ClassReport]:
    """Return a report for each class that was trained or tested, in the order of their names."""
    train, test = Counter(trained), Counter(truth)
    hits = Counter(true for true, right in zip(truth, _right(truth, predicted), strict=True) if right)
    return {
        label: ClassReport(
            train=train[label], test=test[label], recall=wilson(hits[label], test[label]) if test[label] else None
        )
        for label in sorted(train.keys() | test.keys())
    }


def _right(truth: Sequence[ClassName], predicted: Sequence[ClassName]) -> list[bool]:
    return [true == said for true, said in zip(truth, predicted, strict=True)]
