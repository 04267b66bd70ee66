"""What a dataset version may be made of: labeled tasks beside their archived samples."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue, ValidationError
from sqlalchemy import Engine, Row, func, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by

from catalog.assembly import Candidate
from catalog.canonical import canonical
from labeling.label_space import translated
from quality import columns
from quality.rules import violations
from schemas.answers import answer_of
from schemas.guidelines import Guideline
from schemas.labels import Consensus, Purpose
from schemas.samples import AnySample
from schemas.verdicts import Origin, Selection, Severity
from storage.database import lost_connections_named
from storage.guidelines import versions_after
from storage.lake import Lake
from storage.lake_rows import sample_of
from storage.projects import Project
from storage.tables import ConsensusRow, LabelerRow, LabelRow, TaskRow
from storage.votes import standing

Samples = Mapping[Origin, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Every labeled task whose sample is archived, and how many wait for their sample to be."""

    ready: tuple[Candidate, ...]
    unarchived: int


def read_candidates(engine: Engine, lake: Lake, project: Project) -> Candidates:
    """Join the project's labeled tasks with the lake's samples by origin."""
    tasks, guidelines = _labeled_tasks(engine, project.config.name)
    found = lake.samples_at(project.config.name, map(_origin, tasks)).to_pylist()
    archived: Samples = {Origin(**{name: row[name] for name in Origin.model_fields}): row for row in found}
    ready = [task for task in tasks if _origin(task) in archived]
    samples = {origin: sample_of(row) for origin, row in archived.items()}
    lawless = unlawful(project, samples)
    return Candidates(
        ready=tuple(_candidate(task, guidelines, samples, archived, lawless) for task in ready),
        unarchived=len(tasks) - len(ready),
    )


def read_sample(project: Project, sample: Mapping[str, JsonValue]) -> AnySample | None:
    """Return an archived sample as its contract reads it today, None where it does not any more."""
    contract = sample["contract"]
    if not isinstance(contract, int) or contract not in project.samples:
        return None
    try:
        return project.samples[contract].model_validate_json(canonical(dict(sample)))
    except ValidationError:
        return None


def unlawful(project: Project, samples: Mapping[Origin, Mapping[str, JsonValue]]) -> set[Origin]:
    """Return those samples of the current contract that the stream, with today's rules, would reject.

    They were accepted under an older suite; aggregate expectations are the gate's business.
    """
    current = {key: one for key, one in samples.items() if one["contract"] == project.config.contract.current}
    read = {origin: read_sample(project, sample) for origin, sample in current.items()}
    sound = {origin: columns.row(sample) for origin, sample in read.items() if sample is not None}
    found = violations(project.rules, list(sound.values()))
    broken = {
        origin
        for origin, broke in zip(sound, found, strict=True)
        if any(violation.severity is Severity.CRITICAL for violation in broke)
    }
    return broken | (read.keys() - sound.keys())


@lost_connections_named()
def _labeled_tasks(engine: Engine, project: str) -> tuple[Sequence[Row[Any]], Sequence[Guideline]]:
    """Return the project's tasks that have a consensus, each with the answers of its current round, and the guidelines.

    An answer comes as it was given, with the version under which that was.
    """
    said = func.jsonb_build_array(LabelRow.answer, LabelRow.guideline)
    given = aggregate_order_by(said, LabelRow.labeled_at, LabelRow.label_id)
    votes, counts = LabelRow.purpose == Purpose.CONSENSUS, LabelRow.purpose != Purpose.GOLD
    answers = (
        select(
            TaskRow.task_id,
            func.coalesce(func.jsonb_agg(given).filter(votes), text("'[]'::jsonb")).label("answers"),
            func.bool_or(LabelerRow.simulated).label("simulated"),
        )
        .join(LabelRow, LabelRow.task_id == TaskRow.task_id)
        .join(LabelerRow, LabelerRow.labeler_id == LabelRow.labeler_id)
        .where(TaskRow.project == project, LabelRow.guideline >= TaskRow.guideline, standing(), counts)
        .group_by(TaskRow.task_id)
        .subquery()
    )
    task = (TaskRow.topic, TaskRow.partition, TaskRow.offset, TaskRow.selection, TaskRow.guideline)
    consensus = (ConsensusRow.answer, ConsensusRow.confidence, ConsensusRow.method, ConsensusRow.votes)
    found = (
        select(
            *task,
            *consensus,
            ConsensusRow.estimate,
            ConsensusRow.settled,
            ConsensusRow.guideline.label("consensus_guideline"),
            answers.c.answers,
            answers.c.simulated,
        )
        .join(ConsensusRow, ConsensusRow.task_id == TaskRow.task_id)
        .join(answers, answers.c.task_id == TaskRow.task_id)
        .order_by(TaskRow.task_id)
    )
    with engine.connect() as connection:
        return connection.execute(found).all(), versions_after(connection, project, 0)


def _origin(task: Row[Any]) -> Origin:
    return Origin(topic=task.topic, partition=task.partition, offset=task.offset)


def _candidate(
    task: Row[Any],
    guidelines: Sequence[Guideline],
    samples: Mapping[Origin, dict[str, JsonValue]],
    archived: Samples,
    lawless: Iterable[Origin],
) -> Candidate:
    origin = _origin(task)
    meant = [translated(answer_of(answer), given_under, guidelines) for answer, given_under in task.answers]
    return Candidate(
        origin=origin,
        sample=samples[origin],
        suite=archived[origin]["suite"],
        selection=Selection.model_validate(task.selection),
        consensus=Consensus(
            answer=task.answer,
            confidence=task.confidence,
            method=task.method,
            votes=task.votes,
            guideline=task.consensus_guideline,
            estimate=task.estimate,
        ),
        settled=task.settled and task.consensus_guideline >= task.guideline,
        answers=tuple(answer for answer in meant if answer is not None),
        simulated=task.simulated,
        lawful=origin not in lawless,
    )
