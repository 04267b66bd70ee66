"""Build the next dataset version each hour; announce it as an asset where one was published."""

# mypy: disable-error-code="untyped-decorator"
# Airflow lives in an environment of its own, where mypy does not look.

import os
import tomllib
from datetime import timedelta
from pathlib import Path

from airflow.sdk import Asset, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

FOLDER = Path(os.environ["ASSAY_PROJECT"])
PROJECT = tomllib.loads((FOLDER / "project.toml").read_text(encoding="utf-8"))["name"]
DATASET = Asset(name=f"{PROJECT}-dataset", uri=f"assay://{PROJECT}/dataset")


@dag(
    schedule="@hourly",  # without a start date, which would have the hour before run at once
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(seconds=20)},
    tags=["assay", PROJECT],
)
def build_dataset() -> None:
    """Read consensus and lake, gate, release. Safe to trigger at any time: the same rows publish nothing."""

    @task(outlets=[DATASET])
    def publish() -> int:
        """Return the published version; a shut gate fails for good, an unchanged version skips: no asset event."""
        from storage.building import BuildStatus, build  # noqa: PLC0415 - seconds to import, never while parsing
        from storage.projects import read_project  # noqa: PLC0415
        from storage.settings import StorageSettings  # noqa: PLC0415

        outcome = build(read_project(FOLDER), StorageSettings())
        if outcome.release is None:
            raise AirflowFailException(outcome.text)
        if outcome.status is BuildStatus.UNCHANGED:
            raise AirflowSkipException(outcome.text)
        return outcome.release.version

    publish()


build_dataset()
