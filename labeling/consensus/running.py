"""Consensus while labels come in: one label updates one task, and settling gives what all labels at once give."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from math import exp, log

import numpy as np

from labeling.consensus.confusion import HIERARCHICAL, Labelers, Shrinkage
from labeling.consensus.dawid_skene import Fit, Steps, dawid_skene
from labeling.consensus.votes import VoteTable


@dataclass(kw_only=True)
class RunningConsensus:
    """The votes on tasks so far, and each task's posterior under the labelers as they were last settled.

    `add` touches one task and takes time in proportion to the classes, however many labels there are. What it leaves
    out is what the new label says of its labeler; `settle` fits the labelers anew from all votes and gives exactly
    what `dawid_skene` gives of them. The second answer of a labeler to a task replaces the first.
    """

    classes: Sequence[Hashable]
    shrinkage: Shrinkage = HIERARCHICAL
    steps: Steps = Steps()  # noqa: RUF009  frozen
    _answers: list[dict[int, int]] = field(default_factory=list)  # by task: labeler -> answer
    _logs: list[list[float]] = field(default_factory=list)  # by task: log-probability of each class, up to a constant
    _tasks: dict[Hashable, int] = field(default_factory=dict)
    _labelers: dict[Hashable, int] = field(default_factory=dict)
    _codes: dict[Hashable, int] = field(default_factory=dict)
    _weights: list[list[list[float]]] = field(default_factory=list)  # by labeler and answer: log-likelihood by class
    _newcomer: list[list[float]] = field(default_factory=list)  # the same of a labeler of whom nothing is known
    _shares: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with what is believed before any vote."""
        self._codes = {name: code for code, name in enumerate(self.classes)}
        self._learn(self._fit().labelers)

    def add(self, task: Hashable, labeler: Hashable, answer: Hashable) -> list[float]:
        """Count one label, and return the posterior of its task, one probability a class.

        Raises KeyError if the answer is none of the classes.
        """
        code = self._codes[answer]
        who = self._labelers.setdefault(labeler, len(self._labelers))
        place = self._tasks.setdefault(task, len(self._tasks))
        if place == len(self._logs):
            self._logs.append(list(self._shares))
            self._answers.append({})
        logs, answers, weights = self._logs[place], self._answers[place], self._of(who)
        before = answers.get(who)
        for number, weight in enumerate(weights[code]):
            logs[number] += weight - (0.0 if before is None else weights[before][number])
        answers[who] = code
        return _normalized(logs)

    def posterior(self, task: Hashable) -> list[float]:
        """Return the posterior of a task, one probability a class; the classes' shares before it has votes."""
        place = self._tasks.get(task)
        return _normalized(self._shares if place is None else self._logs[place])

    def settle(self) -> Fit:
        """Fit the labelers anew from all votes, renew every task's posterior, and return the fit."""
        fit = self._fit()
        self._learn(fit.labelers)
        for place, answers in enumerate(self._answers):
            logs = list(self._shares)
            for who, code in answers.items():
                logs = [log + weight for log, weight in zip(logs, self._weights[who][code], strict=True)]
            self._logs[place] = logs
        return fit

    def votes(self) -> VoteTable:
        """Return all votes; tasks and labelers by the order in which they came first."""
        rows = [(place, who, code) for place, answers in enumerate(self._answers) for who, code in answers.items()]
        columns = np.array(rows, np.int64).reshape(-1, 3).T
        return VoteTable(
            items=columns[0],
            labelers=columns[1],
            answers=columns[2],
            item_count=len(self._tasks),
            labeler_count=len(self._labelers),
            class_count=len(self.classes),
        )

    def _fit(self) -> Fit:
        return dawid_skene(self.votes(), self.shrinkage, steps=self.steps)

    def _of(self, labeler: int) -> list[list[float]]:
        return self._weights[labeler] if labeler < len(self._weights) else self._newcomer

    def _learn(self, labelers: Labelers) -> None:
        self._weights = np.log(labelers.confusion).transpose(0, 2, 1).tolist()
        self._newcomer = np.log(labelers.pooled).T.tolist()
        self._shares = [log(share) for share in labelers.shares]


def _normalized(logs: Sequence[float]) -> list[float]:
    most = max(logs)
    powers = [exp(value - most) for value in logs]
    total = sum(powers)
    return [power / total for power in powers]
