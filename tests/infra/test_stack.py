import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from infra.errors import PortTakenError, ProgramError
from infra.folders import PASSABLE, PRIVATE
from infra.orphans import find_orphans
from infra.ports import free_port
from infra.programs import Program, State
from infra.settings import InfraSettings
from infra.stack import Stack
from infra.testing import guard
from infra.unprivileged import becomes_another

FOREVER = "import time; time.sleep(600)"


def python(name: str, code: str = FOREVER, **options: object) -> Program:
    """Return a program that runs a line of Python; ready as soon as it runs."""
    return Program(name=name, command=(sys.executable, "-S", "-c", code), ready=lambda: True, **options)  # type: ignore[arg-type]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Stack]:
    """Return a stack without services, in a deep folder with an awkward name."""
    stack = Stack(InfraSettings(var=tmp_path / '100% "deep"' / ("d" * 90) / "var"))
    yield stack
    stack.stop()


def pid_of(stack: Stack, name: str) -> int:
    """Return the process number of a program that runs."""
    return next(status.pid for status in stack.status() if status.name == name and status.pid)


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Return whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_starting_twice_starts_only_what_is_missing(small: Stack) -> None:
    """`up` may be run at any time."""
    small.start([python("one")])
    first = pid_of(small, "one")
    small.start([python("one"), python("two")])
    assert pid_of(small, "one") == first
    assert [status.name for status in small.status()] == ["one", "two"]


def test_a_program_with_another_environment_is_restarted(small: Stack) -> None:
    """A changed setting takes effect at the next `up`."""
    small.start([python("one", environment={"COLOUR": "red"})])
    first = pid_of(small, "one")
    small.start([python("one", environment={"COLOUR": "blue"})])
    assert pid_of(small, "one") != first


def test_values_reach_the_program_as_they_are(small: Stack, tmp_path: Path) -> None:
    """Quotes, commas, per cent signs and line ends are the user's business."""
    value = "100% \"a\", 'b';\nc"
    code = "import os, pathlib; pathlib.Path(os.environ['SEEN']).write_text(os.environ['VALUE']);" + FOREVER
    small.start([python("one", code, environment={"VALUE": value, "SEEN": str(tmp_path / "seen")})])
    assert eventually((tmp_path / "seen").exists)
    assert (tmp_path / "seen").read_text(encoding="utf-8") == value


def test_other_users_see_nothing_of_a_stack(small: Stack, tmp_path: Path) -> None:
    """Neither its logs, nor what its programs write, wherever that is; even in a folder that stood open before."""
    (small.settings.var / "kafka").mkdir(parents=True)
    written = tmp_path / "elsewhere"
    small.start([python("one", f"open({str(written)!r}, 'w').close(); print('a', flush=True); {FOREVER}")])
    log = small.settings.var / "log" / "one.log"
    assert eventually(lambda: written.exists() and log.exists())
    seen = [small.settings.var / name for name in ("kafka", "lake", "log", "run", "secrets", "airflow")]
    assert {path.stat().st_mode & 0o077 for path in [*seen, log, written]} == {0}


def test_a_new_folder_is_closed_and_one_that_somebody_made_stays_as_it_is(tmp_path: Path) -> None:
    """But for the way through it, where PostgreSQL runs as another user."""
    (tmp_path / "made").mkdir(mode=0o750)
    for name in ("made", "new/var"):
        assert Stack(InfraSettings(var=tmp_path / name)).ports
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "new/var").stat().st_mode & 0o777 == (PASSABLE if becomes_another() else PRIVATE)


def test_programs_start_when_those_they_need_are_ready(small: Stack) -> None:
    """By default each waits for all that stand before it."""
    seen: list[tuple[str, str]] = []
    small.start([python("one"), python("two")], lambda name, phase: seen.append((name, phase)))
    assert seen == [(name, phase) for name in ("one", "two") for phase in ("preparing", "starting", "ready")]


def test_a_killed_program_comes_back(small: Stack) -> None:
    """Nobody needs to watch."""
    small.start([python("one")])
    time.sleep(1.2)  # one that dies within its first second is not brought back at once
    first = pid_of(small, "one")
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: any(s.restarts == 1 and s.state is State.RUNNING for s in small.status()))
    assert pid_of(small, "one") != first


