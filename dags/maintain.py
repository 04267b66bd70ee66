"""Look after what a project keeps, each night: few files, few snapshots, no leftovers."""

# mypy: disable-error-code="untyped-decorator"
# Airflow lives in an environment of its own, where mypy does not look.

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

from storage.folders import Home, homes


def add(home: Home) -> None:
    """Add the project's DAG."""

    @dag(
        dag_id=f"maintain{home.suffix}",
        schedule=CronTriggerTimetable("30 2 * * *", timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        default_args={"retries": 3, "retry_delay": timedelta(seconds=20)},
        tags=["assay", home.name],
    )
    def maintain() -> None:
        """Remove nothing that a version or the ledger needs; every task may be repeated, and run beside the stream."""

        @task
        def tables() -> list[str]:
            """Return the lake's tables; each is looked after by a task of its own."""
            from storage.lake import TABLES  # noqa: PLC0415 - seconds to import, never while parsing

            return list(TABLES)

        @task
        def compact(table: str) -> dict[str, int]:
            """Merge small files, forget old snapshots, and remove what none has named for ten minutes."""
            from storage.maintenance import keep_table  # noqa: PLC0415
            from storage.settings import StorageSettings  # noqa: PLC0415

            return keep_table(StorageSettings(), home.name, table)

        @task
        def clear() -> dict[str, int]:
            """Remove what builds and searches left behind that did not end."""
            from storage.maintenance import clear_leftovers  # noqa: PLC0415
            from storage.settings import StorageSettings  # noqa: PLC0415

            return clear_leftovers(StorageSettings(), home.name)

        @task
        def sketches() -> dict[str, int]:
            """Merge the stream's windows of old by day, and drop those that are too old."""
            from storage.maintenance import keep_sketches  # noqa: PLC0415
            from storage.projects import read_project  # noqa: PLC0415
            from storage.settings import StorageSettings  # noqa: PLC0415

            return keep_sketches(StorageSettings(), read_project(home.folder).config)

        compact.expand(table=tables())
        clear()
        sketches()

    maintain()


for each in homes():
    add(each)
