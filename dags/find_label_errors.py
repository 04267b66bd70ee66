"""Look each night for labels that are probably wrong, and send them back to labelers."""

# mypy: disable-error-code="untyped-decorator"
# Airflow lives in an environment of its own, where mypy does not look.

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, task

from storage.folders import Home, homes


def add(home: Home) -> None:
    """Add the project's DAG."""

    @dag(
        dag_id=f"find_label_errors{home.suffix}",
        schedule=CronTriggerTimetable("30 1 * * *", timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        default_args={"retries": 3, "retry_delay": timedelta(seconds=20)},
        tags=["assay", home.name],
    )
    def find_label_errors() -> None:
        """Score each fold by a model of the others; doubt what they contradict most. Nothing is dropped."""

        @task
        def divide() -> list[dict[str, Any]]:
            """Return the folds of a search, each scored by a task of its own; none where there is too little."""
            from storage.label_errors import FOLDS, begin  # noqa: PLC0415 - seconds to import, never while parsing
            from storage.projects import read_project  # noqa: PLC0415
            from storage.settings import StorageSettings  # noqa: PLC0415

            at = begin(read_project(home.folder), StorageSettings())
            return [] if at is None else [{"at": at.isoformat(), "fold": fold} for fold in range(FOLDS)]

        @task
        def score(part: dict[str, Any]) -> str:
            """Keep the scores of a fold in the lake, and return which search they are of."""
            from storage.label_errors import score_fold  # noqa: PLC0415
            from storage.projects import read_project  # noqa: PLC0415
            from storage.settings import StorageSettings  # noqa: PLC0415

            score_fold(read_project(home.folder), StorageSettings(), datetime.fromisoformat(part["at"]), part["fold"])
            return str(part["at"])

        @task
        def doubt(searched: Any) -> int:
            """Return how many tasks went back to the queue."""
            from storage.label_errors import doubt_suspects  # noqa: PLC0415
            from storage.projects import read_project  # noqa: PLC0415
            from storage.settings import StorageSettings  # noqa: PLC0415

            (at,) = set(searched)
            return doubt_suspects(read_project(home.folder), StorageSettings(), datetime.fromisoformat(at))

        doubt(score.expand(part=divide()))

    find_label_errors()


for each in homes():
    add(each)
