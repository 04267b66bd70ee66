"""Gold: known answers mixed in unseen, which count in their labelers' records and in nothing else."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from schemas.errors import ConflictError, InputError
from schemas.guidelines import ClassChange, Definition, Draft
from schemas.labels import Purpose
from schemas.project import ProjectConfig
from storage import gold
from storage.answers import answer, undo
from storage.consensus import settle
from storage.guidelines import ensure
from storage.labelers import Labeler
from storage.publishing import publish
from storage.queue import Assignment, claim, depths, enqueue
from storage.records import STEP, GoldAnswers, record
from storage.testing import enlist, label_next, project_config, task_request
from storage.votes import votes_by_task

KNOWN = STEP


@pytest.fixture
def project(engine: Engine) -> ProjectConfig:
    """A project of which every claim gets gold that the labeler has not seen."""
    project = project_config(f"p{uuid4().hex}", overlap={"first": 2, "most": 2, "gold_share": 1.0})
    ensure(engine, project.name, "A cat has whiskers.", project.labels.classes)
    return project


@pytest.fixture
def lead(engine: Engine, project: ProjectConfig) -> Labeler:
    """The project's lead."""
    return enlist(engine, project.name, "lead", lead=True)


def adjudicated(engine: Engine, project: ProjectConfig, lead: Labeler, number: int) -> tuple[int, UUID]:
    """Have as many tasks settled by the lead, as foxes; return the last task and the lead's assignment."""
    enqueue(engine, project, [task_request(project.name, offset) for offset in range(number)])
    plain = project.model_copy(update={"overlap": project.overlap.model_copy(update={"gold_share": 0.0})})
    for given in ("cat", "dog"):
        labeler = enlist(engine, project.name, f"{given} {uuid4().hex}")
        settle(engine, project, [label_next(engine, plain, labeler, given) for _ in range(number)])
    for _ in range(number):
        assignment = claim(engine, project, lead, Purpose.EXPERT)
        assert assignment is not None
        answer(engine, project, lead, assignment.assignment_id, "fox")
        settle(engine, project, [assignment.task_id])
    return assignment.task_id, assignment.assignment_id


def known(engine: Engine, project: ProjectConfig, lead: Labeler, number: int = KNOWN) -> list[int]:
    """Make as many tasks gold, with one more that waits for labels; return the gold ones."""
    adjudicated(engine, project, lead, number)
    tasks = sorted(votes_by_task(engine, project.name))
    for task in tasks:
        gold.make(engine, project, lead, task)
    enqueue(engine, project, [task_request(project.name, 1_000)])
    return tasks


def claimed(engine: Engine, project: ProjectConfig, labeler: Labeler) -> Assignment:
    """Return what the labeler is leased."""
    assignment = claim(engine, project, labeler)
    assert assignment is not None
    return assignment


def test_gold_is_mixed_in_until_a_labeler_has_seen_all_of_it(
    engine: Engine, project: ProjectConfig, lead: Labeler
) -> None:
    """Each once, and then what waits; an assignment of gold looks like every other."""
    tasks, ada = known(engine, project, lead), enlist(engine, project.name, "ada")
    seen = [label_next(engine, project, ada, "fox") for _ in tasks]
    assert sorted(seen) == tasks
    ordinary = claimed(engine, project, ada)
    assert ordinary.task_id not in tasks
    assert claim(engine, project, ada) == ordinary
    assert set(vars(ordinary)) == set(Assignment.__dataclass_fields__)


def test_answers_to_gold_count_neither_as_votes_nor_as_places(
    engine: Engine, project: ProjectConfig, lead: Labeler
) -> None:
    """Consensus stays the expert's, and the task that was passed over for gold keeps its places."""
    tasks = known(engine, project, lead, 1)
    before, waits = votes_by_task(engine, project.name), depths(engine, project.name)
    for name in ("ada", "bob", "eve"):
        assert label_next(engine, project, enlist(engine, project.name, name), "cat") == tasks[0]
    settle(engine, project, tasks)
    assert votes_by_task(engine, project.name) == before
    assert depths(engine, project.name) == waits
    plain = [claimed(engine, project, enlist(engine, project.name, name)) for name in ("kim", "lou")]
    assert {assignment.task_id for assignment in plain} == set(tasks)


def test_without_something_that_waits_no_gold_is_handed_out(
    engine: Engine, project: ProjectConfig, lead: Labeler
) -> None:
    """Who asks an empty queue again and again is not given all of it."""
    task, _ = adjudicated(engine, project, lead, 1)
    gold.make(engine, project, lead, task)
    assert claim(engine, project, enlist(engine, project.name, "ada")) is None


def test_whoever_labeled_or_settled_a_task_is_not_tested_on_it(
    engine: Engine, project: ProjectConfig, lead: Labeler
) -> None:
    """The expert knows the answer."""
    tasks = known(engine, project, lead)
    assert claimed(engine, project, lead).task_id not in tasks


