"""Which port each service listens on: the user's, else one chosen once and remembered in the stack's folder."""

import json
import os
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from infra.errors import PortTakenError, StackError
from infra.keys import write_private
from infra.programs import MARK
from infra.settings import PREFIX, InfraSettings

LOOPBACK = "127.0.0.1"
CHOICE = range(20_000, 32_000)  # below Linux's range for outgoing connections, which would take them now and then
TRIES = 100
PREFERRED = {"api": 8400, "airflow": 8401}  # what people type into a browser had better be easy to say


@dataclass(frozen=True, kw_only=True)
class Ports:
    """One port for each service that listens; the controller is Kafka's own second listener."""

    kafka: int
    controller: int
    postgres: int
    api: int
    airflow: int


def choose_ports(settings: InfraSettings, *, running: bool = False) -> Ports:
    """Return the stack's ports, choosing and remembering those that the user did not set.

    A remembered port that somebody else took meanwhile is replaced; one that this stack itself holds is kept. Of a
    stack that is `running` every remembered one is: a process that has just been started may not be known as its own
    yet, and its port would be taken for somebody else's.
    """
    file = settings.var / "run" / "ports.json"
    remembered = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    chosen: dict[str, int] = {}
    for name in Ports.__dataclass_fields__:
        kept = _kept(settings, name, remembered.get(name), running=running)
        chosen[name] = kept or free_port(PREFERRED.get(name), chosen.values())
    if chosen != remembered:
        write_private(file, json.dumps(chosen))
    return Ports(**chosen)


def free_port(preferred: int | None = None, taken: Iterable[int] = ()) -> int:
    """Return the preferred port if it is free, else any free one that is not among those taken."""
    avoided = set(taken)
    candidates = (preferred or secrets.choice(CHOICE), *(secrets.choice(CHOICE) for _ in range(TRIES)))
    for port in candidates:
        if port not in avoided and is_free(port):
            return port
    raise StackError(f"No free port was found between {CHOICE.start} and {CHOICE.stop} in {TRIES} tries.")


def is_free(port: int) -> bool:
    """Return whether a server could listen on this port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def require_free(port: int, variable: str) -> None:
    """Do nothing if the port is free.

    Raises:
        PortTakenError: It is not; the text names the holder if that can be known, and the variable to change.
    """
    if is_free(port):
        return
    holder = _holder(port)
    by = f"by {holder.name()} (process {holder.pid})" if holder else "by a process that we cannot see"
    raise PortTakenError(f"Port {port} is taken {by}. Stop that process, or set {variable} to another port.")


def variable_of(name: str) -> str:
    """Return the variable that sets the port of this service."""
    return f"{PREFIX}{name.upper()}_PORT"


def _kept(settings: InfraSettings, name: str, remembered: int | None, *, running: bool) -> int | None:
    """Return the user's port, taken or not; else the remembered one, unless somebody else took it before the start."""
    wanted: int | None = getattr(settings, f"{name}_port", None)
    if wanted or remembered is None:
        return wanted
    return remembered if running or is_free(remembered) or _is_ours(settings, remembered) else None


def _is_ours(settings: InfraSettings, port: int) -> bool:
    holder = _holder(port)
    try:
        return holder is not None and holder.environ().get(MARK) == os.fspath(settings.var)
    except psutil.Error:
        return False


def _holder(port: int) -> psutil.Process | None:
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return None
    for each in connections:
        if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port and each.pid:
            try:
                return psutil.Process(each.pid)
            except psutil.NoSuchProcess:
                return None
    return None
