"""Settling: what is concluded of one task from all its labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labeling.adjudication import adjudicated
from labeling.conclusion import Scene, concluded, speaks_of
from labeling.estimate import Estimate
from labeling.guidelines import Cast, current_votes, round_of
from labeling.kinds import Asked, Kind, kind_of
from labeling.overlap import UNKNOWN, Decision, decide
from schemas.answers import AnswerKind, ClassName
from schemas.guidelines import Guideline
from schemas.labels import Consensus, TaskStatus, Vote
from schemas.project import ProjectConfig


@dataclass(frozen=True, kw_only=True)
class Skip:
    """A labeler skipped the task, under a guideline version."""

    labeler: str
    guideline: int


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """A model contradicted what so many votes had settled in the round of a guideline version."""

    guideline: int
    votes: int


@dataclass(frozen=True, kw_only=True)
class Said:
    """What was said of one task: votes, experts' answers, who skipped it, and a model's scores in today's classes.

    `doubts` are those of its consensus, at most one a round.
    """

    task: int = 0  # its number
    casts: Sequence[Cast] = ()
    experts: Sequence[Cast] = ()
    skips: Sequence[Skip] = ()
    doubts: Sequence[Doubt] = ()
    scores: Mapping[ClassName, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is concluded of one task: the version its round began with, and no consensus while it has no labels."""

    guideline: int
    decision: Decision
    consensus: Consensus | None


def judge(
    project: ProjectConfig,
    since: int,
    said: Said,
    guidelines: Sequence[Guideline],
    estimate: Estimate | None = None,
) -> Verdict:
    """Conclude of a task, whose round began with version `since`, from what was said and the versions from then on.

    An expert's answer settles it whatever labelers say. Without an estimate of the labelers in today's classes each of
    them counts alike (one coin).
    """
    guideline = round_of(since, said.casts, guidelines)
    classes = _classes(project, guidelines, guidelines[-1].version if guidelines else 0)
    kind = kind_of(project.labels)
    votes = _countable(kind, said.casts, guideline, guidelines, classes)
    if settling := _countable(kind, said.experts, guideline, guidelines, classes):
        return Verdict(
            guideline=guideline,
            decision=Decision(status=TaskStatus.SETTLED, wanted=len(votes)),
            consensus=adjudicated(settling[-1].answer, votes, guideline),
        )
    consensus: Consensus | None
    skipped = [skip for skip in said.skips if skip.guideline >= guideline]
    if project.labels.kind is AnswerKind.CLASSIFICATION and estimate is not None and speaks_of(estimate, classes):
        scene = Scene(task=said.task, had=[skip.labeler for skip in skipped], scores=said.scores)
        consensus, outlook = concluded(votes, estimate, project.overlap, guideline, scene)
    else:
        choices = max(len(classes), len(_classes(project, guidelines, guideline)))
        asked = Asked(classes=classes, choices=choices, accuracy=project.overlap.labeler_accuracy, guideline=guideline)
        consensus, outlook = kind.conclude(votes, asked) if votes else None, UNKNOWN
    doubted = max((doubt.votes for doubt in said.doubts if doubt.guideline >= guideline), default=0)
    decision = decide(votes, project.overlap, consensus, len(skipped), outlook, doubted=doubted)
    return Verdict(guideline=guideline, decision=decision, consensus=consensus if votes else None)


def _classes(project: ProjectConfig, guidelines: Sequence[Guideline], version: int) -> tuple[ClassName, ...]:
    """Return the classes under a version; those of the project where guidelines do not say."""
    found = next((one.classes for one in guidelines if one.version == version), ())
    return found or project.labels.classes


def _countable(
    kind: Kind, casts: Sequence[Cast], since: int, guidelines: Sequence[Guideline], classes: Sequence[ClassName]
) -> list[Vote]:
    return [vote for vote in current_votes(casts, since, guidelines) if kind.counts(vote.answer, classes)]
