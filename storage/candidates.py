"""What a dataset version may be made of: labeled tasks beside their archived samples."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue, ValidationError
from sqlalchemy import Connection, Engine

from catalog.assembly import Candidate, LabeledTask
from catalog.canonical import canonical
from quality.decoding import decode
from quality.rules import judge
from schemas.guidelines import Guideline
from schemas.project import ProjectConfig
from schemas.samples import AnySample
from schemas.verdicts import Severity, Violation
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
            yield Candidate(**vars(task), sample=one.sample, suite=one.suite, lawful=one.lawful, text=one.text)


def _samples(project: Project, rows: Sequence[Fields]) -> Iterator["_Archived"]:
    samples = list(map(sample_of, rows))
    texts = list(map(canonical, samples))
    lawless = unlawful(project, [(sample["contract"], text) for sample, text in zip(samples, texts, strict=True)])
    for number, (row, sample, text) in enumerate(zip(rows, samples, texts, strict=True)):
        lawful = number not in lawless
        yield _Archived(place=place(row), sample=sample, text=text, suite=row["suite"], lawful=lawful)


@dataclass(frozen=True, kw_only=True)
class _Archived:
    """A sample as the lake has it, also as canonical JSON; `lawful` says that today's rules would accept it."""

    place: Place
    sample: Mapping[str, JsonValue]
    text: bytes
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


def unlawful(project: Project, samples: Sequence[tuple[JsonValue, bytes]]) -> set[int]:
    """Return which of the samples, each with its contract's version, the stream with today's rules would reject.

    They were accepted under an older suite; aggregate expectations are the gate's business. Of versions other than the
    current one nothing is said.
    """
    current = [number for number, (contract, _) in enumerate(samples) if contract == project.config.contract.current]
    decoded = decode(project.contract, [samples[number][1] for number in current])
    read = frozenset[str]().union(*(rule.reads for rule in project.rules))
    found = judge(project.rules, decoded.columns.for_rules(read), len(decoded.places)).violations
    broken = [decoded.places[row] for row, violations in found.items() if any(map(_is_critical, violations))]
    return {current[place] for place in (*broken, *decoded.violations)}


def _is_critical(violation: Violation) -> bool:
    return violation.severity is Severity.CRITICAL
