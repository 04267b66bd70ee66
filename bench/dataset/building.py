"""One build in a process of its own, with a clock on each stage; prints what it took as JSON."""

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from bench.dataset.filling import released_bytes
from bench.engines import LINE
from catalog import assembly
from catalog.assembly import Assembler
from storage import building, candidates, labeled, releases
from storage.lake import Lake
from storage.projects import read_project
from storage.settings import StorageSettings
from storage.spool import Spool

CLOCKED = (
    (labeled, "_places", "labels"),
    (labeled, "_tasks", "labels"),
    (candidates, "unlawful", "rules"),
    (Assembler, "_row", "rows"),
    (Spool, "put", "rows"),
    (assembly, "choose", "choosing"),
    (building, "hash_of", "hashing"),
    (releases, "content_hash", "hashing"),
    (building, "judge", "gate"),
    (releases, "render", "writing"),
)

spent: defaultdict[str, float] = defaultdict(float)
# The stages that are under way, the innermost last, and since when that one has been.
under_way: list[str] = ["rest"]
since = [0.0]


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the block's time as the stage's, and not as that of the stage around it."""
    _turn()
    under_way.append(name)
    try:
        yield
    finally:
        _turn()
        under_way.pop()


def _turn() -> None:
    now = time.perf_counter()
    spent[under_way[-1]] += now - since[0]
    since[0] = now


def clocked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a clock, which runs while what it yields is waited for, too."""

    def timed(*args: Any, **options: Any) -> Any:
        with stage(name):
            found = function(*args, **options)
        return _waited_for(name, found) if isinstance(found, Generator) else found

    return timed


def _waited_for(name: str, items: Iterator[Any]) -> Generator[Any]:
    with closing(items) if isinstance(items, Generator) else nullcontext():
        while True:
            with stage(name):
                item = next(items, None)
            if item is None:
                return
            yield item


@contextmanager
def clocked_lots(lots: AbstractContextManager[Iterator[Any]]) -> Iterator[Iterator[Any]]:
    """Count the time in which lots of samples are waited for."""
    with lots as found:
        yield _waited_for("samples", found)


def peak_mib() -> float:
    """Return the most memory that this process has had, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    """Build."""
    for place, name, of_stage in CLOCKED:
        setattr(place, name, clocked(of_stage, getattr(place, name)))
    samples_at = Lake.samples_at
    Lake.samples_at = lambda *args: clocked_lots(samples_at(*args))  # type: ignore[method-assign]
    project, settings = read_project(LINE), StorageSettings()
    idle, began, worked = peak_mib(), time.perf_counter(), time.process_time()
    since[0] = began
    outcome = building.build(project, settings)
    seconds = time.perf_counter() - began
    _turn()
    if outcome.release is None:
        raise SystemExit(outcome.text)
    print(
        json.dumps(
            {
                "rows": outcome.release.rows,
                "seconds": round(seconds, 2),
                "processor_seconds": round(time.process_time() - worked, 2),
                "idle_mib": round(idle),
                "peak_mib": round(peak_mib()),
                "bytes": released_bytes(outcome.release.location),
                "stages": {name: round(taken, 2) for name, taken in spent.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
