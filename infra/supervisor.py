"""One supervisord for each stack: its configuration, its life, and typed calls to it.

The only module that knows supervisord. It listens on a Unix socket in a short private folder, since a socket's path
may have 107 bytes at most and checkouts can lie deep; `var/run/control` says where. Each program has three files in
`var/run/programs`: NAME.conf, a section for supervisord; NAME.json, for the launcher; NAME.starts, a line a start.
"""

import http.client
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client  # speaks only with our own supervisord, over a socket in a folder of mode 0700
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.errors import StackError
from infra.keys import write_private
from infra.programs import MARK, Program, ProgramStatus, State

LAUNCHER = Path(__file__).with_name("launch.py")
CALL_SECONDS = 10.0
START_SECONDS = 15.0
END_SECONDS = 5.0
SPAWN_SECONDS = 5.0
POLL_SECONDS = 0.05
LONGEST_SOCKET = 80  # of 107 bytes; supervisord first makes it under a longer name
TAIL_LINES = 15
NOT_RUNNING = 70  # supervisord's answer when there is nothing to stop
ALIVE = frozenset({State.STARTING, State.RUNNING, State.STOPPING})
ENDED = frozenset({State.STOPPED, State.EXITED, State.FATAL})

# With that umask whatever the programs write, wherever, is their owner's alone: logs, Kafka's records, the lake.
# Paths are relative to the stack's folder, in which supervisord runs: it expands per cent signs in some paths twice.
DAEMON = """\
[unix_http_server]
file={socket}
chmod=0600
[supervisord]
umask=077
logfile=log/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile=run/supervisord.pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

# Retried a million times, a second later each time: for practical purposes, for ever.
PROGRAM = """\
[program:{name}]
command={command}
autostart=false
autorestart={autorestart}
startretries=1000000
stopsignal={stop_signal}
stopwaitsecs={stop_seconds}
stopasgroup={stop_group}
killasgroup=true
redirect_stderr=true
stdout_logfile=log/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=CALL_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CALL_SECONDS)
        self.sock.connect(self._path)


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> _Connection:
        connection = _Connection(self._path)
        self._connection = (host, connection)  # where the base class looks for what it is to close
        return connection


