"""Krippendorff's alpha: published examples, and its definition by pairs."""

from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.agreement import alpha

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", one row an observer, "." where missing.
SECTION_A = ("0100000010", "1110010000")
SECTION_B = ("aabbdcccedda", "babbbccceddd")
SECTION_C = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
units_of_answers = st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=8)


def columns(rows: tuple[str, ...]) -> list[list[str]]:
    """Return the answers by unit."""
    return [[answer for answer in column if answer != "."] for column in zip(*rows, strict=True)]


def pairwise(units: list[list[str]]) -> float | None:
    """Alpha by its definition: disagreeing pairs within units against disagreeing pairs of all answers."""
    units = [unit for unit in units if len(unit) > 1]
    pooled = [answer for unit in units for answer in unit]
    within = sum(sum(a != b for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units)
    among = sum(a != b for a, b in permutations(pooled, 2))
    return 1 - (len(pooled) - 1) * within / among if among else None


@pytest.mark.parametrize(("rows", "published"), [(SECTION_A, 0.095), (SECTION_B, 0.692), (SECTION_C, 0.743)])
def test_alpha_is_as_published(rows: tuple[str, ...], published: float) -> None:
    """Binary, nominal, and nominal with missing answers: sections A, B and C."""
    assert alpha(columns(rows)) == pytest.approx(published, abs=0.0005)


@pytest.mark.parametrize("units", [[], [["a"], ["b"]], [["a", "a"], ["a", "a"]]])
def test_alpha_is_undefined_where_nothing_can_be_said(units: list[list[str]]) -> None:
    """No pairs, or no variation."""
    assert alpha(units) is None


@given(units_of_answers)
def test_alpha_is_what_its_definition_by_pairs_gives(units: list[list[str]]) -> None:
    """The counting formula and the naive one are the same measure, at most 1."""
    found = alpha(units)
    assert found == (None if pairwise(units) is None else pytest.approx(pairwise(units)))
    assert found is None or found <= 1


@given(units_of_answers, st.randoms(use_true_random=False))
def test_alpha_does_not_depend_on_order(units: list[list[str]], random: Random) -> None:
    """Neither of units nor of the answers to one."""
    shuffled = [random.sample(unit, len(unit)) for unit in units]
    random.shuffle(shuffled)
    assert alpha(shuffled) == (None if alpha(units) is None else pytest.approx(alpha(units)))
