"""Which records are worth a label: the router beside its peers, on real labeled streams, under the same budgets.

A stream is cut into chunks of 100 records. Of each a selector names those to label, within what the budget allows so
far; a fixed model learns from the gold labels and scores the next chunks. What the labels are worth is measured at
the end by that model on records held out. Writes `var/bench/routing.json`.

    make bench-routing                                          # every set, all budgets, ten seeds
    .venv-bench/bin/python -m bench.routing --sets shuttle --seeds 3
    .venv-bench/bin/python -m bench.routing --table var/bench/routing.json
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.routing.grid import SELECTORS, grid, measured
from bench.routing.sets import DataError
from bench.routing.sources import Source, sources
from bench.routing.summary import facts, summary
from bench.routing.table import console, markdown

OUT = Path(os.environ.get("ASSAY_VAR", "var")) / "bench" / "routing.json"
SHARED = Path(os.environ.get("ASSAY_DATA", "../shared/data"))
BUDGETS = (0.01, 0.02, 0.05, 0.1)
SEEDS = 10
# What the figures depend on.
PACKAGES = ("numpy", "scikit-learn", "scipy")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(prog="python -m bench.routing", description=__doc__.partition("\n")[0])
    command.add_argument("--shared", type=Path, default=SHARED, metavar="DIR", help=f"shared data sets ({SHARED})")
    command.add_argument("--sets", nargs="+", metavar="SET", help="sets to measure (all)")
    command.add_argument("--budgets", nargs="+", type=float, default=BUDGETS, metavar="SHARE", help=f"{BUDGETS}")
    command.add_argument("--selectors", nargs="+", choices=SELECTORS, default=list(SELECTORS), help="all")
    command.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help=f"{SEEDS}")
    command.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="processes (one a core)")
    command.add_argument("--table", type=Path, metavar="JSON", help="print the figures of a report as Markdown, only")
    return command


def report(args: argparse.Namespace, chosen: Sequence[Source]) -> dict[str, Any]:
    """Measure and return everything."""
    jobs = grid(chosen, args.budgets, args.selectors, args.seeds)
    return {
        "seeds": args.seeds,
        "versions": {package: version(package) for package in PACKAGES},
        "facts": {source.name: facts(source) for source in chosen},
        "sets": summary(measured(jobs, args.jobs)),
    }


def main() -> int:
    """Measure, print the figures and write them; or print those of an earlier report."""
    args = parser().parse_args()
    if args.table:
        print(markdown(json.loads(args.table.read_text(encoding="utf-8"))))
        return 0
    begun = time.monotonic()
    try:
        found = report(args, sources(args.shared, args.sets))
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(console(found))
    print(f"{time.monotonic() - begun:.0f} s; wrote {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
