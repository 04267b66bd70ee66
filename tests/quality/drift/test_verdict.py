"""What the labels that an alarm bought say: rarely that something is where nothing is, and mostly that much is much."""

import numpy as np
import pytest

from quality.drift.verdict import LEVEL, Heard, homogeneity, verdict

TRIALS = 1_000


def confirmed(error: float, foxes: float = 0.1) -> float:
    """Return how often 60 labels confirm, beside 300 of which a tenth were wrong, and a tenth foxes."""
    random = np.random.default_rng(1)

    def heard(labels: int, error: float, foxes: float) -> Heard:
        answers = random.choice(["cat", "dog", "fox"], labels, p=[0.6, 0.4 - foxes, foxes]).tolist()
        return Heard.of(zip((random.random(labels) < error).tolist(), answers, strict=True))

    return float(np.mean([verdict(heard(60, error, foxes), heard(300, 0.1, 0.1)).confirmed for _ in range(TRIALS)]))


def test_what_is_as_before_is_rarely_confirmed() -> None:
    """Each of two tests has its level; three standard errors are allowed."""
    level = 2 * LEVEL
    assert confirmed(0.1) < level + 3 * np.sqrt(level / TRIALS)


def test_errors_that_rise_are_confirmed_the_oftener_the_more_they_do() -> None:
    """Of a tenth wrong to a fifth in three of five cases, to three tenths nearly always."""
    assert 0.5 < confirmed(0.2) < 0.7
    assert confirmed(0.3) > 0.9


def test_other_answers_are_confirmed_too() -> None:
    """Three times as many foxes, of which the model errs as rarely as ever."""
    assert confirmed(0.1, foxes=0.3) > 0.9


def test_rare_answers_are_taken_together() -> None:
    """One fox among sixty says nothing, and of one class alone there is nothing to compare."""
    assert homogeneity({"cat": 59, "fox": 1}, {"cat": 300}) == 1.0
    assert homogeneity({"cat": 60}, {"cat": 300}) == 1.0
    assert homogeneity({}, {"cat": 300}) == 1.0


def test_the_test_is_pearsons() -> None:
    """Of a table worked out by hand: 20 and 40 beside 60 and 40, whose statistic is 32/3."""
    table = ({"cat": 20, "dog": 40}, {"cat": 60, "dog": 40})
    assert homogeneity(*table) == pytest.approx(0.00109, rel=0.01)


def test_by_how_much_errors_rose_is_told_with_an_interval() -> None:
    """Twelve of twenty beside four of forty."""
    found = verdict(Heard(labels=20, wrong=12, answers={}), Heard(labels=40, wrong=4, answers={}))
    assert found.errors.estimate == pytest.approx(0.5)
    assert 0.2 < found.errors.low < 0.5 < found.errors.high
