"""The DAGs, in Airflow's own environment: they load, and the asset is announced only where a version was published."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
AIRFLOW = Path(os.environ.get("ASSAY_AIRFLOW_PYTHON", ROOT / ".venv-airflow" / "bin" / "python"))

pytestmark = pytest.mark.skipif(not AIRFLOW.exists(), reason=f"Airflow's environment is not installed: {AIRFLOW}")

# What DagBag says of the folder.
LOADED = """
import json, sys
from airflow.dag_processing.dagbag import DagBag

bag = DagBag(dag_folder=sys.argv[1], safe_mode=False)
heavy = sorted({"catalog", "duckdb", "great_expectations", "pyarrow", "pyiceberg", "sklearn"} & set(sys.modules))
dags = {
    dag.dag_id: {
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "retries": [task.retries for task in dag.tasks],
        "outlets": [asset.uri for task in dag.tasks for asset in task.outlets],
        "waits_for": [asset.uri for asset in getattr(dag.timetable.asset_condition, "objects", [])],
    }
    for dag in bag.dags.values()
}
print(json.dumps({"errors": bag.import_errors, "dags": dags, "heavy": heavy}))
"""

# Runs build_dataset with a build that ends as asked, and says what became of the task and of the asset. Airflow's
# environment has neither PostgreSQL nor a project here; the build itself has tests of its own.
RUN = """
import enum, json, sys, types
from datetime import UTC, datetime

from airflow.dag_processing.dagbag import DagBag
from airflow.models.asset import AssetEvent
from airflow.utils.session import create_session


class BuildStatus(enum.StrEnum):
    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    RED = "red"


def stub(name, **content):
    sys.modules[name] = types.SimpleNamespace(**content)


bag = DagBag(dag_folder=sys.argv[1], safe_mode=False)
dag = bag.dags["build_dataset"]
stub("storage.projects", read_project=lambda folder: folder)
stub("storage.settings", StorageSettings=lambda: None)
found = {}
for day, status in enumerate(BuildStatus, start=1):
    release = None if status is BuildStatus.RED else types.SimpleNamespace(version=1)
    outcome = types.SimpleNamespace(status=status, release=release, text="too few rows")
    stub("storage.building", BuildStatus=BuildStatus, build=lambda project, settings, as_of: outcome)
    run = dag.test(logical_date=datetime(2026, 1, day, tzinfo=UTC))
    with create_session() as session:
        tries = [(one.state, one.try_number) for one in run.get_task_instances(session=session)]
        found[status] = {"tasks": tries, "events": session.query(AssetEvent).count()}
print("FOUND " + json.dumps(found))
"""

# Runs retrain with these versions to train on, and says which task ended how, and what was called.
RETRAIN = """
import json, sys, types
from datetime import UTC, datetime

from airflow.dag_processing.dagbag import DagBag

called = []


def train(project, settings, version):
    called.append(version)
    return types.SimpleNamespace(promotion=None)


def ask(project, settings):
    called.append("ask")


def stub(name, **content):
    sys.modules[name] = types.SimpleNamespace(**content)


stub("storage.projects", read_project=lambda folder: folder)
stub("storage.settings", StorageSettings=lambda: None)
dag = DagBag(dag_folder=sys.argv[1], safe_mode=False).dags["retrain"]
found = []
for day, versions in enumerate(([3, 5], []), start=1):
    called.clear()
    stub("storage.training", untrained=lambda project, settings: versions, train=train, ask_for_labels=ask)
    run = dag.test(logical_date=datetime(2026, 2, day, tzinfo=UTC))
    found.append({"state": run.state, "called": list(called)})
print("FOUND " + json.dumps(found))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Airflow's settings: a home to throw away, and two project folders that say no more than their names."""
    zoo, farm = (tmp_path_factory.mktemp(name) for name in ("zoo", "farm"))
    (zoo / "project.toml").write_text('name = "zoo"\n')
    (farm / "project.toml").write_text('name = "farm"\n')
    return {
        "PATH": os.environ["PATH"],
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "ASSAY_PROJECT": str(zoo),
        "ASSAY_PROJECTS": str(farm),
        "PYTHONPATH": str(ROOT),
    }


def run(script: str, environment: dict[str, str]) -> str:
    """Run a script in Airflow's environment and return what it printed last."""
    command = [str(AIRFLOW), "-c", script, str(ROOT / "dags")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def loaded(environment: dict[str, str]) -> dict[str, Any]:
    """What Airflow finds in the folder."""
    found: dict[str, Any] = json.loads(run(LOADED, environment))
    return found


def test_airflow_loads_every_dag_of_every_project_without_heavy_imports(loaded: dict[str, Any]) -> None:
    """Airflow parses the files every few seconds; a further project's DAGs have its name in their ids."""
    first = ["build_dataset", "find_label_errors", "maintain", "retrain"]
    assert (loaded["errors"], loaded["heavy"]) == ({}, [])
    assert sorted(loaded["dags"]) == sorted([*first, *(f"{name}.farm" for name in first)])


@pytest.mark.parametrize(("suffix", "project"), [("", "zoo"), (".farm", "farm")])
def test_retraining_waits_for_the_dataset_that_building_announces(
    loaded: dict[str, Any], suffix: str, project: str
) -> None:
    """One asset, named after the project; and building looks sooner where somebody hints at new labels."""
    build, train = loaded["dags"][f"build_dataset{suffix}"], loaded["dags"][f"retrain{suffix}"]
    assert build["outlets"] == train["waits_for"] == [f"assay://{project}/dataset"]
    assert (build["waits_for"], train["outlets"]) == ([f"assay://{project}/labels"], [])


def test_runs_neither_overlap_nor_catch_up_and_survive_lost_services(loaded: dict[str, Any]) -> None:
    """Each recomputes all there is, so one run at a time is enough."""
    found = {(dag["max_active_runs"], dag["catchup"], *dag["retries"]) for dag in loaded["dags"].values()}
    assert {limits[:2] for limits in found} == {(1, False)}
    assert {retries for limits in found for retries in limits[2:]} == {3}


@pytest.fixture(scope="module")
def migrated(environment: dict[str, str]) -> dict[str, str]:
    """Variables of an Airflow that has its tables."""
    done = subprocess.run(
        [str(AIRFLOW), "-m", "airflow", "db", "migrate"], env=environment, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return environment


def test_only_a_published_version_announces_the_asset(migrated: dict[str, str]) -> None:
    """An unchanged build is skipped; a shut gate fails at its first try; neither emits an event."""
    found = json.loads(run(RUN, migrated).removeprefix("FOUND "))
    assert found == {
        "published": {"tasks": [["success", 1]], "events": 1},
        "unchanged": {"tasks": [["skipped", 1]], "events": 1},
        "red": {"tasks": [["failed", 1]], "events": 1},
    }


def test_each_version_is_trained_on_by_a_task_of_its_own_and_labels_are_asked_for_last(
    migrated: dict[str, str],
) -> None:
    """They are asked for where nothing was left to train on, too: a run may have died before it came to that."""
    some, none = json.loads(run(RETRAIN, migrated).removeprefix("FOUND "))
    assert (some["state"], sorted(some["called"][:-1]), some["called"][-1]) == ("success", [3, 5], "ask")
    assert none == {"state": "success", "called": ["ask"]}
