"""Gold's choice among consensus methods."""

import numpy as np
import pytest

from labeling.consensus.choice import Score, choose
from schemas.errors import InputError

GOLD = np.array([0, 1, 1])
RIGHT = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
SURER = np.array([[0.95, 0.05], [0.1, 0.9], [0.1, 0.9]])
WRONG_ONCE = np.array([[0.99, 0.01], [0.01, 0.99], [0.6, 0.4]])


def test_the_method_that_is_right_most_often_is_chosen() -> None:
    """However sure another one is, and with what it was chosen on."""
    choice = choose({"sure": WRONG_ONCE, "right": RIGHT}, GOLD)
    assert (choice.method, choice.gold) == ("right", 3)
    assert choice.scores["sure"].accuracy == pytest.approx(2 / 3)


def test_of_equals_the_better_confidence_wins() -> None:
    """By log loss."""
    assert choose({"right": RIGHT, "surer": SURER}, GOLD).method == "surer"


def test_a_tie_counts_as_the_chance_of_drawing_the_right_answer() -> None:
    """Two classes, no opinion."""
    assert choose({"none": np.full((3, 2), 0.5)}, GOLD).scores["none"] == Score(
        accuracy=0.5, log_loss=pytest.approx(np.log(2))
    )


def test_without_gold_nothing_is_chosen() -> None:
    """And the error says what to do."""
    with pytest.raises(InputError, match="label some gold items"):
        choose({"right": RIGHT[:0]}, GOLD[:0])
