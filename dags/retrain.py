"""Train the fixed reference model on each published dataset version, and store what it gained."""

# mypy: disable-error-code="untyped-decorator"
# Airflow lives in an environment of its own, where mypy does not look.

from datetime import timedelta

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
        def find() -> list[int]:
            """Return the versions that nobody has trained on, oldest first; each is trained on by a task of its own."""
            from storage.projects import read_project  # noqa: PLC0415 - seconds to import, never while parsing
            from storage.settings import StorageSettings  # noqa: PLC0415
            from storage.training import untrained  # noqa: PLC0415

            return untrained(read_project(home.folder), StorageSettings())

        # One after the other: each model is held against the one in production, which may be that of the one before.
        @task(max_active_tis_per_dagrun=1)
        def train(version: int) -> str:
            """Keep the report, and return whether the model is promoted, and why; done again it is the same report."""
            from storage.projects import read_project  # noqa: PLC0415
            from storage.settings import StorageSettings  # noqa: PLC0415
            from storage.training import train as train_on  # noqa: PLC0415

            report = train_on(read_project(home.folder), StorageSettings(), version)
            return report.promotion.why if report.promotion else "trained before models were promoted"

        # Also where nothing was left to train on: a run may have been killed before it came to this.
        @task(trigger_rule="none_failed")
        def ask() -> int:
            """Have routing look for labels where the latest model is worst; return of how many, if of new ones."""
            from storage.projects import read_project  # noqa: PLC0415
            from storage.settings import StorageSettings  # noqa: PLC0415
            from storage.training import ask_for_labels  # noqa: PLC0415

            told = ask_for_labels(read_project(home.folder), StorageSettings())
            return 0 if told is None else len(told.quotas)

        train.expand(version=find()) >> ask()

    retrain()


for each in homes():
    add(each)
