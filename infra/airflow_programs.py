"""The embedded Airflow: an API server, a scheduler and a DAG processor, in an environment of their own."""

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from infra import postgres
from infra.addresses import addresses_of
from infra.airflow import Airflow
from infra.errors import AirflowError, ProgramError, StackError
from infra.keys import key
from infra.ports import LOOPBACK, Ports, variable_of
from infra.programs import Program
from infra.settings import CHECKOUT, InfraSettings

API, SCHEDULER, DAGS = "airflow-api", "airflow-scheduler", "airflow-dags"
MIGRATE_SECONDS = 300
READY_SECONDS = 180.0
TASKS_AT_ONCE = 4

# What Airflow itself looks for before it opens a file at all.
DAG_WORDS = ("dag", "airflow")


def airflow(
    settings: InfraSettings,
    ports: Ports,
    *,
    dags: Path = CHECKOUT / "dags",
    environment: Mapping[str, str] | None = None,
) -> list[Program]:
    """Return Airflow's programs, to be started after PostgreSQL; `environment` reaches the tasks.

    The metadata is in the database `airflow`, beside the project's own. Everybody on this machine is administrator,
    and nobody else gets in: all of it listens on loopback only.
    """
    variables = {**_configuration(settings, ports, dags), **(environment or {})}
    client = partial(Airflow, f"http://{LOOPBACK}:{ports.airflow}")
    common = partial(_program, settings, variables)
    serve = ("api-server", "--host", LOOPBACK, "--port", str(ports.airflow), "--workers", "1")
    return [
        common(API, serve, ready=partial(_is_served, client), ports={variable_of("airflow"): ports.airflow}),
        # A task that starts before the API server does not find it, and fails its first try.
        common(SCHEDULER, ("scheduler", "--skip-serve-logs"), ready=partial(_is_scheduling, client), needs=(API,)),
        common(DAGS, ("dag-processor",), ready=partial(_are_parsed, client, dags)),
    ]


def _program(
    settings: InfraSettings,
    variables: Mapping[str, str],
    name: str,
    arguments: tuple[str, ...],
    *,
    ready: Callable[[], bool],
    ports: Mapping[str, int] | None = None,
    needs: tuple[str, ...] = (postgres.NAME,),
) -> Program:
    return Program(
        name=name,
        command=(str(_executable(settings)), *arguments),
        environment=variables,
        folder=settings.var,
        ports=ports or {},
        needs=needs,
        prepare=partial(_migrate, settings, variables),
        ready=ready,
        ready_seconds=READY_SECONDS,
    )


def _configuration(settings: InfraSettings, ports: Ports, dags: Path) -> dict[str, str]:
    home = settings.var / "airflow"
    url = f"http://{LOOPBACK}:{ports.airflow}"
    database = addresses_of(settings, ports).airflow_database_url.get_secret_value()
    return {
        "AIRFLOW_HOME": str(home),
        "PATH": f"{settings.airflow_env / 'bin'}{os.pathsep}{os.defpath}",
        "NO_PROXY": f"{LOOPBACK},localhost",  # tasks report to the API server
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(TASKS_AT_ONCE),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__FERNET_KEY": key(settings.var, "airflow-fernet"),
        "AIRFLOW__API__SECRET_KEY": key(settings.var, "airflow-api"),
        "AIRFLOW__API_AUTH__JWT_SECRET": key(settings.var, "airflow-jwt"),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.replace("postgresql://", "postgresql+psycopg://", 1),
        # A new or changed file is seen within seconds, and a slow look at all of them now and then costs little.
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "2",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home / "bundles"),
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
        # A task that was killed with its scheduler is noticed within a minute, not six, and tried again.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "20",
        # The end of a task is noticed within a second, not five.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _executable(settings: InfraSettings) -> Path:
    path = settings.airflow_env / "bin" / "airflow"
    if not path.exists():
        raise StackError(
            f"Airflow is not installed in {settings.airflow_env}. Run `make setup`, or set ASSAY_AIRFLOW_ENV."
        )
    return path


def _migrate(settings: InfraSettings, variables: Mapping[str, str]) -> None:
    """Bring the metadata database to this Airflow's layout, unless it was done for the same lock and database."""
    home = settings.var / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    stamp = home / "migrated"
    wanted = _migration_stamp(variables)
    with (home / "migrate.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # all three programs ask for it, at once
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            _run_migration(settings, variables)
            stamp.write_text(wanted, encoding="utf-8")


def _migration_stamp(variables: Mapping[str, str]) -> str:
    packages = (CHECKOUT / "requirements" / "airflow.txt").read_bytes()
    database = variables["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].encode()
    return hashlib.sha256(packages + database).hexdigest()


def _run_migration(settings: InfraSettings, variables: Mapping[str, str]) -> None:
    log = settings.var / "log" / "airflow-migrate.log"
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(  # noqa: S603  # our own environment's command
            (str(_executable(settings)), "db", "migrate"),
            check=False,
            env=os.environ | variables,
            cwd=settings.var,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=MIGRATE_SECONDS,
        )
    if done.returncode != 0:
        raise ProgramError(f"Airflow's database cannot be brought up to date. See {log}")


def _is_served(client: Callable[[], Airflow]) -> bool:
    return _asks(client, lambda airflow: airflow.health().database)


def _is_scheduling(client: Callable[[], Airflow]) -> bool:
    return _asks(client, lambda airflow: airflow.health().scheduler)


def _are_parsed(client: Callable[[], Airflow], dags: Path) -> bool:
    return _asks(
        client, lambda airflow: airflow.health().dag_processor and airflow.dag_files() >= _files_with_dags(dags)
    )


def _asks(client: Callable[[], Airflow], question: Callable[[Airflow], bool]) -> bool:
    try:
        with client() as airflow:
            return question(airflow)
    except AirflowError:
        return False


def _files_with_dags(folder: Path) -> frozenset[str]:
    return frozenset(str(path) for path in folder.rglob("*.py") if _may_have_dags(path))


def _may_have_dags(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace").lower()
    return all(word in text for word in DAG_WORDS)
