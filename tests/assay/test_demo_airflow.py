"""Following the two DAG runs of a demo's round."""

from collections.abc import Mapping
from typing import cast

import pytest

from assay.demo.airflow import BUILD, RETRAIN, build_and_retrain
from infra.airflow import Airflow, Run, RunState
from schemas.errors import UnavailableError


class Scripted:
    """Airflow in which a build succeeds at once, and starts these retrainings, newest first."""

    def __init__(self, *retrainings: RunState) -> None:
        self.runs = [run(RETRAIN, f"new-{number}", state) for number, state in enumerate(retrainings)]
        self.triggered: list[str] = []

    def trigger(self, dag_id: str) -> str:
        """Start the build."""
        self.triggered.append(dag_id)
        return "build"

    def run(self, dag_id: str, run_id: str) -> Run:
        """Return the build."""
        return run(dag_id, run_id, RunState.SUCCESS)

    def run_state(self, dag_id: str, run_id: str) -> RunState:
        """Return how the build stands."""
        return self.run(dag_id, run_id).state

    def runs_of(self, dag_id: str) -> list[Run]:
        """Return one retraining of an earlier build, and after the trigger those of this one too."""
        return [*(self.runs if self.triggered else ()), run(dag_id, "before", RunState.FAILED)]

    def failed_tasks(self, dag_id: str, run_id: str) -> Mapping[str, str]:
        """Return the log of the one task."""
        return {"train": f"what {run_id} of {dag_id} said"}


def run(dag_id: str, run_id: str, state: RunState) -> Run:
    """Return a run that an asset started."""
    times = {"queued_at": None, "started_at": None, "ended_at": None}
    return Run(dag_id=dag_id, run_id=run_id, state=state, kind="asset_triggered", conf={}, **times)


def follow(airflow: Scripted, seconds: float = 5) -> None:
    """Follow a build and its retraining."""
    build_and_retrain(cast("Airflow", airflow), seconds=seconds)


@pytest.mark.parametrize("newer", [RunState.QUEUED, RunState.RUNNING, RunState.SUCCESS])
def test_a_second_retraining_of_one_build_is_not_waited_for(newer: RunState) -> None:
    """An asset event may come twice; what has not ended has not failed."""
    airflow = Scripted(newer, RunState.SUCCESS)
    follow(airflow)
    assert airflow.triggered == [BUILD]


def test_a_failed_retraining_is_told_with_its_log() -> None:
    """Of the run that failed, not of one before."""
    with pytest.raises(UnavailableError, match="what new-0 of retrain said"):
        follow(Scripted(RunState.FAILED))


def test_the_retraining_of_an_earlier_build_does_not_count() -> None:
    """Where none comes of this build, the demo says so."""
    with pytest.raises(UnavailableError, match="the retraining did not happen"):
        follow(Scripted(RunState.RUNNING), seconds=0.3)
