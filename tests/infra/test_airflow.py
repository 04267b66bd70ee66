import time
from collections.abc import Iterator

import pytest

from infra.airflow import Airflow, RunState
from infra.errors import AirflowError
from infra.postgres import postgres
from infra.services import airflow_services
from infra.settings import InfraSettings
from infra.stack import Stack
from infra.testing import guard

pytestmark = pytest.mark.faults

DAGS = '''
"""Three DAGs for Airflow: one that releases, one that follows, one that fails."""

from airflow.sdk import Asset, dag, task

RELEASED = Asset("assay://released")


@dag(schedule=None)
def release():
    @task(outlets=[RELEASED])
    def build(**context):
        import os

        assert os.environ["ASSAY_COLOUR"] == context["params"]["colour"]

    build()


@dag(schedule=[RELEASED])
def follow():
    @task
    def use():
        """Do nothing."""

    use()


@dag(schedule=None)
def fail():
    @task
    def divide():
        raise ValueError("no labels at all")

    divide()


release()
follow()
fail()
'''

RUN_SECONDS = 40


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Return a client of a real Airflow with three DAGs."""
    folder = tmp_path_factory.mktemp("airflow")
    (folder / "dags").mkdir()
    (folder / "dags/three.py").write_text(
        DAGS.replace('context["params"]', 'context["dag_run"].conf'), encoding="utf-8"
    )
    stack = Stack(InfraSettings(var=folder / "var"))
    try:
        programs = airflow_services(stack, dags=folder / "dags", environment={"ASSAY_COLOUR": "dark red"})
        stack.start([guard(), postgres(stack.settings, stack.ports), *programs])
        with Airflow(stack.addresses.airflow_url.get_secret_value()) as client:
            yield client
    finally:
        stack.stop()


def outcome(airflow: Airflow, dag_id: str, run_id: str) -> RunState:
    """Return how a run ended."""
    deadline = time.monotonic() + RUN_SECONDS
    while not (state := airflow.run_state(dag_id, run_id)).is_final and time.monotonic() < deadline:
        time.sleep(0.2)
    return state


def test_a_triggered_run_gets_its_conf_and_the_callers_environment(airflow: Airflow) -> None:
    """Settings reach the tasks as variables."""
    run_id = airflow.trigger("release", {"colour": "dark red"})
    assert outcome(airflow, "release", run_id) is RunState.SUCCESS, airflow.failed_tasks("release", run_id)


def test_an_asset_starts_the_dag_that_waits_for_it(airflow: Airflow) -> None:
    """Within seconds, without anybody asking."""
    outcome(airflow, "release", airflow.trigger("release", {"colour": "dark red"}))
    deadline = time.monotonic() + RUN_SECONDS
    while not (runs := airflow.runs_of("follow")) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert runs[0].kind == "asset_triggered"
    assert outcome(airflow, "follow", runs[0].run_id) is RunState.SUCCESS


def test_a_failed_run_is_explained_by_its_logs(airflow: Airflow) -> None:
    """The exception is in the text, under the task's name."""
    run_id = airflow.trigger("fail")
    assert outcome(airflow, "fail", run_id) is RunState.FAILED
    assert "ValueError: no labels at all" in airflow.failed_tasks("fail", run_id)["divide"]


def test_an_unknown_dag_has_no_runs_and_cannot_be_triggered(airflow: Airflow) -> None:
    """It may not have been parsed yet, or be mistyped."""
    assert airflow.runs_of("absent") == []
    with pytest.raises(AirflowError, match="refused"):
        airflow.trigger("absent")
