"""The rows that a version built now, or at another instant, would have: read, joined and chosen, not held in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from catalog.assembly import Assembler, Candidate, LabeledTask
from catalog.choice import Exclusion
from schemas.answers import Answer
from schemas.guidelines import Definition, Guideline
from storage.candidates import read_candidates
from storage.lake import Lake
from storage.projects import Project
from storage.spool import Spooled, spool


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What is kept of every candidate, a row or not, for the gate."""

    answers: tuple[Answer, ...]
    settled: bool
    labeled_at: datetime
    waited: timedelta


@dataclass(frozen=True, kw_only=True)
class Assembled:
    """A version's rows, under the guideline in force at the instant `at`, and what was heard of all candidates.

    `excluded` and `left` are those of `catalog.assembly.Assembly`; `unarchived` counts the labeled tasks whose sample
    the lake does not hold yet.
    """

    at: datetime
    guideline: Guideline
    rows: Spooled
    heard: Sequence[Heard]
    excluded: Mapping[Exclusion, int]
    left: Mapping[str, Exclusion]
    unarchived: int


@contextmanager
def assembled(project: Project, engine: Engine, lake: Lake, as_of: datetime | None = None) -> Iterator[Assembled]:
    """Read labels and lake, and yield the rows that a version of them would have; they last as long as the block."""
    with spool() as shelf:
        with read_candidates(engine, lake, project, as_of) as found:
            guideline = found.guideline or _own_guideline(project)
            listener = _Listener()
            made = _assembler(project, guideline).assemble_in_order(listener.candidates(found.tasks), shelf)
        yield Assembled(
            at=found.at,
            guideline=guideline,
            rows=made.rows,
            heard=listener.heard,
            excluded=made.excluded,
            left=made.left,
            unarchived=listener.unarchived,
        )


@dataclass
class _Listener:
    """Passes candidates on, and keeps what the gate asks of them."""

    heard: list[Heard] = field(default_factory=list)
    unarchived: int = 0
    _answers: dict[tuple[Answer, ...], tuple[Answer, ...]] = field(default_factory=dict)

    def candidates(self, tasks: Iterable[LabeledTask]) -> Iterator[Candidate]:
        for task in tasks:
            if isinstance(task, Candidate):
                self.heard.append(self._heard(task))
                yield task
            else:
                self.unarchived += 1

    def _heard(self, task: Candidate) -> Heard:
        answers = self._answers.setdefault(task.answers, task.answers)
        return Heard(answers=answers, settled=task.settled, labeled_at=task.labeled_at, waited=task.waited)


def _assembler(project: Project, guideline: Guideline) -> Assembler:
    config = project.config
    return Assembler(
        project=config.name,
        recipe=config.dataset,
        contract=config.contract.current,
        classes=guideline.classes,
        labels=config.labels,
        near=config.duplicates,
    )


def _own_guideline(project: Project) -> Guideline:
    """Return the project's own text, which is in force before any version was published."""
    definitions = tuple(Definition(name=name) for name in project.config.labels.classes)
    return Guideline(version=1, body=project.guideline, definitions=definitions)
