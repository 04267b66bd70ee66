"""For tests: a real Kafka and a real PostgreSQL in a folder of their own."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.programs import Program
from infra.services import storage_services
from infra.settings import InfraSettings
from infra.stack import Stack


@dataclass(frozen=True, kw_only=True)
class RunningStack:
    """Where the services of a running test stack are."""

    kafka_bootstrap: str
    database_url: str
    var: Path


def guard() -> Program:
    """Return a program that ends its stack when this process is gone, even if it was killed."""
    return Program(
        name="guard",
        command=(sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py")), str(os.getpid())),
        needs=(),
        ready=lambda: True,
        stop_seconds=1,
    )


@contextmanager
def running_stack(var: Path) -> Iterator[RunningStack]:
    """Run Kafka and PostgreSQL with their data in this folder until the block ends; about three seconds to start.

    They end with this process too, however it ends.
    """
    stack = Stack(InfraSettings(var=var, kafka_bootstrap=None, database_url=None, kafka_port=None, postgres_port=None))
    try:
        stack.start([guard(), *storage_services(stack)])
        yield RunningStack(
            kafka_bootstrap=stack.addresses.kafka_bootstrap,
            database_url=stack.addresses.database_url.get_secret_value(),
            var=var,
        )
    finally:
        stack.stop()
