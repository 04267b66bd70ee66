"""Steering: what settled labels say of routing, once, and in the order in which they were settled."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from pydantic import JsonValue
from sqlalchemy import Engine

from schemas.project import ProjectConfig
from schemas.routing import Quota, Steering
from storage.consensus import settle
from storage.queue import enqueue
from storage.steering import ask, newest, renew, versions, want
from storage.tables import OutboxRow
from storage.testing import enlist, label_next, project_config, task_request
from storage.votes import votes_by_task


def labeled(engine: Engine, answers: Sequence[JsonValue], project: ProjectConfig | None = None) -> ProjectConfig:
    """Return a project of which so many tasks are settled, with these answers."""
    project = project or project_config(
        name=f"zoo-{uuid4().hex[:8]}", overlap={"first": 1, "most": 1, "threshold": 0.7}
    )
    first = len(votes_by_task(engine, project.name))
    enqueue(engine, project, [task_request(project.name, first + number) for number in range(len(answers))])
    ada = enlist(engine, project.name, f"ada-{first}")
    tasks = [label_next(engine, project, ada, answer) for answer in answers]
    settle(engine, project, tasks)
    return project


def test_nothing_is_said_before_a_label_is_settled(engine: Engine) -> None:
    """An open task says nothing of its reason."""
    project = project_config(name=f"zoo-{uuid4().hex[:8]}")
    enqueue(engine, project, [task_request(project.name, 0)])
    assert renew(engine, project) is None
    assert newest(engine, project.name) is None


def test_settled_labels_make_a_version_and_an_event(engine: Engine) -> None:
    """The prediction was cat, so a dog is a hit; what is said once is not said again."""
    project = labeled(engine, ["cat", "cat", "dog"])
    told = renew(engine, project)
    assert told is not None
    assert (told.version, renew(engine, project)) == (1, None)
    assert told.hits["uncertain"].labels == pytest.approx(3, rel=0.02)
    with engine.connect() as connection:
        rows = connection.execute(OutboxRow.__table__.select().where(OutboxRow.topic == f"{project.name}.steering"))
        (event,) = rows.all()
    assert Steering.model_validate_json(event.value) == told == newest(engine, project.name)


def test_what_a_version_asks_for_outlives_what_labels_say(engine: Engine) -> None:
    """It is asked for once; the quotas go when a later version asks for none."""
    project, night = labeled(engine, ["cat"]), Quota(column="attributes.shift", value="night", want=50)
    asked = ask(engine, project.name, 3, [night])
    assert ask(engine, project.name, 3, [night]) is None
    told = renew(engine, project)
    assert asked is not None
    assert told is not None
    assert (asked.quotas, asked.asked_by, asked.hits) == ((night,), 3, {})
    assert (told.quotas, told.asked_by, told.version) == ((night,), 3, 2)
    done = ask(engine, project.name, 4, [])
    assert done == told.model_copy(update={"version": 3, "quotas": (), "asked_by": 4})
    assert (newest(engine, project.name), ask(engine, project.name, 5, [])) == (done, None)


def test_a_slice_is_wanted_once_until_the_next_model_asks(engine: Engine) -> None:
    """Beside what the last model asks for, which stays; truth is another value than its text."""
    project = f"zoo-{uuid4().hex[:8]}"
    night, tray = (Quota(column="attributes.shift", value=value, want=50) for value in ("night", True))
    ask(engine, project, 3, [night])
    told = want(engine, project, tray)
    assert told is not None
    assert (told.quotas, told.asked_by, told.version) == ((night, tray), 3, 2)
    assert want(engine, project, tray.model_copy(update={"want": 80})) is None
    done = ask(engine, project, 4, [])
    assert done is not None
    assert done.quotas == ()


def few(kind: str, **labels: Any) -> ProjectConfig:
    """Return a project of labels of this kind, which one labeler settles."""
    overlap = {"first": 1, "most": 1, "threshold": 0.7}
    return project_config(name=f"zoo-{uuid4().hex[:8]}", overlap=overlap, labels={"kind": kind, **labels})


def test_several_classes_are_compared_with_all_that_score_one_half(engine: Engine) -> None:
    """The prediction was cat alone, so a cat and a dog are a hit, and a cat is none."""
    project = few("multilabel", classes=("cat", "dog"))
    told = renew(engine, labeled(engine, [["cat"], ["cat"], ["cat", "dog"]], project))
    assert told is not None
    assert told.hits["uncertain"].hits == 1


def test_boxes_say_nothing_of_a_prediction_of_classes(engine: Engine) -> None:
    """Though they are settled."""
    project = labeled(engine, [[], []], few("boxes", classes=("cat",)))
    assert renew(engine, project) is None


def test_each_version_is_kept(engine: Engine) -> None:
    """A decision of old is explained by what was in force then."""
    project = labeled(engine, ["cat", "dog"])
    first = renew(engine, project)
    second = renew(engine, labeled(engine, ["dog", "dog"], project))
    assert versions(engine, project.name) == {1: first, 2: second}
