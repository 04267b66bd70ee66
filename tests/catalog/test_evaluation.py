"""Evaluation: recall by class on one test set, of labels in one form."""

from catalog.evaluation import answers_of, by_class
from labeling.testing import box
from schemas.answers import AnswerKind

TRUTH = ["cat", "cat", "dog", "fox"]
NEW = ["cat", "cat", "dog", "dog"]


def test_every_class_that_was_trained_or_tested_is_reported() -> None:
    """With what it was trained on, and how much of it was found; of what was not tested nothing is known."""
    found = by_class(["cat", "cow"], TRUTH, NEW)
    assert {label: (one.train, one.test, one.recall and one.recall.estimate) for label, one in found.items()} == {
        "cat": (1, 2, 1.0),
        "cow": (1, 0, None),
        "dog": (0, 1, 1.0),
        "fox": (0, 1, 0.0),
    }


def test_a_row_of_several_classes_is_one_of_each() -> None:
    """And its recall is that of the class, whatever else was right about the row."""
    truth, said = ([["cat", "dog"], ["dog"]], [["dog"], ["fox", "dog"]])
    found = by_class([], answers_of(truth, AnswerKind.MULTILABEL), answers_of(said, AnswerKind.MULTILABEL))
    assert {label: one.recall and one.recall.estimate for label, one in found.items()} == {"cat": 0.0, "dog": 1.0}


def test_labels_are_compared_in_one_form_whatever_trainers_give() -> None:
    """Boxes may be objects with their fields, as Parquet has them."""
    here, there = box("cat", 0, 0, 1, 1), box("dog", 2, 0, 3, 1)
    plain = [[there.model_dump(), here.model_dump()]]
    assert answers_of(plain, AnswerKind.BOXES) == [(here, there)]
    assert answers_of([["dog", "cat"]], AnswerKind.MULTILABEL) == [("cat", "dog")]
    assert answers_of(["cat"], AnswerKind.TEXT) == ["cat"]
