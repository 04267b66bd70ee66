"""Estimates of simulated labelers: made from stored votes when there are enough, and what they do to stored tasks."""

import random
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, insert, select, update

from labeling.overlap import Decision
from schemas.guidelines import ClassChange, Draft
from schemas.labels import Purpose, TaskStatus
from schemas.project import ProjectConfig
from storage import estimates, gold
from storage.answers import answer
from storage.consensus import settle
from storage.estimating import renew
from storage.guidelines import ensure
from storage.labelers import Labeler
from storage.publishing import publish
from storage.queue import claim, enqueue
from storage.tables import AssignmentRow, ConsensusRow, EstimateRow, LabelerRow, LabelRow, TaskRow
from storage.testing import enlist, project_config, task_request

CLASSES = ("cat", "dog", "fox")
# How often each simulated labeler is right.
SKILLS = {"ann": 1.0, "ben": 0.95, "cem": 0.8, "dan": 0.8, "eve": 0.7, "guesser": 1 / 3}
# Tasks that all of them label before anything is estimated.
WARM_UP = 40


@pytest.fixture
def project(engine: Engine) -> ProjectConfig:
    """A project with a guideline."""
    project = project_config(f"p{uuid4().hex}", overlap={"first": 2, "most": 6})
    ensure(engine, project.name, "A cat has whiskers.", project.labels.classes)
    return project


@pytest.fixture
def team(engine: Engine, project: ProjectConfig) -> dict[str, Labeler]:
    """Its simulated labelers."""
    return {name: enlist(engine, project.name, name) for name in SKILLS}


def tasks_of(engine: Engine, project: ProjectConfig, count: int) -> list[int]:
    """Enqueue as many more tasks, and return them."""
    with engine.connect() as connection:
        there = connection.scalar(select(func.count()).where(TaskRow.project == project.name)) or 0
    enqueue(engine, project, [task_request(project.name, there + number) for number in range(count)])
    with engine.connect() as connection:
        found = select(TaskRow.task_id).where(TaskRow.project == project.name).order_by(TaskRow.task_id)
        return list(connection.scalars(found.offset(there)))


def say(engine: Engine, said: list[tuple[int, Labeler, str]]) -> None:
    """Write labels as they would stand after claims and answers, without the queue's deciding whose turn it is."""
    assignments = [
        {
            "assignment_id": uuid4(),
            "task_id": task,
            "labeler_id": labeler.labeler_id,
            "guideline": 1,
            "status": "answered",
            "expires_at": func.now(),
        }
        for task, labeler, _ in said
    ]
    labels = [
        {
            "label_id": uuid4(),
            "assignment_id": assignment["assignment_id"],
            "task_id": task,
            "labeler_id": labeler.labeler_id,
            "answer": given,
            "guideline": 1,
        }
        for assignment, (task, labeler, given) in zip(assignments, said, strict=True)
    ]
    with engine.begin() as connection:
        connection.execute(insert(AssignmentRow).values(assignments))
        connection.execute(insert(LabelRow).values(labels))


def warmed_up(engine: Engine, project: ProjectConfig, team: dict[str, Labeler], count: int = WARM_UP) -> list[int]:
    """Have all label as many tasks as by their skill, and settle them; return the tasks."""
    draw, tasks = random.Random(0), tasks_of(engine, project, count)  # noqa: S311 - a simulation
    truths = {task: draw.choice(CLASSES) for task in tasks}
    said = [
        (task, labeler, truths[task] if draw.random() < SKILLS[name] else draw.choice(CLASSES))
        for task in tasks
        for name, labeler in team.items()
    ]
    say(engine, said)
    settle(engine, project, tasks)
    return tasks


def conclusion(engine: Engine, task: int) -> tuple[str, str, int | None, bool]:
    """Return a task's answer, by which method and estimate, and whether it is settled."""
    with engine.connect() as connection:
        found = select(ConsensusRow.answer, ConsensusRow.method, ConsensusRow.estimate, ConsensusRow.settled)
        answer, method, estimate, settled = connection.execute(found.where(ConsensusRow.task_id == task)).one()
        return str(answer), method, estimate, settled


