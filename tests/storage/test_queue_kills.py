"""The queue while connections are killed: claims and answers are repeated, and none is done twice."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, func, select, text

from schemas.errors import UnavailableError
from storage.answers import answer
from storage.database import open_engine
from storage.labelers import Labeler
from storage.queue import claim, enqueue
from storage.settings import StorageSettings
from storage.tables import AssignmentRow, LabelRow
from storage.testing import enlist, fresh_database, fresh_engine, project_config, task_request

T = TypeVar("T")
TASKS, WANTED = 120, 2


def patiently(call: Callable[[], T]) -> T:
    """Repeat a call whose connection was lost."""
    while True:
        try:
            return call()
        except UnavailableError:
            continue


def kill(engine: Engine, over: Event) -> int:
    """Terminate a random connection to the database every few milliseconds until it is over; return how many."""
    draws, killed = random.Random(3), 0  # noqa: S311 - no secret
    others = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
    with engine.connect() as connection:
        while not over.wait(0.02):
            pids = sorted(connection.scalars(others))
            if pids:
                killed += bool(connection.scalar(select(func.pg_terminate_backend(draws.choice(pids)))))
            connection.rollback()
    return killed


@pytest.mark.parametrize("answers", [False, True])
def test_no_place_is_given_twice_while_connections_are_killed(stack: Any, answers: bool) -> None:  # noqa: FBT001
    """Every task gets as many leases, or labels, as it wants; each of another labeler."""
    project, over = project_config(f"p{uuid4().hex}", overlap={"first": WANTED, "most": 4}), Event()
    with fresh_database(stack.database_url) as url:
        storage = StorageSettings(database_url=SecretStr(url))
        safe, shaken = open_engine(storage), open_engine(storage, pool_size=8)
        enqueue(safe, project, [task_request(project.name, offset) for offset in range(TASKS)])
        count = 4 if answers else TASKS * WANTED
        labelers = [enlist(safe, project.name, f"labeler {number}") for number in range(count)]

        def work(labeler: Labeler) -> int:
            done = 0
            while assignment := patiently(lambda: claim(shaken, project, labeler)):
                done += 1
                if not answers:
                    break
                one = assignment.assignment_id
                patiently(lambda one=one: answer(shaken, project, labeler, one, "cat"))  # type: ignore[misc]
            return done

        with ThreadPoolExecutor(5) as threads:
            killing = threads.submit(kill, safe, over)
            done = list(threads.map(work, labelers))
            over.set()
        counted = LabelRow if answers else AssignmentRow
        per_task = select(func.count(), func.count(counted.labeler_id.distinct())).group_by(counted.task_id)
        with safe.connect() as connection:
            assert [tuple(row) for row in connection.execute(per_task)] == [(WANTED, WANTED)] * TASKS
        assert sum(done) == TASKS * WANTED
        assert killing.result() > 0
        safe.dispose()
        shaken.dispose()


def test_a_client_that_lost_its_connection_gets_the_lease_that_was_written(stack: Any) -> None:
    """Though it was never told of it."""
    project = project_config(f"p{uuid4().hex}")
    with fresh_engine(stack.database_url) as engine:
        enqueue(engine, project, [task_request(project.name, offset) for offset in range(3)])
        ada = enlist(engine, project.name, "ada")
        unheard = claim(engine, project, ada)
        engine.dispose()
        assert claim(engine, project, ada) == unheard
