"""What the fixed reference model gained by a dataset version."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from catalog.comparison import Comparison
from catalog.promotion import Promotion
from quality.intervals import Interval, wilson
from schemas.answers import Answer, AnswerKind, ClassName, drawn, named_in, several
from schemas.boxes import Box
from schemas.samples import Attribute
from schemas.verdicts import Event


class ClassReport(Event):
    """One class: its rows in the train split and the test set, and the share of the latter that is found, if any."""

    train: int
    test: int
    recall: Interval | None


class SliceReport(Event):
    """One slice of the recipe; `found` is None where no gold row is in it."""

    column: str
    value: Attribute
    guarded: bool
    found: Comparison | None

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.column} = {self.value}"


class TrainingReport(Event):
    """What the model reached that was trained on `version`, beside the one trained on `baseline`.

    Both are judged on the same gold test set, which no labeler saw. Accuracies and recalls have Wilson's 95 % interval,
    gains that of the paired bootstrap (`catalog.comparison`). `simulated` counts the train rows with labels from
    simulated labelers. Models of before there were promotions have none, and no slices.
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
    slices: tuple[SliceReport, ...] = ()
    promotion: Promotion | None = None


def answers_of(labels: Iterable[Any], kind: AnswerKind) -> list[Answer]:
    """Return labels as trainers take and give them, such as `catalog.table.LABELS` says, in canonical form."""
    if kind is AnswerKind.BOXES:
        return [drawn(map(Box.model_validate, boxes)) for boxes in labels]
    return [several(names) for names in labels] if kind is AnswerKind.MULTILABEL else list(labels)


def by_class(
    trained: Sequence[Answer], truth: Sequence[Answer], predicted: Sequence[Answer]
) -> dict[ClassName, ClassReport]:
    """Return a report for each class that was trained or tested, in the order of their names.

    A row is one of every class that it names, and found where its prediction names the class too. Not for texts.
    """
    train, test = _rows(map(named_in, trained)), _rows(map(named_in, truth))
    hits = _rows(named_in(true) & named_in(said) for true, said in zip(truth, predicted, strict=True))
    return {
        label: ClassReport(
            train=train[label], test=test[label], recall=wilson(hits[label], test[label]) if test[label] else None
        )
        for label in sorted(train.keys() | test.keys())
    }


def _rows(named: Iterable[Counter[ClassName]]) -> Counter[ClassName]:
    """Return how many rows name each class, however often."""
    return Counter(name for names in named for name in names)
