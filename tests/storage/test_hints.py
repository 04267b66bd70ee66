"""Hints at new labels: few, by one worker, and only where there are any."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from schemas.project import ProjectConfig
from storage.consensus import settle
from storage.hints import hint
from storage.queue import enqueue
from storage.testing import enlist, label_next, project_config, task_request

AT_ONCE, TOMORROW = timedelta(0), timedelta(days=1)


@pytest.fixture
def project(engine: Engine) -> ProjectConfig:
    """A project at whose labels somebody has begun to look."""
    found = project_config(name=f"zoo-{uuid4().hex[:8]}", overlap={"first": 1, "most": 1, "threshold": 0.7})
    assert not hint(engine, found.name, apart=AT_ONCE, tell=_nothing)
    return found


def _nothing() -> None:
    """Tell nobody."""


def label(engine: Engine, project: ProjectConfig, offset: int) -> None:
    """Have one more task settled."""
    enqueue(engine, project, [task_request(project.name, offset)])
    settle(engine, project, [label_next(engine, project, enlist(engine, project.name, f"ada-{offset}"), "cat")])


def test_a_settled_label_is_hinted_at_once(engine: Engine, project: ProjectConfig) -> None:
    """Another hint needs another label."""
    told: list[str] = []
    for offset in range(2):
        label(engine, project, offset)
        assert hint(engine, project.name, apart=AT_ONCE, tell=lambda: told.append("told"))
        assert not hint(engine, project.name, apart=AT_ONCE, tell=lambda: told.append("told"))
    assert told == ["told", "told"]


def test_hints_are_apart(engine: Engine, project: ProjectConfig) -> None:
    """Not one a label: the first one, too, comes only when that time has passed."""
    label(engine, project, 0)
    assert not hint(engine, project.name, apart=TOMORROW, tell=_nothing)


def test_a_hint_that_could_not_be_told_is_told_later(engine: Engine, project: ProjectConfig) -> None:
    """Airflow may be away."""

    def away() -> None:
        raise ConnectionError

    label(engine, project, 0)
    with pytest.raises(ConnectionError):
        hint(engine, project.name, apart=AT_ONCE, tell=away)
    assert hint(engine, project.name, apart=AT_ONCE, tell=_nothing)


def test_of_workers_that_look_at_once_one_tells(engine: Engine, project: ProjectConfig) -> None:
    """The others neither wait nor tell."""
    label(engine, project, 0)
    both, told = Barrier(4), []

    def look() -> bool:
        both.wait()
        return hint(engine, project.name, apart=AT_ONCE, tell=lambda: told.append("told"))

    with ThreadPoolExecutor(4) as pool:
        found = [one.result() for one in [pool.submit(look) for _ in range(4)]]
    assert (sorted(found), told) == ([False, False, False, True], ["told"])
