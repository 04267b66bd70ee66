"""The whole platform as a list of programs, in the order in which they lean on each other."""

from collections.abc import Callable, Mapping
from threading import Lock
from urllib.parse import urlsplit

import httpx

from infra.programs import Program, python_module
from infra.services import airflow_services, storage_services
from infra.settings import CHECKOUT
from infra.stack import Stack
from storage import guidelines
from storage.database import open_engine
from storage.lake import Lake
from storage.migrate import migrate
from storage.projects import Project
from storage.settings import StorageSettings
from streams.settings import Role
from streams.topics import ensure_topics


def platform(stack: Stack, project: Project) -> list[Program]:
    """Return every program that screens, keeps, labels and builds for `project`."""
    return [*loop(stack, project), *schedule(stack, project)]


def loop(stack: Stack, project: Project) -> list[Program]:
    """Return the programs of the loop: Kafka, PostgreSQL, the workers and the API."""
    services = storage_services(stack)
    needs = tuple(service.name for service in services)
    prepared = _prepared(stack, project)
    environment = _environment(stack, project)
    return [
        *services,
        *(_worker(role, environment, needs, prepared) for role in Role),
        _api(stack, environment, needs, prepared),
    ]


def schedule(stack: Stack, project: Project) -> list[Program]:
    """Return Airflow's programs; they need PostgreSQL."""
    return airflow_services(stack, environment=_environment(stack, project))


def _environment(stack: Stack, project: Project) -> dict[str, str]:
    own = {"ASSAY_VAR": str(stack.settings.var), "ASSAY_PROJECT": str(project.folder)}
    # All of it, or a program would inherit what was set when the stack was first started.
    return {**stack.addresses.variables(), **own}


def prepare(project: Project, *, storage: StorageSettings, bootstrap: str) -> None:
    """Make the project's tables and topics, and publish version 1 of its guideline, where they are missing."""
    migrate(storage)
    engine = open_engine(storage)
    guidelines.ensure(engine, project.config.name, project.guideline)
    engine.dispose()
    with Lake.open(storage) as lake:
        lake.ensure(project.config.name)
    ensure_topics(bootstrap, project.topics, partitions=project.config.partitions)


def _prepared(stack: Stack, project: Project) -> Callable[[], None]:
    """Return what prepares the stack for the project; several programs may ask for it, the first has it done."""
    storage = StorageSettings(database_url=stack.addresses.database_url, lake=stack.addresses.lake)
    return _once(lambda: prepare(project, storage=storage, bootstrap=stack.addresses.kafka_bootstrap))


def _worker(
    role: Role, environment: Mapping[str, str], needs: tuple[str, ...], prepared: Callable[[], None]
) -> Program:
    name = f"worker-{role}"
    return Program(
        name=name,
        command=python_module("streams", role),
        environment={**environment, "ASSAY_WORKER_ID": name},
        folder=CHECKOUT,
        needs=needs,
        prepare=prepared,
    )


def _api(stack: Stack, environment: Mapping[str, str], needs: tuple[str, ...], prepared: Callable[[], None]) -> Program:
    url = stack.addresses.api_url
    return Program(
        name="api",
        command=python_module("console"),
        environment={**environment, "ASSAY_API_PORT": str(urlsplit(url).port)},
        folder=CHECKOUT,
        ports={"ASSAY_API_PORT": stack.ports.api},
        needs=needs,
        prepare=prepared,
        ready=lambda: _answers(f"{url}/v1/healthz"),
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
