"""Agreement on text: what is set aside, and what of the rest is the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.agreement import text_agreement
from labeling.agreement.text import distance, normalized, similarity

short = st.text(alphabet="abcd", max_size=12)


def table_distance(one: str, other: str) -> int:
    """Return the edit distance as it is defined, row by row."""
    row = list(range(len(other) + 1))
    for above, a in enumerate(one):
        before, row[0] = row[0], above + 1
        for place, b in enumerate(other):
            before, row[place + 1] = row[place + 1], min(row[place] + 1, row[place + 1] + 1, before + (a != b))
    return row[-1]


@pytest.mark.parametrize(
    ("text", "plain", "bare"),
    [
        ("  Two\u00a0 words\n", "two words", "two words"),
        ("Stra\u00dfe, \ufb01n!", "strasse, fin!", "strasse fin"),
        ("don't pay 3.50 - ever.", "don't pay 3.50 - ever.", "don't pay 3.50 ever"),
        ("...", "...", ""),
    ],
)
def test_what_does_not_matter_is_set_aside(text: str, plain: str, bare: str) -> None:
    """White space, case and forms of one character; marks where they are not wanted."""
    assert (normalized(text), normalized(text, punctuation=False)) == (plain, bare)


@given(st.text(max_size=12), st.booleans())
def test_a_normalized_text_is_normal(text: str, punctuation: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
    """Once more changes nothing."""
    once = normalized(text, punctuation=punctuation)
    assert normalized(once, punctuation=punctuation) == once


@given(short, short)
def test_distance_is_that_of_the_table(one: str, other: str) -> None:
    """However it is computed; and the same from either side."""
    assert distance(one, other) == distance(other, one) == table_distance(one, other)


def test_distance_of_long_texts_is_that_of_the_table() -> None:
    """Longer than a machine word."""
    letters = np.random.default_rng(7).choice(list("ab "), 300)
    one, other = "".join(letters[:160]), "".join(letters[140:])
    assert distance(one, other) == table_distance(one, other)


@given(short, short)
def test_similarity_is_a_share_and_one_only_for_the_same(one: str, other: str) -> None:
    """Two empty texts are the same."""
    assert 0 <= similarity(one, other) <= 1
    assert (similarity(one, other) == 1) == (one == other)


def test_each_task_counts_once_however_many_wrote() -> None:
    """Two equal of three texts are a third of the pairs; a single text says nothing."""
    agreement = text_agreement([["Yes", "yes", "no"], ["abcd", "abcx"], ["alone"], []])
    weights = np.ones(len(agreement))
    assert agreement.exact(weights) == pytest.approx((1 / 3 + 0) / 2)
    assert agreement.similarity(weights) == pytest.approx((1 / 3 + 3 / 4) / 2)
    assert agreement.take(np.array([1])).similarity(np.ones(1)) == 0.75


def test_marks_count_unless_they_are_not_wanted() -> None:
    """As the project has it."""
    marks = [text_agreement([["Well, yes.", "well yes"]], punctuation=wanted) for wanted in (True, False)]
    assert [each.exact(np.ones(1)) for each in marks] == [0, 1]
