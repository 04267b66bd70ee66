"""Train the fixed reference model on each published dataset version, and store what it gained."""

# mypy: disable-error-code="untyped-decorator"
# Airflow lives in an environment of its own, where mypy does not look.

import os
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, dag, task

FOLDER = Path(os.environ["ASSAY_PROJECT"])
PROJECT = tomllib.loads((FOLDER / "project.toml").read_text(encoding="utf-8"))["name"]
DATASET = Asset(name=f"{PROJECT}-dataset", uri=f"assay://{PROJECT}/dataset")


@dag(
    schedule=[DATASET],
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(seconds=20)},
    tags=["assay", PROJECT],
)
def retrain() -> None:
    """Train on every version that was not trained on. An asset event is a hint: a lost or doubled one does no harm."""

    @task
    def train() -> list[dict[str, Any]]:
        """Return the new reports, oldest version first; a version that was trained on is not trained on again."""
        from storage.projects import read_project  # noqa: PLC0415 - seconds to import, never while parsing
        from storage.settings import StorageSettings  # noqa: PLC0415
        from storage.training import retrain as train_new  # noqa: PLC0415

        return [report.model_dump(mode="json") for report in train_new(read_project(FOLDER), StorageSettings())]

    train()


retrain()
