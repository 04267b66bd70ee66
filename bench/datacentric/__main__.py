"""Whether better data beats a better model: the same model on labels that the loop made better, on real sets.

Every set begins with one label an item. A better model learns from those; better data is what the loop makes of them
with as many labels again. Then what noise costs, what two guidelines cost, and what a budget buys by other ways.
Writes `var/bench/datacentric.json`.

    make bench-datacentric                                       # every set, ten seeds
    .venv-bench/bin/python -m bench.datacentric --sets crowd_labelme --seeds 3
    .venv-bench/bin/python -m bench.datacentric --data my/set    # a folder as bench/datacentric/folder.py describes it
    .venv-bench/bin/python -m bench.datacentric --table var/bench/datacentric.json

Stopped, it goes on where it was: the results of single seeds stay in `var/bench/datacentric-jobs`.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import command, kept
from bench.datacentric.arms import LEVELS, detector
from bench.datacentric.crowds import EXPERT
from bench.datacentric.folder import own
from bench.datacentric.measures import Job, Said, measure, set_of
from bench.datacentric.sources import Source, shipped
from bench.datacentric.summary import summary
from bench.datacentric.table import console, markdown

SEEDS = 10
QUESTIONS = ("table", "curve", "consistency", "budget")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    options = command.options("datacentric", __doc__)
    options.add_argument("--seeds", type=command.count, default=SEEDS, metavar="N", help=f"{SEEDS}")
    kept.option(options)
    return options


def chosen(args: argparse.Namespace) -> list[Source]:
    """Return the sets to measure, each of them read once, so that what is missing is missed at once."""
    sources = command.chosen(
        args, shipped(args.shared), lambda name, folder: Source(name=name, read=own, folder=folder)
    )
    for source in sources:
        set_of(source)
    return sources


def report(args: argparse.Namespace, sources: Sequence[Source]) -> dict[str, Any]:
    """Measure and return everything."""
    jobs = [Job(source=source, seed=seed) for source in sources for seed in range(args.seeds)]
    said: dict[str, list[Said]] = {source.name: [] for source in sources}
    keeping = kept.kept("datacentric", measure, fresh=args.fresh)
    for job, found in command.told(command.spread(keeping, jobs, args.jobs), lambda job: job.source.name):
        said[job.source.name].append(found)
    return reported({source.name: summary(set_of(source), said[source.name]) for source in sources}, args.seeds)


def reported(sets: Mapping[str, Mapping[str, Any]], seeds: int) -> dict[str, Any]:
    """Return the report on sets of which each has a part of every question."""
    return {
        "seeds": seeds,
        "budget_labels_per_item": LEVELS[-1],
        "expert_costs_labels": EXPERT,
        "label_errors_by": detector(),
        **{question: {name: one[question] for name, one in sets.items()} for question in QUESTIONS},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the figures and write them; or print those of an earlier report."""
    args = parser().parse_args(arguments)
    return command.run(
        "datacentric", args, lambda: report(args, chosen(args)), console=console, markdown=markdown, draw=_draw
    )


def _draw(found: Mapping[str, Any], folder: Path) -> None:
    from bench.datacentric.plots import draw  # noqa: PLC0415  matplotlib is in .venv-bench only

    draw(found, folder)


if __name__ == "__main__":
    sys.exit(main())
