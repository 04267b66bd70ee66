"""Train the fixed reference model on each published dataset version, and store what it gained."""

# mypy: disable-error-code="untyped-decorator"
# Airflow lives in an environment of its own, where mypy does not look.

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, dag, task

from storage.folders import Home, homes


def add(home: Home) -> None:
    """Add the project's DAG."""

    @dag(
        dag_id=f"retrain{home.suffix}",
        schedule=[Asset(name=f"{home.name}-dataset", uri=f"assay://{home.name}/dataset")],
        catchup=False,
        max_active_runs=1,
        default_args={"retries": 3, "retry_delay": timedelta(seconds=20)},
        tags=["assay", home.name],
    )
    def retrain() -> None:
        """Train on every version that was not trained on. Asset events are hints: lost and doubled ones do no harm."""

        @task
        def train() -> list[dict[str, Any]]:
            """Return the new reports, oldest version first; a version that was trained on is not trained on again."""
            from storage.projects import read_project  # noqa: PLC0415 - seconds to import, never while parsing
            from storage.settings import StorageSettings  # noqa: PLC0415
            from storage.training import retrain as train_new  # noqa: PLC0415

            reports = train_new(read_project(home.folder), StorageSettings())
            return [report.model_dump(mode="json") for report in reports]

        train()

    retrain()


for each in homes():
    add(each)
