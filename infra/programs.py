"""What the stack runs: a program, how to tell that it is ready, and how it stands."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

MARK = "ASSAY_STACK"  # every process of a stack carries this variable, with the stack's folder as its value


def nothing() -> None:
    """Prepare nothing."""


def running() -> bool:
    """Ask nothing more of a program than to run."""
    return True


@dataclass(frozen=True, kw_only=True)
class Program:
    """One long-lived process that the stack starts, watches and stops.

    Attributes:
        name: Unique; also the name of its log, `var/log/NAME.log`.
        command: Program and arguments; the program may be found on the PATH.
        environment: Added to the environment in which the stack was first started.
        folder: Where it runs; the checkout or wherever the stack was started from if None.
        ports: Ports it will listen on, by the variable that sets each; they must be free when it starts.
        needs: Names of the programs that must be ready first; None means all that stand before it in the list.
        prepare: Runs in the caller's process before each start by the caller, not before automatic restarts.
        ready: Returns whether it serves; must not block for more than a few seconds, nor raise.
        ready_seconds: How long a start may take before it counts as failed.
        stop_seconds: How long a stop may take before the whole group is killed.
        stop_signal: The signal that asks it to stop.
        stop_group: Whether the signal goes to its children too.
        autorestart: Whether it comes back when it dies.
        foundation: Whether others lean on it: stopped after them.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    needs: tuple[str, ...] | None = None
    prepare: Callable[[], None] = nothing
    ready: Callable[[], bool] = running
    ready_seconds: float = 90
    stop_seconds: int = 15
    stop_signal: str = "TERM"
    stop_group: bool = True
    autorestart: bool = True
    foundation: bool = False


class State(StrEnum):
    """How a program stands; the values are supervisord's words."""

    STOPPED = "STOPPED"  # by us, or never started
    STARTING = "STARTING"  # alive for less than a second
    RUNNING = "RUNNING"  # alive
    BACKOFF = "BACKOFF"  # died at start; will be tried again
    STOPPING = "STOPPING"  # asked to stop, still alive
    EXITED = "EXITED"  # ended by itself
    FATAL = "FATAL"  # could not be started at all
    UNKNOWN = "UNKNOWN"  # supervisord's word for a state it has no word for


@dataclass(frozen=True, kw_only=True)
class ProgramStatus:
    """How one program stands now; `restarts` counts since it was last started by a caller."""

    name: str
    state: State
    pid: int | None
    uptime_s: float | None
    restarts: int
    log: Path


def python_module(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module with this process's own interpreter."""
    return (sys.executable, "-m", module, *arguments)
