"""A screening worker with a clock on each stage; writes the shares of its time to BENCH_STAGES when it ends."""

import atexit
import json
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import psutil
from faust import Worker

from quality import screening
from storage import checkpoints
from storage.settings import StorageSettings
from streams import backlog, reader, screen
from streams.app import configure_logging, create_app
from streams.publisher import Publisher
from streams.settings import Role, StreamSettings

CLOCKED = (
    (backlog, "frame_of", "reading"),
    (reader.Reader, "_poll", "reading"),
    (screening, "decode", "contract"),
    (screening, "judge", "rules"),
    (screening, "find_duplicates", "duplicates"),
    (screening, "_route", "routing"),
    (screening, "watched", "sketches"),
    (screen, "screen", "screening"),
    (Publisher, "_sending", "publishing"),
    (checkpoints, "save", "checkpoints"),
)

spent: defaultdict[str, float] = defaultdict(float)


def clocked(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a clock: processor time of the thread that it runs in."""

    def timed(*args: Any, **options: Any) -> Any:
        began = time.thread_time()
        try:
            found = function(*args, **options)
        finally:
            spent[stage] += time.thread_time() - began
        return _stepped(stage, found) if isinstance(found, Generator) else found

    return timed


def _stepped(stage: str, steps: Generator[Any]) -> Generator[Any]:
    """Yield what a generator does, with the clock on its steps."""
    end = object()
    step = clocked(stage, lambda: next(steps, end))
    while (found := step()) is not end:
        yield found


def main() -> None:
    """Run a worker until it is told to stop."""
    for place, name, stage in CLOCKED:
        setattr(place, name, clocked(stage, getattr(place, name)))
    configure_logging()
    app = create_app(Role.SCREEN, StreamSettings(), StorageSettings())
    began = time.process_time()
    atexit.register(
        lambda: Path(os.environ["BENCH_STAGES"]).write_text(json.dumps(shares(time.process_time() - began)))
    )
    Worker(app, loglevel=logging.WARNING, quiet=True, redirect_stdouts=False).execute_from_commandline()


def shares(total: float) -> dict[str, float]:
    """Return the share of the processor time that each stage took; librdkafka's threads are among `rest`."""
    parts = ("contract", "rules", "duplicates", "routing", "sketches")
    spent["writing"] = spent.pop("screening") - sum(spent[part] for part in parts)
    spent["confirming"] = _of_thread("publisher")
    spent["rest"] = total - sum(spent.values())
    return {stage: round(seconds / total, 3) for stage, seconds in spent.items()}


def _of_thread(name: str) -> float:
    ids = {thread.native_id for thread in threading.enumerate() if thread.name == name}
    return sum(times.user_time + times.system_time for times in psutil.Process().threads() if times.id in ids)


if __name__ == "__main__":
    main()
