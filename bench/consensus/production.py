"""The rule by which a running project settles tasks, replayed on recorded labels by the product's own functions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from bench.consensus.replay import arrival
from bench.consensus.sets import CrowdSet
from labeling import overlap
from labeling.conclusion import Scene, concluded
from labeling.consensus.dawid_skene import UNKNOWN
from labeling.consensus.one_coin import one_coin
from labeling.estimate import Estimate
from labeling.estimating import Material, estimated, is_news, is_warm
from labeling.overlap import Decision, decide
from schemas.labels import Consensus, TaskStatus, Vote
from schemas.project import OverlapPolicy

# That of a project which says nothing else.
POLICY = OverlapPolicy()
# Recorded labels have no times to go by: everybody is active.
ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What came of the items that are scored.

    - labels: spent on an item, on the average
    - settled, expert: shares of the items; of the rest no label was left on record
    - right: the share of the items that were settled with the right answer
    - estimates: how many were made
    """

    labels: float
    settled: float
    expert: float
    right: float
    estimates: int


@dataclass(kw_only=True)
class Replay:
    """A project that is given recorded labels in one of the random orders.

    Each round every open item gets one label: of those on record for it, that of the labeler who is asked for, or the
    next in the order. Gold that calibrates has all its labels from the beginning, as given unseen. Without estimates
    every labeler counts alike, as before the first one.
    """

    crowd: CrowdSet
    order: int
    estimating: bool = True
    policy: OverlapPolicy = POLICY
    estimate: Estimate | None = None
    _given: dict[int, list[Vote]] = field(default_factory=dict)
    _left: dict[int, list[Vote]] = field(default_factory=dict)
    _verdicts: dict[int, tuple[Consensus, Decision]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lay out the labels: those of gold are given, the others wait in the order."""
        votes = self.crowd.votes
        for place in np.argsort(arrival(self.crowd, self.order)):
            item = int(votes.items[place])
            vote = Vote(labeler=f"{votes.labelers[place]:06}", answer=self.crowd.classes[votes.answers[place]])
            into = self._given if self.crowd.calibrating[item] else self._left
            into.setdefault(item, []).append(vote)

    def run(self) -> Settled:
        """Give out labels until no open item has one left."""
        while wanting := [item for item in self._left if self._wants(item)]:
            for item in wanting:
                self._label(item)
                self._verdicts[item] = self._judged(item)
            self._renew()
        return self._outcome()

    def _wants(self, item: int) -> bool:
        verdict = self._verdicts.get(item)
        return bool(self._left[item]) and (verdict is None or verdict[1].status is TaskStatus.OPEN)

    def _label(self, item: int) -> None:
        verdict, left = self._verdicts.get(item), self._left[item]
        ask = None if verdict is None else verdict[1].ask
        chosen = next((place for place, vote in enumerate(left) if vote.labeler == ask), 0)
        self._given.setdefault(item, []).append(left.pop(chosen))

    def _judged(self, item: int) -> tuple[Consensus, Decision]:
        votes, outlook = self._given[item], overlap.UNKNOWN
        if self.estimate is None:
            consensus = one_coin(votes, self.crowd.classes, self.policy.labeler_accuracy, 1)
        else:
            on_record = {vote.labeler for vote in self._left[item]}
            scene = Scene(task=item, had=[name for name in self.estimate.labelers if name not in on_record])
            consensus, outlook = concluded(votes, self.estimate, self.policy, 1, scene)
        return consensus, decide(votes, self.policy, consensus, outlook=outlook)

    def _renew(self) -> None:
        """Make the next estimate if there is enough new, and judge all items anew by it."""
        votes = sum(map(len, self._given.values()))
        labelers = {vote.labeler for given in self._given.values() for vote in given}
        version, before = (0, 0) if self.estimate is None else (self.estimate.version, self.estimate.labels)
        if self.estimating and is_warm(votes, len(labelers)) and is_news(before, votes):
            self.estimate = estimated(self._material(labelers), self.policy, version + 1)
            self._verdicts = {item: self._judged(item) for item in self._verdicts}

    def _material(self, labelers: Iterable[str]) -> Material:
        gold = np.flatnonzero(self.crowd.calibrating).tolist()
        return Material(
            classes=self.crowd.classes,
            guideline=1,
            votes=self._given,
            known={item: self.crowd.classes[self.crowd.gold[item]] for item in gold},
            gold=frozenset(gold),
            scores={},
            last=dict.fromkeys(labelers, ALWAYS),
        )

    def _outcome(self) -> Settled:
        gold = self.crowd.gold
        scored = [item for item in self._verdicts if gold[item] != UNKNOWN]
        right = np.array([self._verdicts[item][0].answer == self.crowd.classes[gold[item]] for item in scored])
        status = np.array([self._verdicts[item][1].status for item in scored])
        settled = status == TaskStatus.SETTLED
        return Settled(
            labels=float(np.mean([len(self._given[item]) for item in scored])),
            settled=float(settled.mean()),
            expert=float((status == TaskStatus.EXPERT).mean()),
            right=float((right & settled).mean()),
            estimates=0 if self.estimate is None else self.estimate.version,
        )
