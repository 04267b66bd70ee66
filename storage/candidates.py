"""What a dataset version may be made of: labeled tasks beside their archived samples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue, ValidationError
from sqlalchemy import Engine

from catalog.assembly import Candidate, LabeledTask
from catalog.canonical import canonical
from quality import columns
from quality.rules import violations
from schemas.guidelines import Guideline
from schemas.project import ProjectConfig
from schemas.samples import AnySample
from schemas.verdicts import Origin, Severity
from storage.database import lost_connections_named
from storage.history import labeled_at
from storage.labeled import Labeled, labeled_now, origin_of
from storage.lake import Lake
from storage.lake_rows import sample_of
from storage.projects import Project

Samples = Mapping[Origin, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Every labeled task whose sample is archived, and how many wait for their sample to be.

    `at` is the instant at which it was so, `guideline` the one in force then, None before any was published.
    """

    at: datetime
    guideline: Guideline | None
    ready: tuple[Candidate, ...]
    unarchived: int


def read_candidates(engine: Engine, lake: Lake, project: Project, as_of: datetime | None = None) -> Candidates:
    """Join the project's labeled tasks, as they stand or as they stood, with the lake's samples by origin.

    Samples never change; only when one was archived is not known, so one counts that had labels by then.
    """
    found = _labeled(engine, project.config, as_of)
    archived = _archived(lake, project, found.tasks)
    samples = {origin: sample_of(row) for origin, row in archived.items()}
    lawless = unlawful(project, samples)
    return Candidates(
        at=found.at,
        guideline=found.guidelines[-1] if found.guidelines else None,
        ready=tuple(
            Candidate(
                **vars(task),
                sample=samples[task.origin],
                suite=archived[task.origin]["suite"],
                lawful=task.origin not in lawless,
            )
            for task in found.tasks
            if task.origin in archived
        ),
        unarchived=len(found.tasks) - len(archived),
    )


def _archived(lake: Lake, project: Project, tasks: Iterable[LabeledTask]) -> Samples:
    found = lake.samples_at(project.config.name, (task.origin for task in tasks))
    return {origin_of(row): row for row in found.to_pylist()}


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
def _labeled(engine: Engine, project: ProjectConfig, as_of: datetime | None) -> Labeled:
    with engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")  # labels come in meanwhile
        with connection.begin():
            if as_of is None:
                return labeled_now(connection, project.name)
            return labeled_at(connection, project, as_of)
