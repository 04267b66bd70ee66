"""The estimate: what all labels of a project say of its labelers, and with it of one task."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

import numpy as np

from labeling.consensus import crowdlab, dawid_skene, one_coin
from labeling.consensus.choice import Choice
from labeling.consensus.confusion import SMALLEST
from labeling.consensus.dawid_skene import normalized
from labeling.consensus.votes import Codes, Numbers
from labeling.worth import separation, telling
from schemas.answers import ClassName
from schemas.labels import Vote

# Differences of helpfulness below this are rounding, and the name decides.
DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """What CROWDLAB goes by: the weights of voices, and the power that its posterior is raised to."""

    weights: crowdlab.Weights
    sharpness: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """What the votes of a project said of its labelers when they were last looked at together.

    - version: its number; guideline: that in whose `classes` (C,) it speaks
    - labelers: (J,), by name; active: those of them who can be expected to answer
    - confusion: (F, J + 1, C, C), by each of F fits: the matrices of the labelers, and last that of a newcomer
    - shares: (F, C), how often each class is right, likewise
    - accuracy: one coin's, how often any labeler is right
    - trust: the power to which the likelihood of Dawid-Skene's votes is raised
    - crowd: CROWDLAB's weights; None where most samples have no scores
    - choice: the method that gold chose, or none could
    - labels: the number of votes that it was made of
    """

    version: int
    guideline: int
    classes: tuple[ClassName, ...]
    labelers: tuple[str, ...]
    active: frozenset[str]
    confusion: Numbers
    shares: Numbers
    accuracy: float
    trust: float
    crowd: Crowd | None
    choice: Choice
    labels: int

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The code of each labeler."""
        return {name: place for place, name in enumerate(self.labelers)}

    def coded(self, votes: Iterable[Vote]) -> tuple[Codes, Codes]:
        """Return who gave which answer, in one order whatever that of the votes; who is unknown is a newcomer."""
        codes = {name: code for code, name in enumerate(self.classes)}
        spoken = sorted((vote.labeler, codes[str(vote.answer)]) for vote in votes)
        who = [self.places.get(labeler, len(self.labelers)) for labeler, _ in spoken]
        return np.array(who, np.int64), np.array([answer for _, answer in spoken], np.int64)

    def posterior(self, who: Codes, answers: Codes, scores: Numbers | None, method: str) -> tuple[str, Numbers]:
        """Return the probability of each class (C,) of one task from its votes and its sample's scores (C,).

        Also the method by which: CROWDLAB leaves a task whose sample has no scores to Dawid-Skene, whose posterior is
        the mean over the fits of

            P(c) ∝ s_c ∏ over votes a by j of π_j[c, a] ^ trust
        """
        if method == one_coin.METHOD:
            counts = np.bincount(answers, minlength=len(self.classes)).astype(np.float64)
            return method, normalized(counts * one_coin.log_odds(self.accuracy, len(self.classes)))
        if method == crowdlab.METHOD and self.crowd is not None and scores is not None:
            return method, self._assisted(self.crowd, who, answers, scores)
        said = np.log(np.maximum(self.confusion[:, who, :, answers], SMALLEST)).sum(axis=0)
        logs = np.log(np.maximum(self.shares, SMALLEST)) + self.trust * said
        return dawid_skene.METHOD, normalized(logs).mean(axis=0)

    def _assisted(self, crowd: Crowd, who: Codes, answers: Codes, scores: Numbers) -> Numbers:
        each = np.append(crowd.weights.labelers, crowd.weights.newcomer)[who]
        by_answer = np.bincount(answers, weights=each, minlength=len(self.classes)).astype(np.float64)
        mixed = crowdlab.weighted(by_answer[None], scores[None], crowd.weights)[0]
        return normalized(crowd.sharpness * np.log(np.maximum(mixed, SMALLEST)))

    def helpers(self, posterior: Numbers, had: Collection[str]) -> tuple[Codes, Numbers]:
        """Return the active labelers but those who had the task, by code, and how much each would help; the best first.

        That is how much their label is expected to tell the leading class from the others (`worth.telling`).
        """
        rest = np.array([self.places[name] for name in sorted(self.active - set(had))], np.int64)
        beliefs, items = posterior[None], np.zeros(len(rest), np.int64)
        separated = separation(beliefs, items, self.confusion[:, rest].mean(axis=0), self.trust)
        worth = np.round(telling(beliefs, items, separated), DIGITS)
        order = np.argsort(-worth, kind="stable")
        return rest[order], worth[order]


def score_row(scores: Mapping[ClassName, float] | None, classes: Sequence[ClassName]) -> Numbers | None:
    """Return a model's scores as probabilities of the classes (C,); None where they say nothing of them."""
    said = [max((scores or {}).get(name, 0.0), 0.0) for name in classes]
    total = sum(said)
    return np.array(said, np.float64) / total if total > 0 and isfinite(total) else None
