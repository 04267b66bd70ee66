"""Findings: patterns of disagreement, each with its evidence and what chance would do."""

from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from labeling.findings import confused_pairs, disputed_slices
from quality.chance import (
    LEVEL,
    binomial_tail,
    clopper_pearson,
    holm,
    hypergeometric_tail,
    sign_test,
)
from schemas.labels import FindingKind, Vote

tasks_of_answers = st.lists(st.text(alphabet="1479", max_size=4), max_size=8)


def votes(answers: str) -> list[Vote]:
    """Return one vote a labeler."""
    return [Vote(labeler=f"labeler {number}", answer=answer) for number, answer in enumerate(answers)]


def numbered(tasks: Sequence[str]) -> Mapping[int, list[Vote]]:
    """Return the votes by task id."""
    return {task: votes(answers) for task, answers in enumerate(tasks)}


def test_the_pair_confused_on_most_tasks_comes_first() -> None:
    """`of` counts the tasks with either answer; the most evenly torn task is shown first."""
    found = confused_pairs(numbered(["94", "449", "99", "17", "4", "88"]))
    assert [(each.classes, each.tasks, each.of) for each in found] == [(("4", "9"), 2, 4), (("1", "7"), 1, 1)]
    assert found[0].examples == (0, 1)
    assert found[0].says == "“4” and “9” were both given to 2 of 4 tasks with either: 2.2 times what chance puts there."


def test_a_pair_beyond_chance_comes_before_one_on_more_tasks_that_chance_explains() -> None:
    """Nearly everything is "a" or "b", so they meet often; "y" and "z" are seldom given, and then together."""
    tasks = ["aa"] * 60 + ["bb"] * 60 + ["ab"] * 20 + ["yz"] * 12
    first, second = confused_pairs(numbered(tasks))
    assert (first.classes, second.classes) == (("y", "z"), ("a", "b"))
    assert first.tasks < second.tasks
    assert first.p_value <= LEVEL < second.p_value
    assert 1 < first.low < first.effect < first.high


def test_of_two_classes_chance_explains_all_disagreement() -> None:
    """It has nowhere else to go."""
    (found,) = confused_pairs(numbered(["ab"] * 20 + ["aa"]))
    assert (found.effect, found.p_value) == (1, 1)


def test_agreement_is_no_finding() -> None:
    """Nor is a task with one label."""
    assert confused_pairs(numbered(["44", "9", ""])) == []


@given(tasks_of_answers, st.randoms(use_true_random=False))
def test_findings_do_not_depend_on_order(answers: list[str], random: Random) -> None:
    """Neither of tasks nor of votes."""
    shuffled = [(task, "".join(random.sample(given_here, len(given_here)))) for task, given_here in enumerate(answers)]
    random.shuffle(shuffled)
    found = confused_pairs({task: votes(given_here) for task, given_here in shuffled})
    expected = confused_pairs(numbered(answers))
    assert [(each.classes, each.tasks, each.of, each.examples) for each in found] == [
        (each.classes, each.tasks, each.of, each.examples) for each in expected
    ]
    assert [each.p_value for each in found] == pytest.approx([each.p_value for each in expected])


@given(tasks_of_answers)
def test_a_finding_counts_no_more_tasks_than_hold_either_answer(answers: list[str]) -> None:
    """And at least one; its interval holds its effect."""
    for each in confused_pairs(numbered(answers)):
        assert 1 <= each.tasks <= each.of <= len(answers)
        assert 0 <= each.low <= each.effect <= each.high
        assert 0 <= each.p_value <= 1


def test_a_slice_that_is_disputed_more_than_the_rest_is_found() -> None:
    """And no other one, such as weeks that are alike."""
    noise = ["car"] * 30 + ["none"] * 90
    tasks = numbered(["ab" if task < 18 or task % 10 == 0 else "aaa" for task in range(120)])
    columns = {task: {"noise": noise[task], "week": f"w{task % 3}"} for task in tasks}
    (found,) = disputed_slices(tasks, columns)
    assert (found.kind, found.slice, found.tasks, found.of) == (FindingKind.SLICE, ("noise", "car"), 19, 30)
    assert found.says == "Where noise is car, 63% of 30 tasks are disputed, elsewhere 10% of 90."
    assert found.effect == pytest.approx(19 / 30 - 0.1)
    assert 0 < found.low < found.effect < found.high
    assert set(found.examples) <= set(range(30))


def test_a_slice_of_few_tasks_is_not_looked_at() -> None:
    """However much they are disputed; nor are tasks with one answer."""
    tasks = numbered(["ab"] * 9 + ["aa"] * 90 + ["a"] * 90)
    assert disputed_slices(tasks, {task: {"id": "few" if task < 9 else "many"} for task in tasks}) == []


@given(st.integers(1, 30), st.integers(0, 30), st.floats(0.01, 0.99))
def test_tails_are_what_scipy_says(trials: int, hits: int, chance: float) -> None:
    """Binomial and hypergeometric ones, and exact intervals."""
    hits = min(hits, trials)
    assert binomial_tail(hits, trials, chance) == pytest.approx(stats.binom.sf(hits - 1, trials, chance))
    assert hypergeometric_tail(hits, trials, 20, 60) == pytest.approx(stats.hypergeom.sf(hits - 1, 60, 20, trials))
    exact = stats.binomtest(hits, trials).proportion_ci()
    found = clopper_pearson(hits, trials)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_the_sign_test_is_two_sided() -> None:
    """Six of six: twice one in 64."""
    assert (sign_test(6, 0), sign_test(0, 6), sign_test(3, 3)) == (1 / 32, 1 / 32, 1)


def test_p_values_are_corrected_for_all_tests() -> None:
    """The smallest by all, the next by one fewer; none gets smaller than one before, none larger than 1."""
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.01, 0.4], tests=10) == pytest.approx([0.1, 1])
    assert holm([]) == []
