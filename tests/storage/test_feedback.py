"""Feedback: kept whatever it is, joined whenever its sample comes, and a reason to have that labeled."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from schemas.project import ProjectConfig
from schemas.topics import Topics
from storage import audits, feedback, joining
from storage.feedback import FeedbackStatus, Place
from storage.lake import Lake
from storage.settings import StorageSettings
from storage.tables import TaskRow
from storage.testing import accepted_sample, archive_samples, project_config


@pytest.fixture
def lake(settings: StorageSettings) -> Iterator[Lake]:
    """The module's lake."""
    with Lake.open(settings) as lake:
        yield lake


@pytest.fixture
def project(lake: Lake) -> ProjectConfig:
    """A project whose lake is empty."""
    project = project_config(name=f"zoo-{uuid4().hex[:8]}")
    lake.ensure(project.name)
    return project


def said(**fields: Any) -> bytes:
    """Return what production says, by itself of sample s0-0, whose prediction was cat."""
    usual = {"feedback_id": "f", "sample_id": "s0-0", "kind": "corrected", "answer": "dog", "source": "helpdesk"}
    return json.dumps({**usual, "occurred_at": "2026-01-02T00:00:00Z", **fields}).encode()


def record(project: ProjectConfig, offset: int, **fields: Any) -> Place:
    """Return what production says at this offset."""
    value = said(**{"feedback_id": f"f{offset}", **fields})
    return Place(topic=f"{project.name}.feedback", partition=0, offset=offset, value=value)


def archive(lake: Lake, project: ProjectConfig, *offsets: int) -> None:
    """Put samples into the lake, of which the model said cat."""
    samples = [accepted_sample(offset) for offset in offsets]
    own = [{"origin": one.origin.model_copy(update={"topic": f"{project.name}.samples"})} for one in samples]
    archive_samples(lake, project.name, [one.model_copy(update=at) for one, at in zip(samples, own, strict=True)])


def standing(engine: Engine, project: ProjectConfig) -> dict[str, int]:
    """Return how much feedback stands where, without zeros."""
    return {status.value: count for status, count in feedback.counts(engine, project.name).items() if count}


def tasks(engine: Engine, project: ProjectConfig) -> list[tuple[str, list[str], float]]:
    """Return the tasks' samples, reasons and propensities."""
    with engine.connect() as connection:
        rows = connection.execute(TaskRow.__table__.select().where(TaskRow.project == project.name)).all()
    return [(row.sample_id, row.selection["reasons"], row.selection["propensity"]) for row in rows]


def test_what_contradicts_the_prediction_goes_to_the_labelers_once(
    engine: Engine, lake: Lake, project: ProjectConfig
) -> None:
    """Were it said twice, or were the record delivered again."""
    archive(lake, project, 0)
    assert (
        feedback.keep(engine, project, [record(project, 0), record(project, 1, feedback_id="f0"), record(project, 2)])
        == 2
    )
    assert feedback.keep(engine, project, [record(project, 0)]) == 0
    assert joining.go_on(engine, lake, project) == 4
    assert joining.go_on(engine, lake, project) == 0
    assert tasks(engine, project) == [("s0-0", ["feedback"], 1.0)]
    assert standing(engine, project) == {"asked": 2}


@pytest.mark.parametrize(
    ("fields", "status"), [({"answer": "cat"}, "joined"), ({"kind": "failed", "answer": None}, "asked")]
)
def test_what_agrees_with_the_prediction_asks_for_nothing(
    engine: Engine, lake: Lake, project: ProjectConfig, fields: dict[str, Any], status: str
) -> None:
    """A check that failed disagrees, though it knows no better answer."""
    archive(lake, project, 0)
    feedback.keep(engine, project, [record(project, 10, **fields)])
    joining.go_on(engine, lake, project)
    assert standing(engine, project) == {status: 1}
    assert len(tasks(engine, project)) == (status == "asked")


