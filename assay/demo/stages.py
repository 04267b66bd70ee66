"""The demo's stages: a progress bar each, and how long it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import OperationalError

from schemas.errors import UnavailableError

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
    while not _now(done):
        if time.monotonic() > deadline:
            raise UnavailableError(f"{what} did not happen within {seconds:.0f} s: look into var/demo/log.")
        time.sleep(POLL_SECONDS)


def _now(done: Callable[[], bool]) -> bool:
    try:
        return done()
    except (UnavailableError, OperationalError):  # a service that was killed comes back by itself
        return False
