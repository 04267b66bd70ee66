"""Start, watch and stop the processes of one stack; everything else is a list of programs."""

import fcntl
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cached_property
from threading import Event

from infra.addresses import Addresses, addresses_of, write_addresses
from infra.errors import DiskFullError, ProgramError
from infra.folders import close_folders, make_var
from infra.orphans import end_orphans
from infra.ports import Ports, choose_ports, require_free
from infra.programs import Program, ProgramStatus, State, running
from infra.settings import InfraSettings
from infra.supervisor import ENDED, Supervisor

NEEDED_MB = 500  # below it PostgreSQL and Kafka soon fail in the middle of a write
DEATHS_AT_START = 3  # that many restarts while we wait for the first readiness mean that it will not come
POLL_SECONDS = 0.1

Progress = Callable[[str, str], None]


class _GivenUpError(ProgramError):
    """A program was not waited for any longer, because another one failed."""


def silent(name: str, phase: str) -> None:
    """Report nothing."""


class Stack:
    """The processes of one `var` folder, kept alive by one supervisord. Every method may be called by any process."""

    def __init__(self, settings: InfraSettings) -> None:
        self.settings = settings
        self._supervisor = Supervisor(settings.var)

    @cached_property
    def ports(self) -> Ports:
        """Port of each service; chooses and remembers those that nobody set."""
        make_var(self.settings.var)
        return choose_ports(self.settings, running=self._supervisor.is_alive())

    @cached_property
    def addresses(self) -> Addresses:
        """Where each service is, embedded or outside."""
        return addresses_of(self.settings, self.ports)

    def start(self, programs: Sequence[Program], on_progress: Progress = silent) -> None:
        """Start what does not run yet and return when all of it is ready.

        A program starts when those it needs are ready; one that runs with another command or environment is
        restarted; programs not named are left alone. `on_progress` gets a name and one of `preparing`, `starting`,
        `ready`, from several threads. Writes `var/stack.env`.

        Raises:
            StackError: Naming the first program that failed, with the end of its log; those ready stay up.
        """
        self._require_disk()
        with self._lock():
            close_folders(self.settings.var)
            if not self._supervisor.is_alive():
                end_orphans(self.settings.var)
                self._supervisor.launch()
            write_addresses(self.settings, self.addresses)
            self._supervisor.add(programs)
            self._start_all(programs, on_progress)

    def stop(self) -> int:
        """Stop everything, the foundations last; return how many orphans of earlier accidents were ended."""
        with self._lock():
            if self._supervisor.is_alive():
                names = {status.name for status in self._supervisor.statuses()}
                foundations = self._supervisor.foundations()
                for wave in (names - foundations, foundations & names):
                    self._stop_all(wave)
                self._supervisor.end()
            return end_orphans(self.settings.var)

    def status(self) -> list[ProgramStatus]:
        """Return how each program stands, in the order of their names; none while the stack is down."""
        if not self._supervisor.is_alive():
            return []
        return self._supervisor.statuses()

    def wait_ready(self, program: Program, seconds: float | None = None, *, given_up: Event | None = None) -> None:
        """Return when a started program serves.

        Raises:
            ProgramError: It died again and again, or the time is up; the text shows the end of its log.
        """
        limit = program.ready_seconds if seconds is None else seconds
        deadline = time.monotonic() + limit
        while not self._is_ready(program):
            if given_up and given_up.is_set():
                raise _GivenUpError(f"{program.name} was given up because another program failed.")
            if self._has_failed(program):
                raise self._failure(program, "died at start")
            if time.monotonic() > deadline:
                raise self._failure(program, f"was not ready after {limit:.0f} s")
            time.sleep(POLL_SECONDS)

    def _is_ready(self, program: Program) -> bool:
        state = self._supervisor.status_of(program.name).state
        probed = state is State.STARTING and program.ready is not running
        return (probed or state is State.RUNNING) and program.ready()

    def _has_failed(self, program: Program) -> bool:
        if self._supervisor.starts_of(program.name) > DEATHS_AT_START:
            return True
        return self._supervisor.status_of(program.name).state in ENDED and not program.autorestart

    def _failure(self, program: Program, what: str) -> ProgramError:
        return ProgramError(f"{program.name} {what}. {self._supervisor.log_tail(program.name)}")

    def _start_all(self, programs: Sequence[Program], on_progress: Progress) -> None:
        given_up = Event()
        ready: dict[str, Future[None]] = {}
        with ThreadPoolExecutor(max(1, len(programs))) as pool:
            for program in programs:
                needs = [future for name, future in ready.items() if program.needs is None or name in program.needs]
                ready[program.name] = pool.submit(self._start_one, program, needs, on_progress, given_up)
            wait(ready.values(), return_when=FIRST_EXCEPTION)
            given_up.set()
        _raise_first([future.exception() for future in ready.values()])

    def _start_one(
        self, program: Program, needs: Sequence[Future[None]], on_progress: Progress, given_up: Event
    ) -> None:
        for need in needs:
            need.result()
        if not self._supervisor.runs(program):
            self._supervisor.stop(program.name)
            for variable, port in program.ports.items():
                require_free(port, variable)
            on_progress(program.name, "preparing")
            program.prepare()
            on_progress(program.name, "starting")
            self._supervisor.start(program)
        self._wait_or_stop(program, given_up)
        on_progress(program.name, "ready")

    def _wait_or_stop(self, program: Program, given_up: Event) -> None:
        try:
            self.wait_ready(program, given_up=given_up)
        except ProgramError:
            self._supervisor.stop(program.name)  # else it would die and come back for ever
            raise

    def _stop_all(self, names: set[str]) -> None:
        for name in names:
            self._supervisor.ask_to_stop(name)
        for name in names:
            self._supervisor.stop(name)

    def _require_disk(self) -> None:
        make_var(self.settings.var)
        free_mb = shutil.disk_usage(self.settings.var).free // 1_000_000
        if free_mb < NEEDED_MB:
            raise DiskFullError(
                f"Only {free_mb} MB are free on the disk of {self.settings.var}, and the stack needs {NEEDED_MB} MB. "
                "Free some space, or set ASSAY_VAR to a folder on another disk."
            )

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one process at a time start or stop; a second one waits."""
        make_var(self.settings.var)
        file = self.settings.var / "run" / "lock"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _raise_first(errors: Sequence[BaseException | None]) -> None:
    """Raise the error that made the others give up, if there is one."""
    real = [error for error in errors if error is not None]
    for error in sorted(real, key=lambda error: isinstance(error, _GivenUpError)):
        raise error
