"""Text consensus: the medoid."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.consensus.text import text_consensus
from schemas.errors import InputError

lists = st.lists(st.text(alphabet="ab .", max_size=6), min_size=1, max_size=6)


@given(lists, st.randoms(use_true_random=False))
def test_a_medoid_is_one_of_the_texts_whatever_their_order(texts: list[str], random: Random) -> None:
    """Nobody gets words into the mouth."""
    found = text_consensus(texts)
    shuffled = text_consensus(random.sample(texts, len(texts)))
    assert found.text in texts
    assert shuffled.text == found.text
    assert shuffled.agreement == pytest.approx(found.agreement)


def test_the_text_nearest_to_all_is_taken() -> None:
    """Though another is written as often; it stands as it was written."""
    found = text_consensus(["The cat sat.", "the cat sat", "the bat sat.", "a dog"])
    assert found.text == "The cat sat."
    assert found.agreement is not None
    assert 0 < found.agreement < 1


def test_of_equals_the_one_written_most_often_is_taken() -> None:
    """Once normalized, all three are the same."""
    assert text_consensus(["yes", "Yes", "Yes"]).text == "Yes"
    assert text_consensus(["yes", "Yes", "Yes"]).agreement == 1


def test_weights_tell_whom_to_trust() -> None:
    """Of two, or one against two."""
    assert text_consensus(["abcd", "xyz"], weights=[1, 2]).text == "xyz"
    assert text_consensus(["abcd", "xyz", "xyz"], weights=[3, 1, 1]).text == "abcd"


def test_a_single_text_agrees_with_nobody() -> None:
    """It is the consensus all the same."""
    assert (text_consensus(["alone"]).text, text_consensus(["alone"]).agreement) == ("alone", None)


def test_without_texts_there_is_no_consensus() -> None:
    """And it says what to do."""
    with pytest.raises(InputError, match="have the task labeled"):
        text_consensus([])
