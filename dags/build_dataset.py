"""Build the next dataset version each hour, or when a hint comes; announce it as an asset where one was published."""

# mypy: disable-error-code="untyped-decorator"
# Airflow lives in an environment of its own, where mypy does not look.

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from storage.folders import Home, homes


def add(home: Home) -> None:
    """Add the project's DAG."""

    @dag(
        dag_id=f"build_dataset{home.suffix}",
        # Without a start date, which would have the hour before run at once. An event of the asset of labels is a hint:
        # lost, late or doubled ones do no harm, for each run looks at all there is.
        schedule=AssetOrTimeSchedule(
            timetable=CronTriggerTimetable("0 * * * *", timezone="UTC"),
            assets=[Asset(name=f"{home.name}-labels", uri=f"assay://{home.name}/labels")],
        ),
        catchup=False,
        max_active_runs=1,
        default_args={"retries": 3, "retry_delay": timedelta(seconds=20)},
        tags=["assay", home.name],
    )
    def build_dataset() -> None:
        """Read consensus and lake, gate, release. Safe to trigger at any time: the same rows publish nothing."""

        @task(outlets=[Asset(name=f"{home.name}-dataset", uri=f"assay://{home.name}/dataset")])
        def publish(dag_run: Any = None, logical_date: Any = None) -> int:
            """Return the published version; a shut gate fails for good, an unchanged version skips: no asset event.

            A backfill builds what its date would have built; all other runs build from what there is when they run.
            """
            from storage.building import BuildStatus, build  # noqa: PLC0415 - seconds to import, never while parsing
            from storage.projects import read_project  # noqa: PLC0415
            from storage.settings import StorageSettings  # noqa: PLC0415

            as_of = logical_date if dag_run.run_type == "backfill" else None
            outcome = build(read_project(home.folder), StorageSettings(), as_of=as_of)
            if outcome.release is None:
                raise AirflowFailException(outcome.text)
            if outcome.status is BuildStatus.UNCHANGED:
                raise AirflowSkipException(outcome.text)
            return outcome.release.version

        publish()

    build_dataset()


for each in homes():
    add(each)
