"""Slices: what labeled tasks can be sliced by."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine

from labeling.findings import disputed_slices
from schemas.project import ProjectConfig
from storage.guidelines import ensure
from storage.queue import enqueue
from storage.slices import slices_by_task
from storage.testing import enlist, label_next, project_config, task_request
from storage.votes import votes_by_task


@pytest.fixture
def project(engine: Engine) -> ProjectConfig:
    """A project with a guideline and no tasks."""
    project = project_config(f"p{uuid4().hex}")
    ensure(engine, project.name, "A cat has whiskers.", project.labels.classes)
    return project


def test_labeled_tasks_have_source_week_and_attributes(engine: Engine, project: ProjectConfig) -> None:
    """Tasks without a label say nothing of agreement; the week begins on a Monday."""
    enqueue(engine, project, [task_request(project.name, 0), task_request(project.name, 1)])
    assert slices_by_task(engine, project.name) == {}
    task = label_next(engine, project, enlist(engine, project.name, "ann"), "cat")
    found = slices_by_task(engine, project.name)
    assert list(found) == [task]
    assert found[task] == {"source": "camera", "week": "2025-12-29", "attributes.batch": "leaky"}


def test_slices_and_votes_name_the_same_tasks(engine: Engine, project: ProjectConfig) -> None:
    """As findings need."""
    enqueue(engine, project, [task_request(project.name, 0)])
    label_next(engine, project, enlist(engine, project.name, "ann"), "cat")
    votes, slices = votes_by_task(engine, project.name), slices_by_task(engine, project.name)
    assert votes.keys() == slices.keys()
    assert disputed_slices(votes, slices) == []