def test_a_record_tells_of_gold_in_steps(engine: Engine, project: ProjectConfig, lead: Labeler) -> None:
    """Nothing before the first step is full, so that no answer is told to have been gold; then accuracy with bounds."""
    known(engine, project, lead)
    ada = enlist(engine, project.name, "ada")
    for number in range(KNOWN):
        assert (record(engine, project, ada).labels, record(engine, project, ada).gold) == (number, None)
        label_next(engine, project, ada, "cat" if number == 0 else "fox")
    told = record(engine, project, ada).gold
    assert isinstance(told, GoldAnswers)
    assert (told.answered, told.right, told.accuracy.estimate) == (KNOWN, KNOWN - 1, (KNOWN - 1) / KNOWN)
    assert 0 < told.accuracy.low < told.accuracy.estimate < told.accuracy.high < 1


def test_undo_does_not_tell_what_is_gold(engine: Engine, project: ProjectConfig, lead: Labeler) -> None:
    """The record keeps to the first answer, so a changed one moves nothing."""
    known(engine, project, lead)
    ada = enlist(engine, project.name, "ada")
    slip = claimed(engine, project, ada)
    answer(engine, project, ada, slip.assignment_id, "cat")
    for _ in range(KNOWN - 1):
        label_next(engine, project, ada, "fox")
    before = record(engine, project, ada).gold
    undo(engine, project, ada, slip.assignment_id)
    assert record(engine, project, ada).gold == before
    answer(engine, project, ada, slip.assignment_id, "fox")
    assert record(engine, project, ada).gold == before


def test_only_what_an_expert_settled_can_be_gold(engine: Engine, project: ProjectConfig, lead: Labeler) -> None:
    """Not a task of labelers' consensus, nor of another project, nor one that is not there."""
    enqueue(engine, project, [task_request(project.name, 0)])
    task = label_next(engine, project, enlist(engine, project.name, "ada"), "cat")
    for where, which in ((project, task), (project, 2**62), (project_config("other"), task)):
        with pytest.raises(InputError, match="adjudicate"):
            gold.make(engine, where, lead, which)


def test_gold_is_listed_once_until_it_is_retired(engine: Engine, project: ProjectConfig, lead: Labeler) -> None:
    """Made twice it is one; made anew it is gold again; meanwhile its answers count in no record."""
    [task] = known(engine, project, lead, 1)
    gold.make(engine, project, lead, task)
    [listed] = gold.gold_of(engine, project.name)
    assert (listed.task_id, listed.answer, listed.made_by, listed.guideline) == (task, "fox", "lead", 1)
    gold.retire(engine, project, task)
    assert gold.gold_of(engine, project.name) == []
    with pytest.raises(InputError, match="not gold"):
        gold.retire(engine, project, task)
    assert claimed(engine, project, enlist(engine, project.name, "ada")).task_id != task
    gold.make(engine, project, lead, task)
    assert len(gold.gold_of(engine, project.name)) == 1


def test_an_answer_that_is_gold_is_not_taken_back(engine: Engine, project: ProjectConfig, lead: Labeler) -> None:
    """Before the gold is retired."""
    task, assignment = adjudicated(engine, project, lead, 1)
    gold.make(engine, project, lead, task)
    with pytest.raises(ConflictError, match="retire"):
        undo(engine, project, lead, assignment)
    gold.retire(engine, project, task)
    undo(engine, project, lead, assignment)


def test_a_guideline_that_reopens_a_task_ends_its_being_gold(
    engine: Engine, project: ProjectConfig, lead: Labeler
) -> None:
    """What was right under the old one need not be under the new."""
    tasks = known(engine, project, lead, 1)
    assert publish(engine, project, Draft(body="A dog barks.", settles=(("cat", "dog"),))).reopened == 1
    assert gold.gold_of(engine, project.name) == []
    ada = enlist(engine, project.name, "ada")
    assert label_next(engine, project, ada, "fox") == tasks[0]
    assert record(engine, project, ada).gold is None


def test_gold_is_compared_in_todays_classes(engine: Engine, project: ProjectConfig, lead: Labeler) -> None:
    """A class that was renamed since is the same class, whichever name was answered."""
    tasks, ada = known(engine, project, lead), enlist(engine, project.name, "ada")
    for _ in tasks[1:]:
        label_next(engine, project, ada, "fox")
    names = tuple(Definition(name=name) for name in ("cat", "dog", "wolf"))
    renamed = ClassChange(takes=("fox",), gives=("wolf",))
    publish(engine, project, Draft(body="A fox is a wolf.", definitions=names, changes=(renamed,)))
    assert label_next(engine, project, ada, "wolf") in tasks
    told = record(engine, project, ada).gold
    assert told is not None
    assert (told.answered, told.right) == (KNOWN, KNOWN)
