"""An object store on this machine, for tests of what keeps its files in one: moto, which speaks S3."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from infra.ports import LOOPBACK, free_port
from infra.programs import Program
from infra.settings import CHECKOUT, InfraSettings
from infra.stack import Stack
from infra.testing import guard

PROGRAM = CHECKOUT / ".venv-object-store" / "bin" / "moto_server"


@contextmanager
def running_object_store(var: Path) -> Iterator[str]:
    """Run an empty object store until the block ends, and yield its endpoint; it ends with this process too.

    It lets in whoever names any key. `infra/setup.sh object-store` makes its environment.
    """
    port = free_port()
    stack = Stack(InfraSettings(var=var, kafka_bootstrap=None, database_url=None))
    try:
        stack.start([guard(), _server(port)])
        yield f"http://{LOOPBACK}:{port}"
    finally:
        stack.stop()


def _server(port: int) -> Program:
    return Program(
        name="object-store",
        command=(str(PROGRAM), "-H", LOOPBACK, "-p", str(port)),
        needs=(),
        ready=lambda: _answers(port),
    )


def _answers(port: int) -> bool:
    with closing(socket.socket()) as connection:
        return connection.connect_ex((LOOPBACK, port)) == 0
