"""The demo's stages: a progress bar each, and how long it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import OperationalError

from infra.errors import AirflowError
from schemas.errors import UnavailableError

T = TypeVar("T")

# What a call raises while a service that was killed comes back.
AWAY = (UnavailableError, OperationalError, AirflowError, httpx.HTTPError)
# How often a stage looks how far it is.
POLL_SECONDS = 0.25


class Stages:
    """Show stages as they run; `seconds` says how long each took."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, text: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Run a stage; the function it yields says how much of `total` is done."""
        bar = self._progress.add_task(text, total=total)
        began = time.monotonic()
        yield lambda done: self._progress.update(bar, completed=done)
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - began, 1)
        self._progress.update(bar, total=total or 1, completed=total or 1)


def bars() -> Progress:
    """Return the display of stages."""
    return Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )


def wait_for(what: str, done: Callable[[], bool], *, seconds: float) -> None:
    """Return when `done`; services that are away for a moment are waited for.

    Raises:
        UnavailableError: it did not happen within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not patiently(what, done, seconds=max(0.0, deadline - time.monotonic())):
        if time.monotonic() > deadline:
            raise UnavailableError(f"{what} did not happen within {seconds:.0f} s: look into var/demo/log.")
        time.sleep(POLL_SECONDS)


def patiently(what: str, action: Callable[[], T], *, seconds: float) -> T:
    """Return what `action` does, done again while a service that it needs is away.

    Raises:
        UnavailableError: the service was away for longer than `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return action()
        except AWAY as error:
            if time.monotonic() > deadline:
                raise UnavailableError(f"{what}: a service was away for more than {seconds:.0f} s: {error}") from error
        time.sleep(POLL_SECONDS)
