"""What the benches on sets share: their command line, their choice of sets, their processes, and their report."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol, TypeVar

from threadpoolctl import threadpool_limits

SHARED = Path(os.environ.get("ASSAY_DATA", "../shared/data"))

Job = TypeVar("Job")
Found = TypeVar("Found")
Report = dict[str, Any]


class DataError(Exception):
    """A set cannot be measured; the text says what to do."""


class Named(Protocol):
    """A source of data, by the name of its set."""

    @property
    def name(self) -> str:
        """The set's name."""


SourceT = TypeVar("SourceT", bound=Named)


def options(bench: str, about: str) -> argparse.ArgumentParser:
    """Return the command line that all have: which sets, how many processes, where plots go, an earlier report."""
    command = argparse.ArgumentParser(prog=f"python -m bench.{bench}", description=about.partition("\n")[0])
    command.add_argument("--shared", type=Path, default=SHARED, metavar="DIR", help=f"shared data sets ({SHARED})")
    command.add_argument("--data", type=Path, action="append", default=[], metavar="DIR", help="a set of your own")
    command.add_argument("--sets", nargs="+", metavar="SET", help="shared sets to measure (all, or none with --data)")
    command.add_argument("--jobs", type=count, default=os.cpu_count() or 1, metavar="N", help="processes (one a core)")
    command.add_argument("--plots", type=Path, metavar="DIR", help="draw the figures into a folder as SVG")
    command.add_argument("--table", type=Path, metavar="JSON", help="print the figures of a report as Markdown, only")
    return command


def count(text: str) -> int:
    """Return a number of the command line that is 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def chosen(args: argparse.Namespace, shipped: Iterable[SourceT], own: Callable[[str, Path], SourceT]) -> list[SourceT]:
    """Return the sources of the sets to measure; raises DataError with what is wrong with the choice."""
    known = {source.name: source for source in shipped}
    names = args.sets or ([] if args.data else list(known))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise DataError(f"there is no set {', '.join(unknown)}: choose among {', '.join(known)}")
    sources = [known[name] for name in names]
    for folder in args.data:
        name = folder.resolve().name
        if name in known:
            raise DataError(f"--data {folder}: {name} is the name of another set; rename the folder")
        known[name] = own(name, folder.resolve())
        sources.append(known[name])
    return sources


def spread(measure: Callable[[Job], Found], jobs: Sequence[Job], processes: int) -> Iterator[tuple[Job, Found]]:
    """Yield what is measured of every job in their order; more than one process are new ones, of one thread each."""
    if processes == 1:
        yield from zip(jobs, map(measure, jobs), strict=True)
        return
    # Started afresh, not forked: a fork would inherit the threads of the numerical libraries in an unknown state.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_alone) as pool:
        yield from zip(jobs, pool.map(measure, jobs), strict=True)


def _alone() -> None:
    """Keep to one thread; only libraries that are loaded by now heed it: those that the bench's module imports."""
    threadpool_limits(1)


def told(found: Iterable[tuple[Job, Found]], name_of: Callable[[Job], str]) -> Iterator[tuple[Job, Found]]:
    """Pass on what is measured, and say when a set is begun."""
    name = ""
    for job, figures in found:
        if name_of(job) != name:
            name = name_of(job)
            print(f"{name} ...", file=sys.stderr, flush=True)
        yield job, figures


def run(
    bench: str,
    args: argparse.Namespace,
    report: Callable[[], Report],
    *,
    console: Callable[[Report], str],
    markdown: Callable[[Report], str],
    draw: Callable[[Mapping[str, Any], Path], None],
) -> int:
    """Measure, print the figures, draw and write them to `var/bench`; or print those of an earlier report."""
    if args.table:
        print(markdown(json.loads(args.table.read_text(encoding="utf-8"))))
        return 0
    begun = time.monotonic()
    try:
        with threadpool_limits(1):  # so that figures do not depend on the number of cores
            found = report()
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    out = Path(os.environ.get("ASSAY_VAR", "var")) / "bench" / f"{bench}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if args.plots:
        draw(found, args.plots)
    print(console(found))
    print(f"{time.monotonic() - begun:.0f} s; wrote {out}")
    return 0
