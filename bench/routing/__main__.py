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
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from bench import command
from bench.command import DataError
from bench.routing.folder import own
from bench.routing.grid import SELECTORS, grid, measure, parts
from bench.routing.replay import allowance
from bench.routing.sources import Source, shipped
from bench.routing.summary import facts, summary
from bench.routing.table import console, markdown

BUDGETS = (0.01, 0.02, 0.05, 0.1)
SEEDS = 10
# What the figures depend on.
PACKAGES = ("numpy", "river", "scikit-learn", "scipy")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    options = command.options("routing", __doc__)
    options.add_argument("--budgets", nargs="+", type=_share, default=BUDGETS, metavar="SHARE", help=f"{BUDGETS}")
    options.add_argument("--selectors", nargs="+", choices=SELECTORS, default=list(SELECTORS), help="all")
    options.add_argument("--seeds", type=command.count, default=SEEDS, metavar="N", help=f"{SEEDS}")
    return options


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share above 0 and up to 1")
    return share


def chosen(args: argparse.Namespace) -> list[Source]:
    """Return the sets to measure, each of them read once, so that what is missing is missed at once."""
    sources = command.chosen(
        args, shipped(args.shared), lambda name, folder: Source(name=name, read=own, folder=folder)
    )
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
        "sets": summary(command.told(command.spread(measure, jobs, args.jobs), lambda job: job.source.name)),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the figures and write them; or print those of an earlier report."""
    args = parser().parse_args(arguments)
    return command.run(
        "routing", args, lambda: report(args, chosen(args)), console=console, markdown=markdown, draw=_draw
    )


def _draw(found: Mapping[str, Any], folder: Path) -> None:
    from bench.routing.plots import draw  # noqa: PLC0415  matplotlib is in .venv-bench only

    draw(found, folder)


if __name__ == "__main__":
    sys.exit(main())
