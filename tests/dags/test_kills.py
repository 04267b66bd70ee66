"""The DAGs in a real Airflow on a real PostgreSQL: whatever is killed in mid-build, one version exists, or none."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from infra.airflow import Airflow, Run, RunState
from infra.errors import AirflowError
from infra.postgres import postgres
from infra.services import airflow_services
from infra.settings import InfraSettings
from infra.stack import Stack
from infra.testing import guard
from schemas.verdicts import AcceptedSample
from storage import guidelines
from storage.building import build
from storage.consensus import settle
from storage.database import open_engine
from storage.label_errors import FOLDS, LEAST_ROWS
from storage.lake import TABLES, Lake
from storage.migrate import migrate
from storage.projects import Project, read_project
from storage.promotions import find_report
from storage.queue import enqueue
from storage.releases import Release, list_versions
from storage.settings import StorageSettings
from storage.testing import archive_samples, enlist, label_next, task_request
from streams.hints import Hints

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
CLASSES = ("cat", "dog", "fox")
# How long a run may take, with a task whose death is noticed after a minute.
RUN_SECONDS = 400.0

PROJECT = """
name = "zoo"
title = "Animals by size"
contract = { current = 1, models = { 1 = "code.py:Animal" } }
labels = { classes = ["cat", "dog", "fox"] }
routing = { budget = { share = 0.22 }, uncertain = {} }
overlap = { first = 2, most = 4, threshold = 0.8 }
dataset = { group = "none", splits = { train = 1.0 }, min_rows = 9, agreement_floor = 0.5 }
trainer = { train = "code.py:train", gold_test = "code.py:gold", gold_seed = "code.py:gold" }
"""

# Reading a sample waits while there is a file `hold`, in `waiting` the process that does: a build stands still there.
CODE = '''
import os
import time
from pathlib import Path

from pydantic import field_validator

from schemas.samples import Payload

HERE = Path(__file__).parent
CLASSES = ("cat", "dog", "fox")


class Animal(Payload):
    """One animal."""

    size: int

    @field_validator("size")
    @classmethod
    def _waits(cls, size: int) -> int:
        while (HERE / "hold").exists():
            (HERE / "waiting" / str(os.getpid())).touch()
            time.sleep(0.05)
        return size


class Rests:
    """Knows the class by the rest."""

    def predict(self, payloads):
        return [CLASSES[one["size"] % 3] for one in payloads]

    def scores(self, payloads):
        return [{name: 0.9 if name == CLASSES[one["size"] % 3] else 0.05 for name in CLASSES} for one in payloads]


def train(payloads, labels):
    return Rests()


def gold():
    return [{"size": size} for size in range(3)], list(CLASSES)
'''
SIZES = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "size", "min_value": 0}}


@dataclass(kw_only=True)
class World:
    """A project on a running Airflow; samples come in dozens, and each is labeled rightly by two."""

    stack: Stack
    airflow: Airflow
    engine: Engine
    settings: StorageSettings
    project: Project
    offsets: int = 0

    def label_a_dozen(self) -> None:
        """Have a dozen new samples labeled, so that there is something to publish."""
        config, first = self.project.config, self.offsets
        self.offsets += 12
        requests = [task_request("zoo", at, payload={"size": at}) for at in range(first, self.offsets)]
        enqueue(self.engine, config, requests)
        for at in range(first, self.offsets):
            tasks = {
                label_next(self.engine, config, labeler, CLASSES[at % 3])
                for labeler in (enlist(self.engine, "zoo", f"{name} {at}") for name in ("ann", "bob"))
            }
            settle(self.engine, config, tasks)
        with Lake.open(self.settings) as lake:
            samples = [AcceptedSample(origin=one.origin, sample=one.sample, versions=one.versions) for one in requests]
            archive_samples(lake, "zoo", samples)

    def versions(self) -> list[Release]:
        """Return the versions that there are."""
        return list_versions(self.engine, "zoo")

    def hold(self) -> None:
        """Have builds stand still where they read the first sample."""
        (self.project.folder / "hold").touch()
        for file in (self.project.folder / "waiting").iterdir():
            file.unlink()

    def release(self) -> None:
        """Let builds go on."""
        (self.project.folder / "hold").unlink()

    def waiting(self) -> set[int]:
        """Return the numbers of the processes that stand still."""
        return {int(file.name) for file in (self.project.folder / "waiting").iterdir()}

    def ended(self, dag: str, run_id: str) -> Run:
        """Return a run when it has ended."""
        eventually(lambda: self.airflow.run_state(dag, run_id).is_final)
        return self.airflow.run(dag, run_id)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it comes true; an Airflow that has too much to do to answer is asked again."""
    deadline = time.monotonic() + RUN_SECONDS
    while not _is_true(condition):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def _is_true(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except AirflowError:
        return False


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run PostgreSQL and Airflow, with the project's own DAGs, for the tests of this file."""
    var, folder = tmp_path_factory.mktemp("stack"), tmp_path_factory.mktemp("zoo")
    (folder / "waiting").mkdir()
    suite = json.dumps({"name": "animals", "expectations": [SIZES]})
    files = {"project.toml": PROJECT, "code.py": CODE, "guideline.md": "Small.", "expectations.json": suite}
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    stack = Stack(InfraSettings(var=var / "var"))
    database = stack.addresses.database_url.get_secret_value()
    settings = StorageSettings(database_url=SecretStr(database), lake=str(var / "lake"))
    environment = {**settings.variables(), "ASSAY_PROJECT": str(folder)}
    try:
        stack.start([guard(), postgres(stack.settings, stack.ports)])
        migrate(settings)
        stack.start(airflow_services(stack, dags=ROOT / "dags", environment=environment))
        engine, project = open_engine(settings), read_project(folder)
        guidelines.ensure(engine, "zoo", project.guideline, CLASSES)
        with Airflow(stack.addresses.airflow_url.get_secret_value()) as airflow:
            yield World(stack=stack, airflow=airflow, engine=engine, settings=settings, project=project)
        engine.dispose()
    finally:
        stack.stop()


def kill_task(world: World) -> None:
    """Kill the process that builds."""
    for process in world.waiting():
        os.kill(process, signal.SIGKILL)


def kill_scheduler(world: World) -> None:
    """Kill the scheduler, and with it all that it runs."""
    scheduler = next(one.pid for one in world.stack.status() if one.name == "airflow-scheduler" and one.pid)
    for process in (*psutil.Process(scheduler).children(recursive=True), psutil.Process(scheduler)):
        process.kill()


@pytest.mark.parametrize("kill", [kill_task, kill_scheduler])
def test_what_is_killed_in_mid_build_publishes_one_version_in_the_end(
    world: World, kill: Callable[[World], None]
) -> None:
    """Nothing is there before the next try, and one version after it, which the fixed model is trained on."""
    world.label_a_dozen()
    before = len(world.versions())
    world.hold()
    run_id = world.airflow.trigger("build_dataset")
    eventually(lambda: bool(world.waiting()))
    kill(world)
    assert len(world.versions()) == before
    world.release()
    run = world.ended("build_dataset", run_id)
    assert run.state is RunState.SUCCESS, world.airflow.failed_tasks("build_dataset", run_id)
    assert [one.rows for one in world.versions()][before:] == [world.offsets]


def test_two_builds_at_once_publish_one_version(world: World) -> None:
    """Airflow's and one of somebody else's, which read the same labels before either has published."""
    world.label_a_dozen()
    before = len(world.versions())
    world.hold()
    run_id = world.airflow.trigger("build_dataset")
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(build, world.project, world.settings)
        eventually(lambda: len(world.waiting()) > 1)
        world.release()
        outcome = other.result()
    world.ended("build_dataset", run_id)
    assert outcome.release is not None
    assert [one.version for one in world.versions()][before:] == [outcome.release.version]


def test_new_labels_start_a_build_and_the_training_after_it(world: World) -> None:
    """What settles them tells Airflow, once: no new label, no hint. Each version is trained on by a task of its own."""
    address = world.stack.addresses.airflow_url
    hints = Hints(project="zoo", engine=world.engine, airflow=address, apart=timedelta(0))
    known = {run.run_id for dag in ("build_dataset", "retrain") for run in world.airflow.runs_of(dag)}

    def started(dag: str) -> list[Run]:
        return [run for run in world.airflow.runs_of(dag) if run.run_id not in known]

    asyncio.run(hints.look())  # the first look lets the time begin
    world.label_a_dozen()

    def built() -> bool:
        asyncio.run(hints.look())  # one that an Airflow with much to do did not take is told again
        return any(run.state.is_final for run in started("build_dataset"))

    eventually(built)
    assert "asset_triggered" in {run.kind for run in started("build_dataset")}
    version = world.versions()[-1]
    assert version.rows == world.offsets
    eventually(lambda: find_report(world.engine, "zoo", version.version) is not None)
    tasks = []  # of one run, or of a second one that an earlier build started late
    for run in started("retrain"):
        assert world.ended("retrain", run.run_id).state is RunState.SUCCESS
        tasks += world.airflow._call("GET", f"/dags/retrain/dagRuns/{run.run_id}/taskInstances")["task_instances"]
    assert {(task["task_id"], task["state"]) for task in tasks} >= {
        (name, "success") for name in ("find", "train", "ask")
    }
    assert max(task["map_index"] for task in tasks) >= 0


@pytest.mark.parametrize("dag", ["maintain", "find_label_errors"])
def test_what_runs_nightly_runs_through_chunk_by_chunk(world: World, dag: str) -> None:
    """A task for each table of the lake, and for each fold of a search; none of them is skipped."""
    while world.offsets < LEAST_ROWS:
        world.label_a_dozen()
    run_id = world.airflow.trigger(dag)
    assert world.ended(dag, run_id).state is RunState.SUCCESS, world.airflow.failed_tasks(dag, run_id)
    found = world.airflow._call("GET", f"/dags/{dag}/dagRuns/{run_id}/taskInstances")["task_instances"]
    assert {task["state"] for task in found} == {"success"}
    mapped = [task for task in found if task["map_index"] >= 0]
    assert len(mapped) == {"maintain": len(TABLES), "find_label_errors": FOLDS}[dag]


def test_a_backfill_gives_what_its_date_would_have_given(world: World) -> None:
    """Everything so far was said three hours ago; what is said since does not count at the hour between."""
    world.label_a_dozen()
    then = world.offsets
    columns = {"tasks": ("created_at",), "labels": ("labeled_at",), "guidelines": ("published_at",)}
    with world.engine.begin() as connection:
        for table, names in columns.items():
            for name in names:
                connection.execute(text(f"UPDATE {table} SET {name} = {name} - interval '3 hours'"))  # noqa: S608
    world.label_a_dozen()
    latest = build(world.project, world.settings).release
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    asked = {"dag_id": "build_dataset", "from_date": hour.isoformat(), "to_date": hour.isoformat()}
    world.airflow._call("POST", "/backfills", json=asked)

    def runs() -> list[Run]:
        return [run for run in world.airflow.runs_of("build_dataset") if run.kind == "backfill"]

    eventually(lambda: bool(runs()) and runs()[0].state.is_final)
    assert runs()[0].state is RunState.SUCCESS, world.airflow.failed_tasks("build_dataset", runs()[0].run_id)
    (made,) = [one for one in world.versions() if one.as_of == hour]
    assert made.rows == then
    assert world.versions()[-1] == latest
    assert latest is not None
    assert latest.rows == world.offsets
