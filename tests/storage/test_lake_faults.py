"""The archive under real faults: no room, lost connections, writers that are stopped in mid-append."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from schemas.errors import UnavailableError
from storage.database import open_engine
from storage.lake import Lake
from storage.settings import StorageSettings
from storage.testing import accepted_sample, archive_samples, fresh_database


@pytest.fixture(scope="module")
def storage(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageSettings]:
    """A database and a folder of their own."""
    with fresh_database(stack.database_url) as url:
        yield StorageSettings(database_url=SecretStr(url), lake=str(tmp_path_factory.mktemp("lake")))


@pytest.fixture
def lake(storage: StorageSettings) -> Iterator[Lake]:
    """An open lake."""
    with Lake.open(storage) as lake:
        yield lake


@pytest.fixture
def project() -> str:
    """The name of a project that nobody else has."""
    return f"p-{uuid4().hex}"


def offsets(lake: Lake, project: str) -> list[int]:
    """Return the archived offsets in order."""
    return sorted(lake.samples(project, ("offset",)).column("offset").to_pylist())


def start(storage: StorageSettings, script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a process that finds the lake in its settings."""
    environment = {"ASSAY_DATABASE_URL": storage.database_url.get_secret_value(), "ASSAY_LAKE": storage.lake}
    command = (sys.executable, "-c", script, *arguments)
    return subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True)


CRAMPED = """
import json, resource, sys
from schemas.errors import UnavailableError
from storage.lake import Lake
from storage.settings import StorageSettings
from storage.testing import accepted_sample, archive_samples

samples = [accepted_sample(offset) for offset in range(3, 40)]
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
said = []
with Lake.open(StorageSettings()) as lake:
    for most in map(int, sys.argv[2:]):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
        try:
            archive_samples(lake, sys.argv[1], samples)
        except UnavailableError as error:
            said.append(str(error))
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        said.append(sorted(lake.samples(sys.argv[1], ("offset",)).column("offset").to_pylist()))
    archive_samples(lake, sys.argv[1], samples)
print(json.dumps(said))
"""


def test_without_room_nothing_is_half_archived_and_work_goes_on_when_there_is_some(
    lake: Lake, storage: StorageSettings, project: str
) -> None:
    """Whichever file finds none: rows, manifests, metadata. The kernel refuses the write, as a full disk does."""
    archive_samples(lake, project, [accepted_sample(offset) for offset in range(3)])
    said = json.loads(start(storage, CRAMPED, project, "0", "1000", "3000", "5000").communicate(timeout=60)[0])
    errors, found = [one for one in said if isinstance(one, str)], [one for one in said if isinstance(one, list)]
    assert found == [[0, 1, 2]] * 4
    assert all("has no room" in error for error in errors)
    assert len(errors) == 4
    assert offsets(lake, project) == list(range(40))


WRITER = """
import sys
from schemas.errors import UnavailableError
from storage.lake import Lake
from storage.settings import StorageSettings
from storage.testing import accepted_sample, archive_samples

with Lake.open(StorageSettings()) as lake:
    for first in range(0, 10_000, 5):
        while True:
            try:
                archive_samples(lake, sys.argv[1], [accepted_sample(offset) for offset in range(first, first + 5)])
                break
            except (UnavailableError, FileNotFoundError):  # a worker would end, and the next one begin here
                continue
"""


@pytest.mark.faults
def test_a_writer_that_is_stopped_and_wakes_up_doubles_and_loses_nothing(
    lake: Lake, storage: StorageSettings, project: str
) -> None:
    """Stopped anywhere in an append; others archive the same meanwhile, and more, and tidy up."""
    zombie = start(storage, WRITER, project)
    chance = random.Random(7)  # noqa: S311 - where in an append it stops
    for _ in range(8):
        reached = len(offsets(lake, project))
        while len(offsets(lake, project)) < reached + 5:
            assert zombie.poll() is None
            time.sleep(0.01)
        time.sleep(chance.random() / 10)
        zombie.send_signal(signal.SIGSTOP)
        found = offsets(lake, project)
        archive_samples(lake, project, [accepted_sample(offset) for offset in range(found[-1], found[-1] + 12)])
        lake.compact(project, fan=2, grace=0)
        zombie.send_signal(signal.SIGCONT)
    zombie.kill()
    zombie.communicate()
    found = offsets(lake, project)
    assert found == list(range(len(found)))


def test_a_connection_that_is_lost_in_mid_commit_leaves_a_question_that_the_table_answers(
    lake: Lake, storage: StorageSettings, project: str
) -> None:
    """The writer cannot know whether its commit was the last thing the server did; giving the rows again finds out."""
    lake.ensure(project)
    done, lost = Event(), 0

    def cut() -> None:
        engine = open_engine(storage)
        query = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
        pause = 0.06
        while not done.wait(pause):
            with engine.connect() as connection:
                connection.execute(query)
            pause *= 1.05  # on a slow machine a commit may take longer, and none would ever end
        engine.dispose()

    cutter = Thread(target=cut)
    cutter.start()
    pending = [[accepted_sample(offset) for offset in range(first, first + 3)] for first in range(0, 60, 3)]
    while pending:
        try:
            archive_samples(lake, project, pending[0])
        except UnavailableError:
            lost += 1
        else:
            del pending[0]
    done.set()
    cutter.join()
    assert lost > 0
    assert offsets(lake, project) == list(range(60))
