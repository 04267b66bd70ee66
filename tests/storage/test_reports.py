"""Labelers' reports from stored answers: fair, and silent about which task is gold and what others said."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine

from labeling.reports import Confused
from schemas.labels import Purpose
from schemas.project import ProjectConfig
from storage import gold
from storage.answers import answer, undo
from storage.assignments import skip
from storage.consensus import settle
from storage.guidelines import ensure
from storage.labelers import Labeler
from storage.queue import claim, enqueue
from storage.records import STEP
from storage.reports import every_report, own_report
from storage.testing import enlist, label_next, project_config, task_request


@pytest.fixture
def project(engine: Engine) -> ProjectConfig:
    """A project of which every claim gets gold that the labeler has not seen."""
    project = project_config(f"p{uuid4().hex}", overlap={"first": 3, "most": 3, "gold_share": 1.0})
    ensure(engine, project.name, "A cat has whiskers.", project.labels.classes)
    return project


def plain(project: ProjectConfig) -> ProjectConfig:
    """Return the project as it would be without gold among the claims."""
    return project.model_copy(update={"overlap": project.overlap.model_copy(update={"gold_share": 0.0})})


def known(engine: Engine, project: ProjectConfig, count: int) -> Labeler:
    """Make as many tasks gold, as foxes; labelers took them for a cat, a dog and a fox. Return the lead."""
    lead = enlist(engine, project.name, "lead", lead=True)
    enqueue(engine, project, [task_request(project.name, offset) for offset in range(count)])
    for given in ("cat", "dog", "fox"):
        labeler = enlist(engine, project.name, f"{given} {uuid4().hex}")
        settle(engine, project, [label_next(engine, plain(project), labeler, given) for _ in range(count)])
    for _ in range(count):
        lease = claim(engine, project, lead, Purpose.EXPERT)
        assert lease is not None
        task = answer(engine, project, lead, lease.assignment_id, "fox").task_id
        settle(engine, project, [task])
        gold.make(engine, project, lead, task)
    enqueue(engine, project, [task_request(project.name, 1_000 + offset) for offset in range(STEP)])
    return lead


def test_a_lead_sees_accuracy_confusion_and_agreement_of_each(engine: Engine, project: ProjectConfig) -> None:
    """By name, with what each gold answer was taken for."""
    known(engine, project, 2)
    ada = enlist(engine, project.name, "ada")
    label_next(engine, project, ada, "fox")
    label_next(engine, project, ada, "cat")
    found = {report.labeler: report for report in every_report(engine, project)}
    assert len(found) == 4
    assert found["ada"].confusion == (
        Confused(gold="fox", answer="cat", times=1),
        Confused(gold="fox", answer="fox", times=1),
    )
    assert (found["ada"].labels, found["ada"].answered) == (2, 2)
    assert isinstance(found["ada"].seconds, float)
    assert 0 <= found["ada"].seconds < 60


def test_agreement_is_with_the_others_and_not_with_oneself(engine: Engine, project: ProjectConfig) -> None:
    """Two say cat and one says dog: each of the two has a tie against them, and the third both."""
    enqueue(engine, project, [task_request(project.name, 0)])
    for name, given in (("ada", "cat"), ("bob", "cat"), ("eve", "dog")):
        label_next(engine, project, enlist(engine, project.name, name), given)
    compared = {one.labeler: one.compared for one in every_report(engine, project)}
    assert compared == {"ada": 0, "bob": 0, "eve": 1}


def test_ones_own_report_does_not_tell_gold_from_other_tasks(engine: Engine, project: ProjectConfig) -> None:
    """After each answer it says the same of gold as of a task that others have labeled, until a step is full."""
    known(engine, project, STEP)
    ada = enlist(engine, project.name, "ada")
    for number in range(1, STEP):
        label_next(engine, project, ada, "fox")
        told = own_report(engine, project, ada)
        assert (told.labels, told.answered, told.compared, told.confusion) == (number, 0, 0, ())
    label_next(engine, project, ada, "fox")
    told = own_report(engine, project, ada)
    assert (told.labels, told.answered) == (STEP, STEP)
    assert "ada" in str(told)
    assert "cat " not in str(told)


def test_an_undo_tells_neither_gold_nor_what_others_said(engine: Engine, project: ProjectConfig) -> None:
    """The first answer is the one that is judged."""
    known(engine, project, STEP)
    ada = enlist(engine, project.name, "ada")
    lease = claim(engine, project, ada)
    assert lease is not None
    answer(engine, project, ada, lease.assignment_id, "cat")
    for _ in range(STEP - 1):
        label_next(engine, project, ada, "fox")
    before = own_report(engine, project, ada)
    undo(engine, project, ada, lease.assignment_id)
    answer(engine, project, ada, lease.assignment_id, "fox")
    assert own_report(engine, project, ada) == before


def test_a_newcomer_has_a_report_before_the_first_answer(engine: Engine, project: ProjectConfig) -> None:
    """It is that of the team, as far as that is known."""
    found = own_report(engine, project, enlist(engine, project.name, "new"))
    assert (found.labels, found.answered, found.seconds, found.drift) == (0, 0, None, None)


def test_gold_that_was_retired_counts_no_more(engine: Engine, project: ProjectConfig) -> None:
    """As in the record."""
    known(engine, project, 1)
    ada = enlist(engine, project.name, "ada")
    task = label_next(engine, project, ada, "cat")
    assert [one.answered for one in every_report(engine, project) if one.labeler == "ada"] == [1]
    gold.retire(engine, project, task)
    assert [one.answered for one in every_report(engine, project) if one.labeler == "ada"] == [0]


def test_boxes_are_right_that_match_gold(engine: Engine) -> None:
    """Though their sides differ; no confusion is told, since hardly two answers are equal."""
    boxes = {"kind": "boxes", "classes": ("cat", "dog")}
    overlap = {"first": 1, "most": 1, "skips": 1, "gold_share": 1.0}
    project = project_config(f"p{uuid4().hex}", labels=boxes, overlap=overlap)
    enqueue(engine, project, [task_request(project.name, 0)])
    shy, lead = enlist(engine, project.name, "shy"), enlist(engine, project.name, "lead", lead=True)
    lease = claim(engine, project, shy)
    assert lease is not None
    skip(engine, project, shy, lease.assignment_id, "too dark")
    lease = claim(engine, project, lead, Purpose.EXPERT)
    assert lease is not None
    whole = {"name": "cat", "left": 0, "top": 0, "right": 10, "bottom": 10}
    task = answer(engine, project, lead, lease.assignment_id, [whole]).task_id
    settle(engine, project, [task])
    gold.make(engine, project, lead, task)
    enqueue(engine, project, [task_request(project.name, 1)])
    for name, given in (("ada", {**whole, "right": 9}), ("bob", {**whole, "right": 3})):
        assert label_next(engine, project, enlist(engine, project.name, name), [given]) == task
    found = {report.labeler: report for report in every_report(engine, project)}
    assert (found["ada"].answered, found["ada"].confusion, found["bob"].answered) == (1, (), 1)
    assert found["ada"].accuracy.estimate > 0.5 > found["bob"].accuracy.estimate
