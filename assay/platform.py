"""The whole platform as a list of programs, in the order in which they lean on each other."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import httpx
from pydantic import SecretStr

from console.settings import ConsoleSettings
from infra.programs import Program, python_module
from infra.services import airflow_services, storage_services
from infra.settings import CHECKOUT
from infra.stack import Stack
from storage import guidelines
from storage.database import open_engine
from storage.lake import Lake
from storage.migrate import migrate
from storage.projects import Project
from storage.settings import StackedSettings, StorageSettings
from streams.settings import Role, StreamSettings
from streams.topics import ensure_topics


def platform(stack: Stack, project: Project) -> list[Program]:
    """Return every program that screens, keeps, labels and builds for `project`."""
    return [*loop(stack, project), *schedule(stack, project)]


def loop(stack: Stack, project: Project, *, hints: bool = True) -> list[Program]:
    """Return the programs of the loop: Kafka, PostgreSQL, the workers and the API.

    With `hints` the workers tell Airflow of new labels, which builds without being asked then.
    """
    services = storage_services(stack)
    needs = tuple(service.name for service in services)
    prepared = _prepared(stack, project)
    told = stack.addresses.airflow_url if hints else None
    return [
        *services,
        *(_worker(stack, project, role, needs, prepared, told=told) for role in Role),
        _api(stack, project, needs, prepared),
    ]


def schedule(stack: Stack, project: Project) -> list[Program]:
    """Return Airflow's programs; they need PostgreSQL. Each task reads the project's folder anew."""
    return airflow_services(stack, environment=_environment(stack, project))


def _environment(stack: Stack, project: Project) -> dict[str, str]:
    """Return what every program is told of data and project."""
    own = {"ASSAY_VAR": str(stack.settings.var), "ASSAY_PROJECT": str(project.folder)}
    return {**storage_of(stack).variables(), **own}


def _reading(stack: Stack, project: Project, settings: StackedSettings) -> dict[str, str]:
    """Return the environment of a program that reads the project once, when it starts.

    Every setting is in it, set or not: a program would otherwise inherit what was set when the stack was first
    started. Nobody reads the digest; with it a program whose project was edited has another environment, for which
    the stack restarts it.
    """
    return {**_environment(stack, project), **settings.variables(), "ASSAY_PROJECT_DIGEST": digest(project.folder)}


def console_of(stack: Stack, project: Project) -> str:
    """Return the address at which people open the console."""
    return ConsoleSettings(project=project.folder).api_origin or stack.addresses.api_url


def digest(folder: Path) -> str:
    """Return the SHA-256 of the files of a project's folder, but for hidden ones and what Python caches."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    whole = hashlib.sha256()
    for file in files:
        name = file.relative_to(folder)
        if not any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            whole.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode(errors="surrogateescape"))
    return whole.hexdigest()


def prepare(project: Project, *, storage: StorageSettings, bootstrap: str) -> None:
    """Make the project's tables and topics, and publish version 1 of its guideline, where they are missing."""
    migrate(storage)
    engine = open_engine(storage)
    labels = project.config.labels
    guidelines.ensure(engine, project.config.name, project.guideline, labels.classes, labels.kind)
    engine.dispose()
    with Lake.open(storage) as lake:
        lake.ensure(project.config.name)
    ensure_topics(bootstrap, project.topics, partitions=project.config.partitions)


def storage_of(stack: Stack) -> StorageSettings:
    """Return where the stack keeps its data."""
    at = stack.addresses
    return StorageSettings(
        database_url=at.database_url, lake=at.lake, lake_properties=at.lake_properties.get_secret_value()
    )


def _prepared(stack: Stack, project: Project) -> Callable[[], None]:
    """Return what prepares the stack for the project; several programs may ask for it, the first has it done."""
    storage = storage_of(stack)
    return _once(lambda: prepare(project, storage=storage, bootstrap=stack.addresses.kafka_bootstrap))


def _worker(
    stack: Stack,
    project: Project,
    role: Role,
    needs: tuple[str, ...],
    prepared: Callable[[], None],
    *,
    told: SecretStr | None,
) -> Program:
    """Return a worker; `told` is the Airflow that it tells of new labels."""
    name = f"worker-{role}"
    bootstrap = stack.addresses.kafka_bootstrap
    settings = StreamSettings(kafka_bootstrap=bootstrap, project=project.folder, worker_id=name, airflow_url=told)
    return Program(
        name=name,
        command=python_module("streams", role),
        environment=_reading(stack, project, settings),
        folder=CHECKOUT,
        needs=needs,
        prepare=prepared,
    )


def _api(stack: Stack, project: Project, needs: tuple[str, ...], prepared: Callable[[], None]) -> Program:
    url, port = stack.addresses.api_url, stack.ports.api
    settings = ConsoleSettings(project=project.folder, api_host=stack.settings.api_host, api_port=port)
    return Program(
        name="api",
        command=python_module("console"),
        environment=_reading(stack, project, settings),
        folder=CHECKOUT,
        ports={"ASSAY_API_PORT": port},
        needs=needs,
        prepare=prepared,
        ready=lambda: _answers(f"{url}/v1/healthz"),
        ready_seconds=240,  # its imports alone have taken more than a minute on a machine that did much else
    )


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """Return an action that several programs may ask for and that runs for the first of them; the others wait."""
    lock = Lock()
    done = False

    def run() -> None:
        nonlocal done
        with lock:
            if not done:
                action()
                done = True

    return run
