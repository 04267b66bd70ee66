"""What a dataset version may be made of: labeled tasks beside their archived samples."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue, ValidationError
from sqlalchemy import Connection, Engine

from catalog.assembly import Candidate, LabeledTask
from catalog.canonical import canonical
from quality import columns
from quality.rules import violations
from schemas.guidelines import Guideline
from schemas.project import ProjectConfig
from schemas.samples import AnySample
from schemas.verdicts import Severity
from storage.database import lost_connections_named
from storage.history import labeled_at
from storage.labeled import Labeled, labeled_now, place_of
from storage.lake import Lake
from storage.lake_marks import Place
from storage.lake_rows import Fields, place, sample_of
from storage.projects import Project


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Every labeled task, in the order of their origins: those whose sample is archived are candidates, others wait.

    `at` is the instant at which it was so, `guideline` the one in force then, None before any was published. The tasks
    are read as they are iterated over, which can be done once.
    """

    at: datetime
    guideline: Guideline | None
    tasks: Iterator[LabeledTask]


@contextmanager
def read_candidates(
    engine: Engine, lake: Lake, project: Project, as_of: datetime | None = None
) -> Iterator[Candidates]:
    """Join the project's labeled tasks, as they stand or as they stood, with the lake's samples by origin.

    Samples never change; only when one was archived is not known, so one counts that had labels by then. Labels and
    samples are read a lot at a time while the block runs, and all of them of one instant.
    """
    with lost_connections_named(), engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")  # labels come in meanwhile
        with connection.begin():
            found = _labeled(connection, project.config, as_of)
            with closing(found.tasks), lake.samples_at(project.config.name, found.places) as lots:
                guideline = found.guidelines[-1] if found.guidelines else None
                yield Candidates(at=found.at, guideline=guideline, tasks=_joined(project, found.tasks, lots))


def _labeled(connection: Connection, project: ProjectConfig, as_of: datetime | None) -> Labeled:
    return labeled_now(connection, project.name) if as_of is None else labeled_at(connection, project, as_of)


def _joined(project: Project, tasks: Iterable[LabeledTask], lots: Iterator[Sequence[Fields]]) -> Iterator[LabeledTask]:
    """Yield each task as a candidate where its sample is among the rows; both come in the order of their places."""
    archived = (each for rows in lots for each in _samples(project, rows))
    one = next(archived, None)
    for task in tasks:
        while one is not None and one.place < place_of(task):
            one = next(archived, None)
        if one is None or one.place != place_of(task):
            yield task
        else:
            yield Candidate(**vars(task), sample=one.sample, suite=one.suite, lawful=one.lawful)


def _samples(project: Project, rows: Sequence[Fields]) -> Iterator["_Archived"]:
    samples = {place(row): sample_of(row) for row in rows}
    lawless = unlawful(project, samples)
    for row in rows:
        here = place(row)
        yield _Archived(place=here, sample=samples[here], suite=row["suite"], lawful=here not in lawless)


@dataclass(frozen=True, kw_only=True)
class _Archived:
    """A sample as the lake has it; `lawful` says that today's rules would accept it."""

    place: Place
    sample: Mapping[str, JsonValue]
    suite: str
    lawful: bool


def read_sample(project: Project, sample: Mapping[str, JsonValue]) -> AnySample | None:
    """Return an archived sample as its contract reads it today, None where it does not any more."""
    contract = sample["contract"]
    if not isinstance(contract, int) or contract not in project.samples:
        return None
    try:
        return project.samples[contract].model_validate_json(canonical(dict(sample)))
    except ValidationError:
        return None


def unlawful(project: Project, samples: Mapping[Place, Mapping[str, JsonValue]]) -> set[Place]:
    """Return those samples of the current contract that the stream, with today's rules, would reject.

    They were accepted under an older suite; aggregate expectations are the gate's business.
    """
    current = {key: one for key, one in samples.items() if one["contract"] == project.config.contract.current}
    read = {place: read_sample(project, sample) for place, sample in current.items()}
    sound = {place: columns.row(sample) for place, sample in read.items() if sample is not None}
    found = violations(project.rules, list(sound.values()))
    broken = {
        place
        for place, broke in zip(sound, found, strict=True)
        if any(violation.severity is Severity.CRITICAL for violation in broke)
    }
    return broken | (read.keys() - sound.keys())
