"""Findings: which classes labelers confuse."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from labeling.findings import confused_pairs
from schemas.labels import Finding, Vote

tasks_of_answers = st.lists(st.text(alphabet="1479", max_size=4), max_size=8)


def votes(answers: str) -> list[Vote]:
    """Return one vote a labeler."""
    return [Vote(labeler=f"labeler {number}", answer=answer) for number, answer in enumerate(answers)]


def test_the_pair_confused_on_most_tasks_comes_first() -> None:
    """`of` counts the tasks with either answer."""
    tasks = [votes(answers) for answers in ("94", "449", "99", "17", "4", "88")]
    assert confused_pairs(tasks) == [
        Finding(classes=("4", "9"), tasks=2, of=4),
        Finding(classes=("1", "7"), tasks=1, of=1),
    ]


def test_agreement_is_no_finding() -> None:
    """Nor is a task with one label."""
    assert confused_pairs([votes("44"), votes("9"), []]) == []


@given(tasks_of_answers, st.randoms(use_true_random=False))
def test_findings_do_not_depend_on_order(answers: list[str], random: Random) -> None:
    """Neither of tasks nor of votes."""
    shuffled = [votes("".join(random.sample(given_here, len(given_here)))) for given_here in answers]
    random.shuffle(shuffled)
    assert confused_pairs(shuffled) == confused_pairs([votes(given_here) for given_here in answers])


@given(tasks_of_answers)
def test_a_finding_counts_no_more_tasks_than_hold_either_answer(answers: list[str]) -> None:
    """And at least one, in descending order."""
    findings = confused_pairs([votes(given_here) for given_here in answers])
    assert all(1 <= finding.tasks <= finding.of <= len(answers) for finding in findings)
    assert [finding.tasks for finding in findings] == sorted((finding.tasks for finding in findings), reverse=True)
