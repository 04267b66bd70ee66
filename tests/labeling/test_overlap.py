"""The overlap rule: settle, ask one more, or set it aside for an expert."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.consensus.one_coin import one_coin
from labeling.overlap import Decision, decide
from schemas.labels import Consensus, TaskStatus, Vote
from schemas.project import OverlapPolicy

CLASSES = tuple("0123456789")
POLICY = OverlapPolicy(first=2, most=5, threshold=0.95, labeler_accuracy=0.8)


def after(answers: str, policy: OverlapPolicy = POLICY) -> Decision:
    """Return what follows these answers."""
    votes = [Vote(labeler=f"labeler {number}", answer=answer) for number, answer in enumerate(answers)]
    return decide(votes, policy, one_coin(votes, CLASSES, policy.labeler_accuracy, guideline=1))


@pytest.mark.parametrize(
    ("answers", "status", "wanted"),
    [
        ("", TaskStatus.OPEN, 2),  # the first two are always awaited
        ("4", TaskStatus.OPEN, 2),
        ("44", TaskStatus.SETTLED, 2),  # posterior .993
        ("49", TaskStatus.OPEN, 3),  # .493
        ("494", TaskStatus.SETTLED, 3),  # .967
        ("491", TaskStatus.OPEN, 4),
        ("4949", TaskStatus.OPEN, 5),
        ("49497", TaskStatus.EXPERT, 5),  # the limit
    ],
)
def test_labels_are_asked_for_only_while_they_are_worth_it(answers: str, status: TaskStatus, wanted: int) -> None:
    """With ten classes and labelers who are right four times in five."""
    assert after(answers) == Decision(status=status, wanted=wanted)


def test_the_first_labels_are_awaited_even_when_one_would_do() -> None:
    """Without a second label there is no agreement to measure."""
    sure = OverlapPolicy(first=3, most=3, threshold=0.6, labeler_accuracy=0.99)
    assert after("77", sure) == Decision(status=TaskStatus.OPEN, wanted=3)


@given(st.text(alphabet="0123456789", max_size=9))
def test_no_task_waits_for_ever_or_for_more_than_the_limit(answers: str) -> None:
    """An open task wants more than it has, never more than `most`; any other wants no more."""
    decision = after(answers)
    if decision.status is TaskStatus.OPEN:
        assert len(answers) < decision.wanted <= POLICY.most
    else:
        assert decision.wanted == len(answers)


def test_what_was_doubted_is_settled_by_more_votes_only() -> None:
    """However sure the consensus is; at the limit an expert decides."""
    policy = OverlapPolicy(first=2, most=3, threshold=0.9)
    agreed = [Vote(labeler=name, answer="cat") for name in ("ann", "bob", "cem")]
    sure = Consensus(answer="cat", confidence=0.99, method="m", votes=(), guideline=1)
    assert decide(agreed[:2], policy, sure, doubted=2) == Decision(status=TaskStatus.OPEN, wanted=3)
    assert decide(agreed, policy, sure, doubted=2) == Decision(status=TaskStatus.SETTLED, wanted=3)
    assert decide(agreed, policy, sure, doubted=3).status is TaskStatus.EXPERT
