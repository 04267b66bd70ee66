"""The two DAG runs of a round: the build that is asked for, and the retraining that its asset starts."""

from assay.demo.stages import patiently, wait_for
from infra.airflow import Airflow, Run, RunState
from schemas.errors import UnavailableError

BUILD, RETRAIN = "build_dataset", "retrain"


def build_and_retrain(airflow: Airflow, *, seconds: float) -> None:
    """Trigger a build and return when it, and the retraining that its asset started, have succeeded.

    Raises:
        UnavailableError: a run failed; its tasks' logs are in the text.
    """
    trained = patiently("listing runs", lambda: {run.run_id for run in airflow.runs_of(RETRAIN)}, seconds=seconds)
    run_id = patiently("the build", lambda: airflow.trigger(BUILD), seconds=seconds)
    wait_for("the build", lambda: airflow.run_state(BUILD, run_id).is_final, seconds=seconds)
    _check(airflow, patiently("the build", lambda: airflow.run(BUILD, run_id), seconds=seconds))
    wait_for("the retraining", lambda: bool(_ended(airflow, trained)), seconds=seconds)
    _check(airflow, patiently("the retraining", lambda: _ended(airflow, trained)[0], seconds=seconds))


def _ended(airflow: Airflow, known: set[str]) -> list[Run]:
    """Return the retrainings, oldest first, that an asset started since and that have ended.

    An asset event that was sent twice starts two; the first trains, and the other finds nothing left to do.
    """
    runs = reversed(airflow.runs_of(RETRAIN))
    return [run for run in runs if run.run_id not in known and run.kind == "asset_triggered" and run.state.is_final]


def _check(airflow: Airflow, run: Run) -> None:
    if run.state is RunState.SUCCESS:
        return
    logs = "\n".join(f"{task}:\n{log}" for task, log in airflow.failed_tasks(run.dag_id, run.run_id).items())
    raise UnavailableError(f"The DAG {run.dag_id} failed:\n{logs}")