class Supervisor:
    """The supervisord of one stack's folder; every call but `is_alive` and `launch` needs it alive."""

    def __init__(self, var: Path) -> None:
        self._var = var
        self._run = var / "run"
        self._programs = self._run / "programs"
        self._control = self._run / "control"

    def is_alive(self) -> bool:
        """Return whether it answers."""
        try:
            self._call("getPID")
        except (OSError, http.client.HTTPException):
            return False
        return True

    def launch(self) -> None:
        """Start a new one, without programs, in a session of its own; needs none alive.

        Raises:
            StackError: It does not answer in time.
        """
        self._forget()
        self._programs.mkdir(parents=True)
        self.log("supervisord").parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="assay-", dir=_short_folder()))
        write_private(self._control, str(folder / "control"))
        self._write_config()
        self._run_daemon()

    def end(self) -> None:
        """End it, when every program has been stopped: nothing is left then that it would have to do.

        Killed, since it takes up to two seconds over its own farewell.
        """
        os.kill(self._call("getPID"), signal.SIGKILL)
        _wait_until(lambda: not self.is_alive(), END_SECONDS)
        self._forget()

    def add(self, programs: Sequence[Program]) -> None:
        """Make programs known beside those that are; one whose handling changed is stopped by this."""
        for program in programs:
            (self._programs / f"{program.name}.conf").write_text(self._section(program), encoding="utf-8")
        self._write_config()
        added, changed, _ = self._call("reloadConfig")[0]
        for name in changed:
            self.stop(name)
            self._call("removeProcessGroup", name)
        for name in (*added, *changed):
            self._call("addProcessGroup", name)

    def runs(self, program: Program) -> bool:
        """Return whether it is alive with exactly this command and environment."""
        file = self._programs / f"{program.name}.json"
        unchanged = file.exists() and file.read_text(encoding="utf-8") == self._specification(program)
        return unchanged and self.status_of(program.name).state in ALIVE

    def start(self, program: Program) -> None:
        """Start a program that is known and not alive; returns when its process exists.

        A stop signal that comes between supervisord's fork and its exec is lost, and the stop then takes all its time.
        """
        write_private(self._programs / f"{program.name}.json", self._specification(program))
        (self._programs / f"{program.name}.starts").unlink(missing_ok=True)
        self._call("startProcess", program.name, False)  # noqa: FBT003  # XML-RPC has no keywords; False: do not wait
        _wait_until(lambda: self.starts_of(program.name) > 0, SPAWN_SECONDS)

    def ask_to_stop(self, name: str) -> None:
        """Send a program its stop signal, if it is alive; its group is killed when its time is up."""
        try:
            self._call("stopProcess", name, False)  # noqa: FBT003  # as above
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != NOT_RUNNING:
                raise

    def stop(self, name: str) -> None:
        """Stop a program and wait for its end, which supervisord bounds."""
        self.ask_to_stop(name)
        _wait_until(lambda: self.status_of(name).state in ENDED, None)

    def foundations(self) -> set[str]:
        """Return the names of the programs that others lean on."""
        files = self._programs.glob("*.json")
        return {file.stem for file in files if json.loads(file.read_text(encoding="utf-8"))["foundation"]}

    def statuses(self) -> list[ProgramStatus]:
        """Return how each known program stands, in the order of their names."""
        return [self._status(info) for info in sorted(self._call("getAllProcessInfo"), key=lambda info: info["name"])]

    def status_of(self, name: str) -> ProgramStatus:
        """Return how a known program stands."""
        return self._status(self._call("getProcessInfo", name))

    def starts_of(self, name: str) -> int:
        """Return how often it was started, by us once and then by itself."""
        file = self._programs / f"{name}.starts"
        return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0

    def log(self, name: str) -> Path:
        """Return the path of a program's log."""
        return self._var / "log" / f"{name}.log"

    def log_tail(self, name: str) -> str:
        """Return the last lines of a program's log, indented, under the log's path."""
        file = self.log(name)
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:] if file.exists() else []
        return "\n".join([f"The end of {file}:", *(f"    {line}" for line in lines or ["(empty)"])])

    def _status(self, info: dict[str, Any]) -> ProgramStatus:
        name, state = info["name"], State(info["statename"])
        alive = state in ALIVE
        return ProgramStatus(
            name=name,
            state=state,
            pid=info["pid"] if alive else None,
            uptime_s=float(info["now"] - info["start"]) if alive else None,
            restarts=max(0, self.starts_of(name) - 1),
            log=self.log(name),
        )

    def _run_daemon(self) -> None:
        # With `-c` alone it becomes a daemon and the call returns; all its children inherit the mark.
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._run / "supervisord.conf")]
        subprocess.run(  # noqa: S603  # our own interpreter
            command,
            env=os.environ | {MARK: str(self._var)},
            cwd=self._var,
            check=False,
            timeout=START_SECONDS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        if not _wait_until(self.is_alive, START_SECONDS):
            raise StackError(f"supervisord did not start. {self.log_tail('supervisord')}")

    def _write_config(self) -> None:
        # One file: supervisord's own includes stumble over folders with spaces or brackets in their names.
        socket_path = self._control.read_text(encoding="utf-8")
        values = {"socket": socket_path}
        sections = [file.read_text(encoding="utf-8") for file in sorted(self._programs.glob("*.conf"))]
        write_private(self._run / "supervisord.conf", "".join([DAEMON.format_map(_escaped(values)), *sections]))

    def _section(self, program: Program) -> str:
        command = (sys.executable, "-I", "-S", str(LAUNCHER), f"run/programs/{program.name}.json")
        values = {
            "name": program.name,
            "command": shlex.join(command),
            "autorestart": str(program.autorestart).lower(),
            "stop_signal": program.stop_signal,
            "stop_seconds": program.stop_seconds,
            "stop_group": str(program.stop_group).lower(),
        }
        return PROGRAM.format_map(_escaped(values))

    def _specification(self, program: Program) -> str:
        folder = program.folder or Path.cwd()
        # SPT_NOENV: setproctitle otherwise overwrites the environment in which we look for the mark.
        environment = {**program.environment, MARK: str(self._var), "SPT_NOENV": "1"}
        return json.dumps(
            {
                "command": program.command,
                "environment": environment,
                "folder": str(folder),
                "foundation": program.foundation,
            }
        )

    def _forget(self) -> None:
        if self._control.exists():
            shutil.rmtree(Path(self._control.read_text(encoding="utf-8")).parent, ignore_errors=True)
            self._control.unlink()
        shutil.rmtree(self._programs, ignore_errors=True)

    def _call(self, method: str, *arguments: object) -> Any:
        path = self._control.read_text(encoding="utf-8")
        with xmlrpc.client.ServerProxy("http://localhost", transport=_Transport(path)) as server:
            return getattr(server.supervisor, method)(*arguments)


def _escaped(values: Mapping[str, object]) -> dict[str, str]:
    """Double every per cent sign, which means something to supervisord."""
    return {name: str(value).replace("%", "%%") for name, value in values.items()}


def _short_folder() -> str:
    folder = tempfile.gettempdir()
    return folder if len(folder) < LONGEST_SOCKET else "/tmp"  # noqa: S108  # mkdtemp makes a private one in it


def _wait_until(condition: Callable[[], bool], seconds: float | None) -> bool:
    deadline = None if seconds is None else time.monotonic() + seconds
    while not condition():
        if deadline is not None and time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
