"""Hints at new labels, where Airflow is away; `tests/dags/test_kills.py` has one that is there."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from storage.consensus import settle
from storage.hints import hint
from storage.queue import enqueue
from storage.testing import enlist, fresh_engine, label_next, project_config, task_request
from streams.hints import Hints


@pytest.fixture
def engine(stack: Any) -> Iterator[Engine]:
    """A database of the test's own."""
    with fresh_engine(stack.database_url) as engine:
        yield engine


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://ann:secret@127.0.0.1:1/airflow"])
def test_an_airflow_that_is_away_stops_nothing(engine: Engine, address: str) -> None:
    """The worker goes on, and hints when it looks again."""
    project = project_config("zoo", overlap={"first": 1, "most": 1, "threshold": 0.7})
    hints = Hints(project="zoo", engine=engine, airflow=SecretStr(address), apart=timedelta(0))
    asyncio.run(hints.look())
    enqueue(engine, project, [task_request("zoo", 0)])
    settle(engine, project, [label_next(engine, project, enlist(engine, "zoo", "ada"), "cat")])
    asyncio.run(hints.look())
    assert hint(engine, "zoo", apart=timedelta(0), tell=lambda: None)
