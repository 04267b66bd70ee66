"""Which records are worth a label: the router beside its peers, on real labeled streams, under the same budgets.

A stream is cut into chunks of 100 records. Of each a selector names those to label, within what the budget allows so
far; a fixed model learns from the gold labels and scores the next chunks. What the labels are worth is measured at
the end by that model on records held out. Writes `var/bench/routing.json`.

    make bench-routing                                          # every set, all budgets, ten seeds
    .venv-bench/bin/python -m bench.routing --sets shuttle --seeds 3
    .venv-bench/bin/python -m bench.routing --data my/set       # a folder as bench/routing/folder.py describes it
    .venv-bench/bin/python -m bench.routing --table var/bench/routing.json
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from bench.routing.folder import own
from bench.routing.grid import SELECTORS, Job, grid, measured, parts
from bench.routing.measures import Figures
from bench.routing.replay import allowance
from bench.routing.sets import DataError
from bench.routing.sources import Source, shipped
from bench.routing.summary import facts, summary
from bench.routing.table import console, markdown

SHARED = Path(os.environ.get("ASSAY_DATA", "../shared/data"))
BUDGETS = (0.01, 0.02, 0.05, 0.1)
SEEDS = 10
# What the figures depend on.
PACKAGES = ("numpy", "river", "scikit-learn", "scipy")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(prog="python -m bench.routing", description=__doc__.partition("\n")[0])
    command.add_argument("--shared", type=Path, default=SHARED, metavar="DIR", help=f"shared data sets ({SHARED})")
    command.add_argument("--data", type=Path, action="append", default=[], metavar="DIR", help="a set of your own")
    command.add_argument("--sets", nargs="+", metavar="SET", help="shared sets to measure (all, or none with --data)")
    command.add_argument("--budgets", nargs="+", type=_share, default=BUDGETS, metavar="SHARE", help=f"{BUDGETS}")
    command.add_argument("--selectors", nargs="+", choices=SELECTORS, default=list(SELECTORS), help="all")
    command.add_argument("--seeds", type=_count, default=SEEDS, metavar="N", help=f"{SEEDS}")
    command.add_argument("--jobs", type=_count, default=os.cpu_count() or 1, metavar="N", help="processes (one a core)")
    command.add_argument("--plots", type=Path, metavar="DIR", help="draw the figures into a folder as SVG")
    command.add_argument("--table", type=Path, metavar="JSON", help="print the figures of a report as Markdown, only")
    return command


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share above 0 and up to 1")
    return share


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return count


def chosen(args: argparse.Namespace) -> list[Source]:
    """Return the sets to measure, each of them read once, so that what is missing is missed at once."""
    known = {source.name: source for source in shipped(args.shared)}
    names = args.sets or ([] if args.data else list(known))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise DataError(f"there is no set {', '.join(unknown)}: choose among {', '.join(known)}")
    sources = [known[name] for name in names]
    for folder in args.data:
        name = folder.resolve().name
        if name in known:
            raise DataError(f"--data {folder}: {name} is the name of another set; rename the folder")
        known[name] = Source(name=name, read=own, folder=folder.resolve())
        sources.append(known[name])
    for source in sources:
        _check_budgets(source, args.budgets)
    return sources


def _check_budgets(source: Source, budgets: Sequence[float]) -> None:
    rows = len(parts(source).streamed)
    if not allowance(min(budgets), rows):
        raise DataError(f"{min(budgets):g} of the {rows} streamed records of {source.name} is not one label: raise it")


def report(args: argparse.Namespace, sources: Sequence[Source]) -> dict[str, Any]:
    """Measure and return everything."""
    jobs = grid(sources, args.budgets, args.selectors, args.seeds)
    installed = {one.name: one.version for one in distributions()}
    return {
        "seeds": args.seeds,
        "versions": {name: installed[name] for name in PACKAGES if name in installed},
        "facts": {source.name: facts(source) for source in sources},
        "sets": summary(_told(measured(jobs, args.jobs))),
    }


def _told(found: Iterable[tuple[Job, Figures]]) -> Iterator[tuple[Job, Figures]]:
    """Pass on what is measured, and say when a set is begun."""
    name = ""
    for job, figures in found:
        if job.source.name != name:
            name = job.source.name
            print(f"{name} ...", file=sys.stderr, flush=True)
        yield job, figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the figures and write them; or print those of an earlier report."""
    args = parser().parse_args(arguments)
    if args.table:
        print(markdown(json.loads(args.table.read_text(encoding="utf-8"))))
        return 0
    begun = time.monotonic()
    try:
        with threadpool_limits(1):  # so that figures do not depend on the number of cores
            found = report(args, chosen(args))
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    out = Path(os.environ.get("ASSAY_VAR", "var")) / "bench" / "routing.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if args.plots:
        _draw(found, args.plots)
    print(console(found))
    print(f"{time.monotonic() - begun:.0f} s; wrote {out}")
    return 0


def _draw(found: dict[str, Any], folder: Path) -> None:
    from bench.routing.plots import draw  # noqa: PLC0415  matplotlib is in .venv-bench only

    draw(found, folder)


if __name__ == "__main__":
    sys.exit(main())