def test_feedback_that_comes_before_its_sample_waits_for_it(engine: Engine, lake: Lake, project: ProjectConfig) -> None:
    """It is tried again, later each time; and is given up once it is older than the project keeps it."""
    feedback.keep(engine, project, [record(project, 20), record(project, 21, sample_id="never")])
    assert joining.go_on(engine, lake, project) == 0
    archive(lake, project, 0)
    _pass(engine, project, timedelta(days=1))
    assert joining.go_on(engine, lake, project) == 2
    assert standing(engine, project) == {"asked": 1, "waiting": 1}
    _pass(engine, project, timedelta(days=100))
    joining.go_on(engine, lake, project)
    assert standing(engine, project) == {"asked": 1, "unmatched": 1}


def test_no_more_goes_to_the_labelers_in_an_hour_than_the_project_says(
    engine: Engine, lake: Lake, project: ProjectConfig
) -> None:
    """The rest is due, and goes when there is room again."""
    narrow = project.model_copy(update={"feedback": project.feedback.model_copy(update={"per_hour": 2})})
    archive(lake, narrow, 0, 1, 2)
    feedback.keep(engine, narrow, [record(narrow, 30 + one, sample_id=f"s0-{one}") for one in range(3)])
    joining.go_on(engine, lake, narrow)
    assert standing(engine, narrow) == {"due": 1, "asked": 2}
    _pass(engine, narrow, timedelta(hours=2))
    joining.go_on(engine, lake, narrow)
    assert standing(engine, narrow) == {"asked": 3}
    assert len(tasks(engine, narrow)) == 3


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (b"\xff\x00", "the record: Invalid JSON"),
        (None, "the record: Invalid JSON"),
        (said(answer="wolf"), "'wolf' is no class: answer one of cat, dog, fox."),
        (said(answer=None), "say what is right"),
        (said(sample_id="a\x00b"), "sample_id"),
    ],
)
def test_what_cannot_be_read_is_kept_as_it_came_and_says_why(
    engine: Engine, project: ProjectConfig, value: bytes | None, problem: str
) -> None:
    """Whoever sent it can be told."""
    feedback.keep(engine, project, [Place(topic=f"{project.name}.feedback", partition=0, offset=0, value=value)])
    refused = text("SELECT problem, value FROM feedback WHERE project = :project AND status = 'refused'")
    with engine.connect() as connection:
        ((explained, kept),) = connection.execute(refused, {"project": project.name}).all()
    assert problem in explained
    assert kept == value


def test_the_audit_knows_which_tasks_feedback_asked_for(engine: Engine, lake: Lake, project: ProjectConfig) -> None:
    """Screening selected none of them."""
    archive(lake, project, 0, 1)
    feedback.keep(engine, project, [record(project, 40)])
    joining.go_on(engine, lake, project)
    held = audits.kept(engine, lake, project.name, Topics(project=project.name).samples, [0])[0]
    assert (held.tasks.tolist(), held.asked.tolist()) == ([0], [0])


def test_what_was_said_of_a_sample_can_be_read(engine: Engine, project: ProjectConfig) -> None:
    """The first received first."""
    feedback.keep(
        engine, project, [record(project, 50, note="a wolf in the picture"), record(project, 51, kind="truth")]
    )
    found = feedback.of_sample(engine, project.name, "s0-0")
    assert [(one.kind, one.answer, one.note, one.status) for one in found] == [
        ("corrected", "dog", "a wolf in the picture", FeedbackStatus.WAITING),
        ("truth", "dog", None, FeedbackStatus.WAITING),
    ]


def _pass(engine: Engine, project: ProjectConfig, time: timedelta) -> None:
    """Let so much time pass for the project's feedback."""
    earlier = text(
        "UPDATE feedback SET received_at = received_at - CAST(:time AS interval), "
        "looked_at = looked_at - CAST(:time AS interval) WHERE project = :project"
    )
    with engine.begin() as connection:
        connection.execute(earlier, {"time": time, "project": project.name})