def told_at(engine: Engine, task: int) -> object:
    """Return when a task's consensus last said something else."""
    with engine.connect() as connection:
        return connection.scalar(select(ConsensusRow.updated_at).where(ConsensusRow.task_id == task))


def test_nothing_is_estimated_before_labelers_gave_enough(
    engine: Engine, project: ProjectConfig, team: dict[str, Labeler]
) -> None:
    """24 votes on the average; until then each counts alike."""
    tasks = warmed_up(engine, project, team, count=23)
    assert renew(engine, project) is None
    assert estimates.method(engine, project) is None
    assert conclusion(engine, tasks[0])[1:3] == ("one-coin", None)


def test_where_a_good_and_a_bad_labeler_differ_the_good_one_is_believed(
    engine: Engine, project: ProjectConfig, team: dict[str, Labeler]
) -> None:
    """And settles the task, beside one who guesses; where two poor ones differ, the best one is to be asked next."""
    warmed_up(engine, project, team)
    assert renew(engine, project) is not None
    clear, unclear = tasks_of(engine, project, 2)
    say(engine, [(clear, team["guesser"], "cat"), (clear, team["ann"], "dog")])
    say(engine, [(unclear, team["guesser"], "cat"), (unclear, team["eve"], "dog")])
    decisions = settle(engine, project, [clear, unclear])
    assert conclusion(engine, clear) == ("dog", "dawid-skene", 1, True)
    assert decisions[unclear] == Decision(status=TaskStatus.OPEN, wanted=3, ask="ann")


