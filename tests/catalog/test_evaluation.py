"""Evaluation: accuracy, gain and recall on one test set."""

from catalog.evaluation import accuracy, by_class, gain

TRUTH = ["cat", "cat", "dog", "fox"]
NEW = ["cat", "cat", "dog", "dog"]
OLD = ["cat", "dog", "fox", "fox"]


def test_accuracy_and_gain_are_counted_on_the_same_items() -> None:
    """The new model is right on three of four, the old on two: a quarter gained."""
    assert (accuracy(TRUTH, NEW).estimate, gain(TRUTH, NEW, OLD).estimate) == (0.75, 0.25)


def test_every_class_that_was_trained_or_tested_is_reported() -> None:
    """With what it was trained on, and how much of it was found; of what was not tested nothing is known."""
    found = by_class(["cat", "cow"], TRUTH, NEW)
    assert {label: (one.train, one.test, one.recall and one.recall.estimate) for label, one in found.items()} == {
        "cat": (1, 2, 1.0),
        "cow": (1, 0, None),
        "dog": (0, 1, 1.0),
        "fox": (0, 1, 0.0),
    }
