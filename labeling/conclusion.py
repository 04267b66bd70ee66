"""What is concluded of one task under an estimate of its labelers."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labeling.estimate import Estimate, score_row
from labeling.overlap import UNKNOWN, Outlook
from schemas.answers import ClassName
from schemas.labels import Consensus, Vote, ranked
from schemas.project import OverlapPolicy

# Probabilities that differ by less are equal, and the class that stands first is the answer.
DIGITS = 9
# Whoever helps at least so much of what the best one would may be asked in their place.
NEARLY = 0.75


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What is known of a task beside its votes.

    - task: its number, which decides who of several is asked
    - had: who had it in its round
    - scores: its sample's, in today's classes
    """

    task: int = 0
    had: Collection[str] = ()
    scores: Mapping[ClassName, float] | None = None


def speaks_of(estimate: Estimate, classes: Sequence[ClassName]) -> bool:
    """Say whether an estimate is of just these classes; a guideline may have changed them since."""
    return set(estimate.classes) == set(classes)


def method_of(estimate: Estimate, policy: OverlapPolicy) -> str:
    """Return the method that the project names, or gold chose."""
    return estimate.choice.method if policy.method == "auto" else policy.method


def concluded(
    votes: Sequence[Vote], estimate: Estimate, policy: OverlapPolicy, guideline: int, scene: Scene = Scene()
) -> tuple[Consensus, Outlook]:
    """Return the consensus under an estimate whose classes are the votes', and what further labels could do to it.

    The order of the votes means nothing. What there would be with all labels still to be had is the posterior with the
    leading answer from each of the most helpful labelers who have not had the task. Of those who help nearly as much as
    the best, a hash of task and name decides who is asked: else all tasks would wait for the same one.
    """
    method = method_of(estimate, policy)
    who, answers = estimate.coded(votes)
    scores = score_row(scene.scores, estimate.classes)
    used, posterior = estimate.posterior(who, answers, scores, method)
    best = int(np.round(posterior, DIGITS).argmax())
    consensus = Consensus(
        answer=estimate.classes[best],
        confidence=min(float(posterior[best]), 1.0),
        method=used,
        votes=ranked(votes),
        guideline=guideline,
        estimate=estimate.version,
    )
    if consensus.confidence >= policy.threshold:
        return consensus, UNKNOWN
    helpers, worth = estimate.helpers(posterior, [*scene.had, *(vote.labeler for vote in votes)])
    agreeing = helpers[: max(policy.most - len(votes), 0)]
    who = np.append(who, agreeing)
    answers = np.append(answers, np.full(len(agreeing), best, np.int64))
    _, agreed = estimate.posterior(who, answers, scores, method)
    able = [estimate.labelers[code] for code in helpers[worth >= NEARLY * worth.max(initial=0.0)]]
    ask = min(able, key=lambda name: _lot(scene.task, name), default=None)
    return consensus, Outlook(hopeless=float(agreed[best]) < policy.threshold, ask=ask)


def _lot(task: int, labeler: str) -> bytes:
    return hashlib.sha256(f"{task}|{labeler}".encode()).digest()