def test_a_program_that_dies_at_start_shows_the_end_of_its_log(small: Stack) -> None:
    """The reason is in the error, with the place of the rest; nothing is left to die for ever."""
    broken = Program(name="broken", command=(sys.executable, "-S", "-c", "raise SystemExit('no such model')"))
    with pytest.raises(ProgramError, match=r"(?s)broken died at start.*broken\.log.*no such model"):
        small.start([broken, python("after")])
    assert {status.state for status in small.status()} == {State.STOPPED}


def test_stop_leaves_no_process_even_of_those_that_ignore_it(small: Stack) -> None:
    """A worker that ignores the signal is killed when its time is up, and its children with it."""
    deaf = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); time.sleep(600)"
    small.start([python("deaf", deaf, stop_seconds=1), python("one")])
    small.stop()
    assert find_orphans(small.settings.var) == []
    assert small.status() == []


def test_a_killed_supervisor_does_not_block_the_next_start(small: Stack) -> None:
    """What it left running is ended, and everything starts anew."""
    small.start([python("one")])
    left = psutil.Process(pid_of(small, "one"))
    os.kill(int((small.settings.var / "run/supervisord.pid").read_text(encoding="utf-8")), signal.SIGKILL)
    small.start([python("one")])
    assert not left.is_running()
    assert [status.state for status in small.status()] != []


def test_stop_ends_what_a_killed_supervisor_left(small: Stack) -> None:
    """`down` means down, whatever happened before."""
    small.start([python("one")])
    left = psutil.Process(pid_of(small, "one"))
    os.kill(int((small.settings.var / "run/supervisord.pid").read_text(encoding="utf-8")), signal.SIGKILL)
    assert small.stop() == 1
    assert not left.is_running()


def test_another_stacks_processes_are_left_alone(small: Stack, tmp_path: Path) -> None:
    """Two checkouts on one machine do not end each other's programs."""
    other = Stack(InfraSettings(var=tmp_path / "other"))
    try:
        other.start([python("one")])
        small.start([python("one")])
        small.stop()
        assert [status.state in {State.RUNNING, State.STARTING} for status in other.status()] == [True]
    finally:
        other.stop()


def test_a_taken_port_stops_the_start_before_the_program(small: Stack) -> None:
    """The error comes from us, with a remedy, not from deep inside the program's log."""
    port = free_port()
    small.start([python("holder", f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); {FOREVER}")])
    assert eventually(lambda: psutil.Process(pid_of(small, "holder")).net_connections() != [])
    with pytest.raises(PortTakenError, match="ASSAY_API_PORT"):
        small.start([python("api", ports={"ASSAY_API_PORT": port})])


def test_a_stack_of_tests_ends_with_the_tests(small: Stack) -> None:
    """Even when they were killed."""
    with subprocess.Popen([sys.executable, "-S", "-c", FOREVER]) as tests:
        watching = guard()
        watching = Program(name="guard", command=(*watching.command[:-1], str(tests.pid)), ready=lambda: True)
        small.start([watching, python("one")])
        tests.kill()
    assert eventually(lambda: find_orphans(small.settings.var) == [])


def test_a_disk_that_is_nearly_full_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """On a real file system of 50 MB, in a mount namespace of the test's own; it names folder and remedy."""
    program = (
        "import sys; from pathlib import Path\n"
        "from infra.settings import InfraSettings; from infra.stack import Stack\n"
        "Stack(InfraSettings(var=Path(sys.argv[1]))).start([])"
    )
    inside = 'mount -t tmpfs -o size=50m none "$1" && exec "$2" -c "$3" "$1"'
    command = ("unshare", "-Urm", "sh", "-c", inside, "sh", str(tmp_path), sys.executable, program)
    started = subprocess.run(command, capture_output=True, text=True, check=False)
    assert started.returncode == 1
    assert "DiskFullError" in started.stderr
    assert f"the disk of {tmp_path}" in started.stderr
    assert "ASSAY_VAR" in started.stderr
