"""How many labelers see a task: one more only while it is worth it."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.labels import Consensus, TaskStatus, Vote
from schemas.project import OverlapPolicy


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Where a task stands, how many labels it wants in all, and whose would help it most; None where anybody's does."""

    status: TaskStatus
    wanted: int
    ask: str | None = None


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What further labels could do: whether all that can be had would not settle the task, and whose helps most."""

    hopeless: bool = False
    ask: str | None = None


UNKNOWN = Outlook()


def decide(
    votes: Sequence[Vote],
    policy: OverlapPolicy,
    consensus: Consensus | None,
    skips: int = 0,
    outlook: Outlook = UNKNOWN,
    *,
    doubted: int = 0,
) -> Decision:
    """Settle the task, ask one more labeler, or set it aside for an expert.

    The first `policy.first` votes are always awaited, however sure the consensus is before: they are what
    agreement is measured on. `skips` is how many labelers would rather not say. A task that further labels could not
    settle is set aside at once. What so many votes had settled was `doubted`, so more than these are awaited. While
    nobody has said anything there is no consensus.
    """
    given = len(votes)
    enough = given >= policy.first and given > doubted
    if consensus is not None and enough and consensus.confidence >= policy.threshold:
        return Decision(status=TaskStatus.SETTLED, wanted=given)
    hopeless = given >= policy.first and outlook.hopeless
    if given >= policy.most or skips >= policy.skips or hopeless:
        return Decision(status=TaskStatus.EXPERT, wanted=given)
    if given < policy.first:
        return Decision(status=TaskStatus.OPEN, wanted=policy.first)
    return Decision(status=TaskStatus.OPEN, wanted=given + 1, ask=outlook.ask)
