"""Answers: written once, never changed, and announced in the same transaction."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select, update

from schemas.errors import ConflictError, InputError
from schemas.labels import Label
from schemas.project import ProjectConfig
from schemas.topics import Topics
from storage.answers import answer
from storage.labelers import Labeler
from storage.queue import claim, enqueue
from storage.tables import AssignmentRow, TaskRow
from storage.testing import enlist, expire, project_config, published, task_request


@pytest.fixture
def project(engine: Engine) -> ProjectConfig:
    """A project with one task that wants one label."""
    project = project_config(f"p{uuid4().hex}", overlap={"first": 1, "most": 4})
    enqueue(engine, project, [task_request(project.name, 0)])
    return project


def claimed(engine: Engine, project: ProjectConfig, labeler: Labeler) -> UUID:
    """Return the id of the labeler's assignment."""
    assignment = claim(engine, project, labeler)
    assert assignment is not None
    return assignment.assignment_id


def test_an_answer_becomes_a_label_and_its_event(engine: Engine, project: ProjectConfig) -> None:
    """The event says what the label says, keyed by the task."""
    ada = enlist(engine, project.name, "ada")
    published(engine)
    label = answer(engine, project, ada, claimed(engine, project, ada), "cat")
    assert (label.answer, label.labeler, label.simulated, label.sample_id) == ("cat", "ada", True, "s0")
    [message] = published(engine)
    assert (message.topic, message.key) == (Topics(project=project.name).labels, str(label.task_id).encode())
    assert Label.model_validate_json(message.value) == label


def test_the_same_answer_again_is_the_same_label(engine: Engine, project: ProjectConfig) -> None:
    """Also when both arrive at once; it is announced once."""
    ada = enlist(engine, project.name, "ada")
    assignment = claimed(engine, project, ada)
    published(engine)
    with ThreadPoolExecutor(4) as threads:
        labels = list(threads.map(lambda _: answer(engine, project, ada, assignment, "cat"), range(8)))
    assert len(set(labels)) == 1
    assert len(published(engine)) == 1


def test_another_answer_to_an_answered_assignment_is_refused(engine: Engine, project: ProjectConfig) -> None:
    """Labels never change."""
    ada = enlist(engine, project.name, "ada")
    assignment = claimed(engine, project, ada)
    answer(engine, project, ada, assignment, "cat")
    with pytest.raises(ConflictError, match="never change"):
        answer(engine, project, ada, assignment, "dog")


def test_a_late_answer_counts_while_nobody_has_the_place(engine: Engine, project: ProjectConfig) -> None:
    """The work was done; nothing is gained by throwing it away."""
    ada = enlist(engine, project.name, "ada")
    assignment = claimed(engine, project, ada)
    expire(engine, assignment)
    assert answer(engine, project, ada, assignment, "fox").answer == "fox"


@pytest.mark.parametrize("finished", [False, True])
def test_a_late_answer_is_refused_once_somebody_else_has_the_place(
    engine: Engine,
    project: ProjectConfig,
    finished: bool,  # noqa: FBT001
) -> None:
    """Whether that one holds the lease or has answered already."""
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")
    late = claimed(engine, project, ada)
    expire(engine, late)
    taken = claimed(engine, project, bob)
    if finished:
        answer(engine, project, bob, taken, "cat")
    with pytest.raises(ConflictError, match="lease has expired"):
        answer(engine, project, ada, late, "cat")


def test_a_late_answer_and_a_new_claim_never_both_get_the_last_place(engine: Engine) -> None:
    """Twenty races: the task wants one label and gets one."""
    project = project_config(f"p{uuid4().hex}", overlap={"first": 1, "most": 4})
    ada, bob = enlist(engine, project.name, "ada"), enlist(engine, project.name, "bob")

    def late(assignment: UUID) -> int:
        try:
            answer(engine, project, ada, assignment, "cat")
        except ConflictError:
            return 0
        return 1

    def take(_: UUID) -> int:
        assignment = claim(engine, project, bob)
        return 0 if assignment is None else bool(answer(engine, project, bob, assignment.assignment_id, "cat"))

    with ThreadPoolExecutor(2) as threads:
        for offset in range(20):
            enqueue(engine, project, [task_request(project.name, offset)])
            assignment = claimed(engine, project, ada)
            expire(engine, assignment)
            both = [threads.submit(late, assignment), threads.submit(take, assignment)]
            assert sum(future.result() for future in both) == 1


def test_a_strangers_assignment_and_one_that_never_was_look_alike(engine: Engine, project: ProjectConfig) -> None:
    """What is refused says nothing of what exists."""
    ada, eve = enlist(engine, project.name, "ada"), enlist(engine, project.name, "eve")
    said = []
    for assignment in (claimed(engine, project, ada), uuid4()):
        with pytest.raises(InputError) as refused:
            answer(engine, project, eve, assignment, "cat")
        said.append(str(refused.value).replace(str(assignment), "ID"))
    assert said[0] == said[1]


def test_an_unknown_class_is_refused_with_those_there_are(engine: Engine, project: ProjectConfig) -> None:
    """And the lease goes on."""
    ada = enlist(engine, project.name, "ada")
    assignment = claimed(engine, project, ada)
    with pytest.raises(InputError, match="cat, dog, fox"):
        answer(engine, project, ada, assignment, "wolf")
    assert answer(engine, project, ada, assignment, "fox").answer == "fox"


@pytest.mark.parametrize("taken", [False, True])
def test_an_answer_that_had_to_wait_is_judged_by_what_it_waited_for(
    engine: Engine,
    project: ProjectConfig,
    taken: bool,  # noqa: FBT001
) -> None:
    """The assignment is skipped, or its place taken, by who had the task in hand: so it is refused."""
    ada = enlist(engine, project.name, "ada")
    lease = claim(engine, project, ada)
    assert lease is not None
    own = update(AssignmentRow).where(AssignmentRow.assignment_id == lease.assignment_id)
    task = update(TaskRow).where(TaskRow.task_id == lease.task_id)
    with ThreadPoolExecutor(1) as thread, engine.begin() as holder:
        holder.execute(select(TaskRow.task_id).where(TaskRow.task_id == lease.task_id).with_for_update())
        answering = thread.submit(answer, engine, project, ada, lease.assignment_id, "cat")
        with pytest.raises(TimeoutError):
            answering.result(timeout=0.3)
        holder.execute(own.values(status="expired" if taken else "skipped"))
        if taken:
            holder.execute(task.values(free=0))
        holder.commit()
        with pytest.raises(ConflictError):
            answering.result(timeout=10)
