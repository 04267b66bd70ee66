"""The services of a running stack, opened for one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from assay.settings import CommandSettings
from schemas.errors import InputError
from storage.database import open_engine
from storage.lake import Lake
from storage.projects import Project, read_project
from storage.settings import StorageSettings


@dataclass(frozen=True, kw_only=True)
class Services:
    """What a command needs of the platform."""

    project: Project
    storage: StorageSettings
    engine: Engine
    lake: Lake
    bootstrap: str


@contextmanager
def opened(project: Project, storage: StorageSettings, bootstrap: str) -> Iterator[Services]:
    """Open the services at these places; close them at the end."""
    engine = open_engine(storage)
    try:
        with Lake.open(storage) as lake:
            yield Services(project=project, storage=storage, engine=engine, lake=lake, bootstrap=bootstrap)
    finally:
        engine.dispose()


@contextmanager
def open_services(settings: CommandSettings) -> Iterator[Services]:
    """Open the services that `settings` name.

    Raises:
        InputError: no stack runs, and no outside services are set.
    """
    bootstrap = kafka_of(settings)
    with opened(read_project(settings.project), StorageSettings(), bootstrap) as services:
        yield services


def kafka_of(settings: CommandSettings) -> str:
    """Return where Kafka is."""
    if settings.kafka_bootstrap is None:
        raise InputError(
            "No stack is running here: `assay up` starts one; or set ASSAY_KAFKA_BOOTSTRAP to an outside one."
        )
    return settings.kafka_bootstrap
