"""One-coin consensus: the posterior by hand, and its invariances."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.consensus.one_coin import METHOD, one_coin
from schemas.labels import Consensus, Vote

CLASSES = ("a", "b", "c", "d")
answers = st.lists(st.sampled_from(CLASSES), max_size=12)
accuracies = st.floats(min_value=0.51, max_value=0.99)


def votes_of(answers: list[str]) -> list[Vote]:
    """Return one vote a labeler, in the order given."""
    return [Vote(labeler=f"labeler {number:02}", answer=answer) for number, answer in enumerate(answers)]


def test_two_of_three_votes_give_the_posterior_worked_by_hand() -> None:
    """K = 4, accuracy 0.7: weights .7² x .1, .1² x .7 and twice .1³ (in thousandths 49, 7, 1, 1)."""
    consensus = one_coin(votes_of(["b", "a", "b"]), CLASSES, 0.7, guideline=3)
    assert (consensus.answer, consensus.method, consensus.guideline) == ("b", METHOD, 3)
    assert consensus.confidence == pytest.approx(49 / 58)


def test_without_votes_every_class_is_as_likely() -> None:
    """The first class stands for all of them, with its prior."""
    consensus = one_coin([], CLASSES, 0.8, guideline=1)
    assert (consensus.answer, consensus.confidence) == ("a", 0.25)


def test_a_tie_goes_to_the_class_that_stands_first() -> None:
    """Whoever voted first."""
    assert one_coin(votes_of(["d", "b"]), CLASSES, 0.8, guideline=1).answer == "b"


@given(answers, accuracies)
def test_the_posterior_is_the_product_of_the_votes(given_answers: list[str], accuracy: float) -> None:
    """The formula of the docstring, in exact arithmetic."""
    right = Fraction(accuracy)
    wrong = (1 - right) / (len(CLASSES) - 1)
    weights = dict.fromkeys(CLASSES, Fraction(1))
    for answer in given_answers:
        weights = {name: weight * (right if name == answer else wrong) for name, weight in weights.items()}
    consensus = one_coin(votes_of(given_answers), CLASSES, accuracy, guideline=1)
    assert consensus.confidence == pytest.approx(float(max(weights.values()) / sum(weights.values())))
    assert weights[consensus.answer] == max(weights.values())


@given(st.permutations(votes_of(["a", "b", "b", "c", "d", "d", "d"])), accuracies)
def test_the_order_of_votes_does_not_matter(votes: list[Vote], accuracy: float) -> None:
    """The whole consensus is the same, to the last bit."""
    in_order = sorted(votes, key=lambda vote: vote.labeler)
    assert one_coin(votes, CLASSES, accuracy, guideline=1) == one_coin(in_order, CLASSES, accuracy, guideline=1)


@given(answers, accuracies, st.permutations(["p", "q", "r", "s"]))
def test_renaming_the_classes_renames_the_answer(answers: list[str], accuracy: float, names: list[str]) -> None:
    """Nothing else changes: names mean nothing, only places do."""
    renamed = dict(zip(CLASSES, names, strict=True))
    before = one_coin(votes_of(answers), CLASSES, accuracy, guideline=1)
    after = one_coin(votes_of([renamed[answer] for answer in answers]), names, accuracy, guideline=1)
    assert (after.answer, after.confidence) == (renamed[before.answer], before.confidence)


@given(answers, accuracies)
def test_confidence_is_a_probability_above_chance_and_round_trips(answers: list[str], accuracy: float) -> None:
    """In [1/K, 1], and a consensus survives JSON."""
    consensus = one_coin(votes_of(answers), CLASSES, accuracy, guideline=1)
    assert 0.25 <= consensus.confidence <= 1
    assert Consensus.model_validate_json(consensus.model_dump_json()) == consensus


def test_a_merge_takes_nothing_from_the_confidence_in_what_was_agreed_on() -> None:
    """Two of three classes became one: labelers had three to choose from, and agree by chance no more often."""
    agreed = one_coin(votes_of(["cat", "cat"]), ["cat", "dog", "fox"], 0.8, 1)
    merged = one_coin(votes_of(["pet", "pet"]), ["pet", "fox"], 0.8, 1, choices=3)
    assert merged.confidence == pytest.approx(agreed.confidence)
    assert one_coin(votes_of(["pet", "pet"]), ["pet", "fox"], 0.8, 1).confidence < agreed.confidence
