"""Label errors: what is suspected, in which order, and why."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.consensus.votes import Codes, Numbers
from labeling.label_errors import suspects
from schemas.errors import InputError

CLASSES = 3


@st.composite
def judged(draw: st.DrawFn) -> tuple[Codes, Numbers]:
    """Draw answers, and probabilities that differ by tenths."""
    count = draw(st.integers(0, 12))
    answers = draw(st.lists(st.integers(0, CLASSES - 1), min_size=count, max_size=count))
    cuts = st.tuples(st.integers(0, 10), st.integers(0, 10)).map(sorted)
    rows = [(low, high - low, 10 - high) for low, high in (draw(cuts) for _ in range(count))]
    return np.array(answers, np.int64), np.array(rows, np.float64).reshape(-1, CLASSES) / 10


def test_an_answer_is_suspect_where_the_model_is_surer_of_another_class_than_usual() -> None:
    """Thresholds are .8 of class 0 and .65 of class 1: of the last two, one reaches its likely class's and one not."""
    answers = np.array([0, 0, 1, 1, 1, 0])
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.65, 0.35], [0.3, 0.7]])
    found = suspects(answers, scores)
    assert [(one.item, one.given, one.likely) for one in found] == [(5, 0, 1)]
    assert (found[0].score, found[0].usual) == (pytest.approx(0.4), pytest.approx(0.65))


def test_each_class_is_held_against_its_own_threshold() -> None:
    """Of class 1 the model is never surer than .6, which is enough to doubt an answer; .6 of class 0 is not."""
    sure, unsure = [[0.95, 0.05]] * 8, [[0.4, 0.6]] * 8
    found = suspects(np.array([0] * 8 + [1] * 8 + [0, 1]), np.array([*sure, *unsure, [0.4, 0.6], [0.6, 0.4]]))
    assert [one.item for one in found] == [16]


def test_the_most_suspicious_comes_first_and_equals_by_their_place() -> None:
    """By how much likelier the model finds the other class."""
    answers = np.array([0] * 9 + [1] * 9)
    scores = np.array([[0.9, 0.1]] * 6 + [[0.2, 0.8], [0.0, 1.0], [0.2, 0.8]] + [[0.2, 0.8]] * 9)
    assert [one.item for one in suspects(answers, scores)] == [7, 6, 8]


def test_the_reason_names_both_classes_and_what_is_usual() -> None:
    """In words that a labeler or an engineer can judge."""
    found = suspects(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.25, 0.75], [0.3, 0.7]]))
    assert found[0].reason(["cat", "dog"]) == (
        "It is labeled 'cat', to which a model that has not seen it gives 0.25; it gives 0.75 to 'dog', "
        "and on average 0.70 to what is labeled so."
    )


@given(case=judged())
def test_suspects_are_contradicted_by_a_class_that_somebody_was_given(case: tuple[Codes, Numbers]) -> None:
    """Each item is suspected once at most, by a likelier class among the answers, and scores fall."""
    answers, scores = case
    found = suspects(answers, scores)
    assert len({one.item for one in found}) == len(found)
    assert all(one.given == answers[one.item] != one.likely for one in found)
    assert {one.likely for one in found} <= set(answers.tolist())
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 < one.score <= 1 for one in found)


@given(case=judged(), renamed=st.permutations(range(CLASSES)))
def test_the_names_of_classes_do_not_matter(case: tuple[Codes, Numbers], renamed: list[int]) -> None:
    """But where two classes are equally likely, and the first is taken."""
    answers, scores = case
    scores = scores + np.array([3e-6, 2e-6, 1e-6])
    scores /= scores.sum(axis=1, keepdims=True)
    anew = np.empty_like(scores)
    anew[:, renamed] = scores
    found, again = suspects(answers, scores), suspects(np.array(renamed, np.int64)[answers], anew)
    assert {one.item: renamed[one.likely] for one in found} == {one.item: one.likely for one in again}


def test_wrong_answers_are_found_among_right_ones() -> None:
    """Of a hundred in a thousand, by a model that is right nine times in ten and knows nothing of the answers."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, CLASSES, 1000)
    leaning = np.where(rng.random(1000) < 0.9, truth, rng.integers(0, CLASSES, 1000))
    scores = 0.8 * np.eye(CLASSES)[leaning] + 0.2 * rng.dirichlet(np.ones(CLASSES), 1000)
    answers = truth.copy()
    answers[:100] = (truth[:100] + 1) % CLASSES
    found = np.array([one.item for one in suspects(answers, scores)])
    assert np.mean(np.isin(np.arange(100), found)) > 0.8
    assert np.mean(found < 100) > 0.4


@pytest.mark.parametrize(
    ("answers", "scores", "said"),
    [
        ([0, 1], [[0.5, 0.5]], "give each item a row"),
        ([2], [[0.5, 0.5]], "none of the 2 classes"),
        ([-1], [[0.5, 0.5]], "none of the 2 classes"),
        ([0], [[0.5, 0.9]], "must be probabilities"),
        ([0], [[np.nan, 1.0]], "must be probabilities"),
    ],
)
def test_what_cannot_be_judged_is_refused(answers: list[int], scores: list[list[float]], said: str) -> None:
    """With what to do."""
    with pytest.raises(InputError, match=said):
        suspects(np.array(answers), np.array(scores))


def test_without_answers_nothing_is_suspected() -> None:
    """A project may have settled nothing yet."""
    assert suspects(np.zeros(0, np.int64), np.zeros((0, CLASSES))) == ()