def test_an_estimate_judges_all_tasks_anew_and_is_made_once(
    engine: Engine, project: ProjectConfig, team: dict[str, Labeler], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch by batch; settling again changes nothing, and without news there is no other estimate."""
    monkeypatch.setattr("storage.estimating.BATCH", 7)
    [disputed] = tasks_of(engine, project, 1)
    say(engine, [(disputed, team["guesser"], "cat"), (disputed, team["eve"], "cat"), (disputed, team["ann"], "dog")])
    tasks = [disputed, *warmed_up(engine, project, team)]
    settle(engine, project, tasks)
    assert conclusion(engine, disputed)[0] == "cat"
    first = renew(engine, project)
    assert first is not None
    assert {conclusion(engine, task)[2] for task in tasks} == {1}
    assert conclusion(engine, disputed)[0] == "dog"
    before = [conclusion(engine, task) for task in tasks]
    decisions = settle(engine, project, tasks)
    assert settle(engine, project, tasks[::-1]) == decisions
    assert [conclusion(engine, task) for task in tasks] == before
    assert renew(engine, project) is None


def test_a_consensus_that_says_the_same_keeps_its_time(
    engine: Engine, project: ProjectConfig, team: dict[str, Labeler]
) -> None:
    """Steering goes by what was settled last, which judging everything anew is not."""
    tasks = warmed_up(engine, project, team)
    before = {task: (conclusion(engine, task), told_at(engine, task)) for task in tasks}
    assert renew(engine, project) is not None
    after = {task: (conclusion(engine, task), told_at(engine, task)) for task in tasks}
    same = {task for task in tasks if before[task][0][::3] == after[task][0][::3]}
    assert same
    assert {task for task in tasks if before[task][1] == after[task][1]} == same


def test_whoever_dies_while_tasks_are_judged_anew_leaves_that_to_the_next(
    engine: Engine, project: ProjectConfig, team: dict[str, Labeler]
) -> None:
    """As the estimate's row says."""
    tasks = warmed_up(engine, project, team)
    renew(engine, project)
    with engine.begin() as connection:
        connection.execute(update(EstimateRow).where(EstimateRow.project == project.name).values(judged_at=None))
        connection.execute(update(ConsensusRow).where(ConsensusRow.task_id == tasks[-1]).values(estimate=None))
    assert renew(engine, project) is None
    assert conclusion(engine, tasks[-1])[2] == 1


def test_several_who_estimate_at_once_make_one(
    engine: Engine, project: ProjectConfig, team: dict[str, Labeler]
) -> None:
    """Whoever finds another one at it leaves it to that one."""
    warmed_up(engine, project, team)
    with ThreadPoolExecutor(4) as threads:
        made = [one for one in threads.map(lambda _: renew(engine, project), range(8)) if one is not None]
    assert [one.version for one in made] == [1]


def test_nobody_is_asked_whose_account_is_disabled(
    engine: Engine, project: ProjectConfig, team: dict[str, Labeler]
) -> None:
    """What they answered still tells."""
    warmed_up(engine, project, team)
    with engine.begin() as connection:
        gone = update(LabelerRow).where(LabelerRow.labeler_id == team["ann"].labeler_id)
        connection.execute(gone.values(disabled_at=func.now()))
    made = renew(engine, project)
    assert made is not None
    assert made.active == {name for name in SKILLS if name != "ann"}
    assert "ann" in made.labelers


def test_what_an_expert_settled_stays_and_is_known(
    engine: Engine, project: ProjectConfig, team: dict[str, Labeler]
) -> None:
    """An estimate made of it does not touch it."""
    warmed_up(engine, project, team)
    lead = enlist(engine, project.name, "lead", lead=True)
    [task] = tasks_of(engine, project, 1)
    say(engine, [(task, team[name], given) for name, given in zip(SKILLS, ["cat", "dog", "fox"] * 2, strict=True)])
    assert settle(engine, project, [task])[task].status is TaskStatus.EXPERT
    lease = claim(engine, project, lead, Purpose.EXPERT)
    assert lease is not None
    answer(engine, project, lead, lease.assignment_id, "fox")
    settle(engine, project, [lease.task_id])
    gold.make(engine, project, lead, lease.task_id)
    made = renew(engine, project)
    assert made is not None
    assert (made.choice.gold, made.choice.by_default) == (1, True)
    assert conclusion(engine, lease.task_id) == ("fox", "expert", None, True)


def test_a_guideline_with_other_classes_leaves_tasks_to_one_coin_until_the_next_estimate(
    engine: Engine, project: ProjectConfig, team: dict[str, Labeler]
) -> None:
    """Which is made at once, if there are votes enough in its classes."""
    tasks = warmed_up(engine, project, team)
    renew(engine, project)
    publish(engine, project, Draft(body="A pet.", changes=(ClassChange(takes=("cat",), gives=("dog",)),)))
    settle(engine, project, tasks)
    assert {conclusion(engine, task)[1:3] for task in tasks} == {("one-coin", None)}
    second = renew(engine, project)
    assert second is not None
    assert (second.version, second.guideline, second.classes) == (2, 2, ("dog", "fox"))
    assert {conclusion(engine, task)[1:3] for task in tasks} == {("dawid-skene", 2)}


def test_an_estimate_is_read_as_it_was_made(engine: Engine, project: ProjectConfig, team: dict[str, Labeler]) -> None:
    """But for the digits that are kept of its matrices; CROWDLAB's part too, since all samples have scores."""
    warmed_up(engine, project, team)
    made = renew(engine, project)
    with engine.connect() as connection:
        read = estimates.newest(connection, project.name)
    assert made is not None
    assert read is not None
    for name in ("version", "guideline", "classes", "labelers", "active", "accuracy", "trust", "choice", "labels"):
        assert getattr(read, name) == getattr(made, name)
    assert abs(read.confusion - made.confusion).max() < 1e-7
    assert read.crowd is not None
    assert made.crowd is not None
    assert read.crowd.weights.labelers.tolist() == made.crowd.weights.labelers.tolist()
    assert read.crowd.sharpness == made.crowd.sharpness
