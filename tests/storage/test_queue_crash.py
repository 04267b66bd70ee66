"""The queue when the server dies: a lease may be lost with it, a label never is, and nothing is labeled twice."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, func, select, text

from infra.postgres import accepts
from infra.services import storage_services
from infra.settings import InfraSettings
from infra.stack import Stack
from infra.testing import guard
from schemas.errors import InputError, UnavailableError
from storage.answers import answer
from storage.assignments import renew
from storage.database import lost_connections_named, open_engine
from storage.labelers import Labeler
from storage.migrate import migrate
from storage.queue import claim, enqueue
from storage.settings import StorageSettings
from storage.tables import AssignmentRow, LabelRow, TaskRow
from storage.testing import enlist, project_config, task_request

pytestmark = pytest.mark.faults

T = TypeVar("T")
PROJECT = project_config("crash", overlap={"first": 2, "most": 4})
# The log is written out by commits that wait for it, and by nothing else within a test.
LAZY = ("wal_writer_delay = '10s'", "autovacuum = off")


@dataclass(frozen=True, kw_only=True)
class Server:
    """A PostgreSQL of the test's own, which is restarted when it dies."""

    engine: Engine
    url: str
    data: Path

    def crash(self) -> None:
        """End it at once, as a power cut would: what was not written to the disk is gone; return when it is back."""
        postmaster = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        os.kill(postmaster, signal.SIGQUIT)
        while psutil.pid_exists(postmaster) or not accepts(self.url):
            time.sleep(0.05)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A running server, with the tables made."""
    outside = "127.0.0.1:1"  # no Kafka is needed
    stack = Stack(
        InfraSettings(var=tmp_path, kafka_bootstrap=outside, database_url=None, kafka_port=None, postgres_port=None)
    )
    try:
        stack.start([guard(), *storage_services(stack)])
        url = stack.addresses.database_url.get_secret_value()
        storage = StorageSettings(database_url=SecretStr(url))
        migrate(storage)
        engine = open_engine(storage, pool_size=8)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for setting in LAZY:
                connection.execute(text(f"ALTER SYSTEM SET {setting}"))
            connection.execute(text("SELECT pg_reload_conf()"))
        yield Server(engine=engine, url=url, data=tmp_path / "postgres")
        engine.dispose()
    finally:
        stack.stop()


def patiently(call: Callable[[], T]) -> T:
    """Repeat a call while the server is away."""
    while True:
        try:
            return call()
        except UnavailableError:
            time.sleep(0.05)


@lost_connections_named()
def counted(engine: Engine, column: type[AssignmentRow | LabelRow]) -> int:
    """Return how many rows there are."""
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(column)) or 0


def test_a_lease_that_died_with_the_server_is_free_for_others_and_its_late_answer_refused(server: Server) -> None:
    """Clearly, and without a label; the labeler claims again."""
    ada, bob, eve = (enlist(server.engine, PROJECT.name, name) for name in ("ada", "bob", "eve"))
    enqueue(server.engine, PROJECT, [task_request(PROJECT.name, 0)])
    time.sleep(0.5)  # whatever else wrote to the log is over
    lost = claim(server.engine, PROJECT, ada)
    server.crash()
    assert patiently(lambda: counted(server.engine, AssignmentRow)) == 0
    for labeler in (bob, eve):
        kept = claim(server.engine, PROJECT, labeler)
        assert kept is not None
        answer(server.engine, PROJECT, labeler, kept.assignment_id, "cat")
    assert lost is not None
    with pytest.raises(InputError, match="claim one"):
        answer(server.engine, PROJECT, ada, lost.assignment_id, "dog")
    assert claim(server.engine, PROJECT, ada) is None
    assert counted(server.engine, LabelRow) == PROJECT.overlap.first


def test_a_label_outlives_the_server_and_so_does_its_lease(server: Server) -> None:
    """Claims that went before a label are written with it; a renewal after it is not, and the lease ends as it was."""
    ada, bob = (enlist(server.engine, PROJECT.name, name) for name in ("ada", "bob"))
    enqueue(server.engine, PROJECT, [task_request(PROJECT.name, 0)])
    kept, told = claim(server.engine, PROJECT, ada), claim(server.engine, PROJECT, bob)
    assert kept is not None
    assert told is not None
    label = answer(server.engine, PROJECT, ada, kept.assignment_id, "cat")
    renew(server.engine, PROJECT, bob, told.assignment_id)
    server.crash()
    assert patiently(lambda: answer(server.engine, PROJECT, ada, kept.assignment_id, "cat")) == label
    assert claim(server.engine, PROJECT, bob) == told
    answer(server.engine, PROJECT, bob, told.assignment_id, "dog")
    assert counted(server.engine, LabelRow) == PROJECT.overlap.first


def test_no_place_is_labeled_twice_though_the_server_dies_again_and_again(server: Server) -> None:
    """Every task gets as many labels as it wants, each of another labeler, and each that was told of stands."""
    tasks = 150
    enqueue(server.engine, PROJECT, [task_request(PROJECT.name, at) for at in range(tasks)])
    labelers = [enlist(server.engine, PROJECT.name, f"labeler {number}") for number in range(4)]

    def work(labeler: Labeler) -> int:
        labels = 0
        while assignment := patiently(lambda: claim(server.engine, PROJECT, labeler)):
            one = assignment.assignment_id
            try:
                patiently(lambda one=one: answer(server.engine, PROJECT, labeler, one, "cat"))  # type: ignore[misc]
            except InputError:
                continue
            labels += 1
        return labels

    with ThreadPoolExecutor(4) as threads:
        working = [threads.submit(work, labeler) for labeler in labelers]
        for _ in range(2):
            time.sleep(0.3)
            server.crash()
        assert sum(one.result() for one in working) == tasks * PROJECT.overlap.first
    per_task = select(func.count(), func.count(LabelRow.labeler_id.distinct())).group_by(LabelRow.task_id)
    with server.engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(per_task)] == [(2, 2)] * tasks
        assert set(connection.scalars(select(TaskRow.free))) == {0}
