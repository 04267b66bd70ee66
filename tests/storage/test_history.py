"""What stood at an instant can be found out afterwards: builds of a past date give what that date would have given."""

from dataclasses import replace
from datetime import datetime
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select

from schemas.answers import Answer
from schemas.guidelines import ClassChange, Definition, Draft
from schemas.labels import Purpose
from schemas.project import ProjectConfig
from schemas.verdicts import Origin
from storage import estimating, guidelines
from storage.answers import answer, undo
from storage.consensus import settle
from storage.doubts import Doubtful, raise_doubts
from storage.guidelines import ensure
from storage.history import labeled_at
from storage.labeled import Labeled, labeled_now
from storage.labelers import Labeler
from storage.publishing import publish
from storage.queue import claim, enqueue
from storage.tables import TaskRow
from storage.testing import enlist, project_config, task_request

# Each story goes on for so many steps; so many votes tell four labelers apart.
STEPS, VOTES = 160, 130


class Story:
    """A project to which anything happens that may happen; a seed decides what."""

    def __init__(self, engine: Engine, project: ProjectConfig, seed: int) -> None:
        self.engine, self.project, self.chance = engine, project, Random(seed)  # noqa: S311 - a story, no secret
        self.labelers = [enlist(engine, project.name, name) for name in ("ann", "bob", "cem", "dee")]
        self.lead = enlist(engine, project.name, "lead", lead=True)
        self.given: list[tuple[Labeler, UUID, int]] = []
        self.offsets = 0

    def step(self) -> None:
        """Let something happen, labels above all."""
        happens = [self.label] * 12 + [self.enqueue, self.undo, self.adjudicate, self.doubt, self.revise, self.estimate]
        self.chance.choice(happens)()

    def enqueue(self) -> None:
        """Some samples are selected."""
        requests = [task_request(self.project.name, self.offsets + more) for more in range(4)]
        self.offsets += len(requests)
        enqueue(self.engine, self.project, requests)

    def label(self, who: Labeler | None = None, purpose: Purpose = Purpose.CONSENSUS) -> None:
        """Somebody answers, rightly as a rule: right is what the offset says."""
        labeler = who or self.chance.choice(self.labelers)
        assignment = claim(self.engine, self.project, labeler, purpose)
        if assignment is None:
            return
        classes = assignment.classes
        right = classes[assignment.task_id % len(classes)]
        said = right if self.chance.random() < 0.7 else self.chance.choice(classes)
        answer(self.engine, self.project, labeler, assignment.assignment_id, said)
        settle(self.engine, self.project, [assignment.task_id])
        if purpose is Purpose.CONSENSUS:
            self.given.append((labeler, assignment.assignment_id, assignment.task_id))

    def adjudicate(self) -> None:
        """The lead settles what was set aside."""
        self.label(self.lead, Purpose.EXPERT)

    def doubt(self) -> None:
        """A model contradicts what was settled."""
        found = [task for task in now(self.engine, self.project).tasks if task.settled]
        some = self.chance.sample(found, min(3, len(found)))
        told = [(task.origin, task.consensus.answer, task.consensus.guideline) for task in some]
        raise_doubts(self.engine, self.project, [doubtful(*each) for each in told])

    def undo(self) -> None:
        """Somebody takes the last answer back, if that may still be."""
        if not self.given:
            return
        labeler, assignment, task = self.given.pop()
        undo(self.engine, self.project, labeler, assignment)
        settle(self.engine, self.project, [task])

    def revise(self) -> None:
        """A guideline settles a pair, has a task labeled anew, or renames a class."""
        now = guidelines.current(self.engine, self.project.name)
        one, other = self.chance.sample(now.classes, 2)
        text = f"Text {uuid4()}"
        match self.chance.randrange(3):
            case 0:
                draft = Draft(body=text, settles=((one, other),))
            case 1:
                draft = Draft(body=text, reopens=tuple(self._tasks()[:2]))
            case _:
                named = tuple(Definition(name=f"{one}'" if name == one else name) for name in now.classes)
                draft = Draft(body=text, definitions=named, changes=(ClassChange(takes=(one,), gives=(f"{one}'",)),))
        publish(self.engine, self.project, draft)
        self.given.clear()

    def estimate(self) -> None:
        """Labelers are told apart, once there are votes enough."""
        estimating.renew(self.engine, self.project)

    def _tasks(self) -> list[int]:
        with self.engine.connect() as connection:
            found = list(connection.scalars(select(TaskRow.task_id).where(TaskRow.project == self.project.name)))
        self.chance.shuffle(found)
        return found


def doubtful(origin: Origin, answer: Answer, guideline: int) -> Doubtful:
    """Return the doubt about an answer."""
    return Doubtful(origin=origin, answer=answer, guideline=guideline, score=0.5, reason="a model says otherwise")


@pytest.fixture
def project(engine: Engine) -> ProjectConfig:
    """A project with a guideline and no tasks."""
    project = project_config(f"p{uuid4().hex}")
    ensure(engine, project.name, "A cat has whiskers.", project.labels.classes)
    return project


def now(engine: Engine, project: ProjectConfig) -> Labeled:
    """Return the labeled tasks as they stand."""
    with engine.connect() as connection, connection.begin():
        return read(labeled_now(connection, project.name))


def then(engine: Engine, project: ProjectConfig, at: datetime) -> Labeled:
    """Return the labeled tasks as they stood."""
    with engine.connect() as connection, connection.begin():
        return read(labeled_at(connection, project, at))


def read(found: Labeled) -> Labeled:
    """Return the same with its tasks at hand, and without the places, which may be those of others too."""
    return replace(found, tasks=tuple(found.tasks), places=())


def settled(found: Labeled) -> Labeled:
    """Return the settled tasks only: of others, a consensus of before the last change may still be stored."""
    return replace(found, tasks=tuple(task for task in found.tasks if task.settled))


@pytest.mark.parametrize("seed", range(2))
def test_what_stood_is_what_is_found_afterwards(engine: Engine, project: ProjectConfig, seed: int) -> None:
    """Through retractions, experts, guidelines of every kind, and estimates of the labelers."""
    story = Story(engine, project, seed)
    stood: list[Labeled] = []
    for step in range(STEPS):
        story.step()
        if step % 8 == 0:
            stood.append(now(engine, project))
    assert len(stood[-1].guidelines) > 2
    assert sum(task.settled for task in stood[-1].tasks) > 5
    for one in stood:
        assert settled(then(engine, project, one.at)) == settled(one)


def test_tasks_that_estimates_concluded_are_concluded_by_those_of_then(engine: Engine, project: ProjectConfig) -> None:
    """The estimate of now knows the labelers otherwise."""
    story = Story(engine, project, 7)
    stood: list[Labeled] = []
    for _ in range(2):
        for _ in range(VOTES):
            if story.chance.random() < 0.4:
                story.enqueue()
            story.label()
        story.estimate()
        stood.append(now(engine, project))
    assert {task.consensus.estimate for task in stood[-1].tasks} - {None}
    for one in stood:
        assert settled(then(engine, project, one.at)) == settled(one)
