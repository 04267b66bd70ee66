"""How many labelers see a task: one more only while it is worth it."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.labels import Consensus, TaskStatus, Vote
from schemas.project import OverlapPolicy


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Where a task stands, and how many labels it wants in all."""

    status: TaskStatus
    wanted: int


def decide(votes: Sequence[Vote], policy: OverlapPolicy, consensus: Consensus, skips: int = 0) -> Decision:
    """Settle the task, ask one more labeler, or set it aside for an expert.

    The first `policy.first` votes are always awaited, however sure the consensus is before: they are what
    agreement is measured on. `skips` is how many labelers would rather not say.
    """
    given = len(votes)
    if given >= policy.first and consensus.confidence >= policy.threshold:
        return Decision(status=TaskStatus.SETTLED, wanted=given)
    if given >= policy.most or skips >= policy.skips:
        return Decision(status=TaskStatus.EXPERT, wanted=given)
    return Decision(status=TaskStatus.OPEN, wanted=max(policy.first, given + 1))
