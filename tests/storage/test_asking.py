"""Whom a task is kept for: they are given it first, and in time everybody is."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine, select, text

from labeling.overlap import Decision
from labeling.settling import Verdict
from schemas.guidelines import Draft
from schemas.labels import TaskStatus
from schemas.project import ProjectConfig
from storage.assignments import skip
from storage.consensus import lock_tasks, settle, store
from storage.guidelines import ensure
from storage.labelers import Labeler
from storage.publishing import publish
from storage.queue import claim, enqueue
from storage.tables import TaskRow
from storage.testing import enlist, expire, label_next, project_config, task_request
from storage.unleased import waiting

TWO = 2


@pytest.fixture
def project(engine: Engine) -> ProjectConfig:
    """A project with two tasks, the second less urgent."""
    project = project_config(f"p{uuid4().hex}", overlap={"first": TWO, "most": 4})
    enqueue(engine, project, [task_request(project.name, at, uncertain=0.9 - at / 10) for at in range(TWO)])
    return project


def tasks_of(engine: Engine, project: ProjectConfig) -> list[int]:
    """Return the project's tasks, most urgent first."""
    of_project = select(TaskRow.task_id).where(TaskRow.project == project.name)
    with engine.connect() as connection:
        return list(connection.scalars(of_project.order_by(TaskRow.due_at)))


def ask(engine: Engine, project: ProjectConfig, task: int, name: str | None, wanted: int = TWO) -> None:
    """Decide that the task is kept for the labeler of this name."""
    decision = Decision(status=TaskStatus.OPEN, wanted=wanted, ask=name)
    with engine.begin() as connection:
        verdict = Verdict(guideline=1, decision=decision, consensus=None)
        store(connection, project, lock_tasks(connection, project.name, [task]), {task: verdict})


def lapse(engine: Engine, project: ProjectConfig) -> None:
    """Let the time be over for which tasks are kept."""
    ended = text("UPDATE tasks SET asked_until = now() - interval '1 second' WHERE project = :project")
    with engine.begin() as connection:
        connection.execute(ended, {"project": project.name})


def given(engine: Engine, project: ProjectConfig, labeler: Labeler) -> int | None:
    """Return the task that the labeler is leased."""
    assignment = claim(engine, project, labeler)
    return None if assignment is None else assignment.task_id


def test_who_is_asked_is_given_the_task_first_and_others_are_not_offered_it(
    engine: Engine, project: ProjectConfig
) -> None:
    """Though something more urgent waits; to the others nothing waits but that."""
    first, second = tasks_of(engine, project)
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")
    ask(engine, project, second, "ada")
    assert label_next(engine, project, bob, "cat") == first
    assert given(engine, project, bob) is None
    assert [given(engine, project, ada)] == [second]


def test_once_it_is_leased_to_whom_was_asked_the_other_places_are_for_everybody(
    engine: Engine, project: ProjectConfig
) -> None:
    """The second place of two, here."""
    first, _ = tasks_of(engine, project)
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")
    ask(engine, project, first, "ada")
    assert [given(engine, project, one) for one in (ada, bob)] == [first, first]


def test_after_a_while_anyone_gets_it(engine: Engine, project: ProjectConfig) -> None:
    """However often the same is decided again: nothing waits for ever for one who is away."""
    first, second = tasks_of(engine, project)
    enlist(engine, project.name, "ada")
    bob = enlist(engine, project.name, "bob")
    for task in (first, second):
        ask(engine, project, task, "ada")
    assert given(engine, project, bob) is None
    lapse(engine, project)
    ask(engine, project, first, "ada")
    assert given(engine, project, bob) == first


def test_one_more_label_wanted_may_be_asked_for_anew(engine: Engine, project: ProjectConfig) -> None:
    """For it is another label; whoever is asked then has a while for themselves again."""
    first, second = tasks_of(engine, project)
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")
    ask(engine, project, first, "ada")
    lapse(engine, project)
    ask(engine, project, first, "ada", wanted=3)
    assert given(engine, project, bob) == second
    assert given(engine, project, ada) == first


@pytest.mark.parametrize("skips", [False, True])
def test_who_skips_it_or_loses_the_lease_gives_it_to_all(
    engine: Engine,
    project: ProjectConfig,
    skips: bool,  # noqa: FBT001
) -> None:
    """And is not asked for it again, whatever is decided."""
    first, _ = tasks_of(engine, project)
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")
    ask(engine, project, first, "ada")
    lease = claim(engine, project, ada)
    assert lease is not None
    if skips:
        skip(engine, project, ada, lease.assignment_id, "blurred")
    else:
        expire(engine, lease.assignment_id)
    ask(engine, project, first, "ada")
    assert given(engine, project, bob) == first


def test_nobody_is_kept_waiting_for_a_name_that_is_no_labelers(engine: Engine, project: ProjectConfig) -> None:
    """Nor for one who has labeled the task, nor once it is settled without asking anybody."""
    first, second = tasks_of(engine, project)
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")
    ask(engine, project, first, "nobody")
    assert label_next(engine, project, ada, "cat") == first
    ask(engine, project, first, "ada")
    assert label_next(engine, project, bob, "cat") == first
    ask(engine, project, second, "ada")
    settle(engine, project, [second])
    assert given(engine, project, bob) == second


def test_a_task_that_begins_anew_is_for_everybody(engine: Engine, project: ProjectConfig) -> None:
    """Who was asked was to settle what the guideline has settled."""
    ensure(engine, project.name, "A cat has whiskers.", project.labels.classes)
    first, _ = tasks_of(engine, project)
    for given_by in ("cat", "dog"):
        label_next(engine, project, enlist(engine, project.name, given_by), given_by)
    enlist(engine, project.name, "ada")
    ask(engine, project, first, "ada", wanted=3)
    publish(engine, project, Draft(body="A dog barks.", settles=(("cat", "dog"),)))
    assert given(engine, project, enlist(engine, project.name, "bob")) == first


def test_what_is_kept_for_a_labeler_is_not_sent_elsewhere(engine: Engine, project: ProjectConfig) -> None:
    """Until that is over."""
    first, second = tasks_of(engine, project)
    enlist(engine, project.name, "ada")
    ask(engine, project, first, "ada")
    assert [task.task_id for task in waiting(engine, project.name, 9)] == [second]
    lapse(engine, project)
    assert [task.task_id for task in waiting(engine, project.name, 9)] == [first, second]
