"""How many labels adaptive overlap saves at what accuracy, beside fixed overlap and stopping at a lead of two votes.

Recorded labels are given once more, in random orders: each item that wants one gets one a round. Items whose gold
calibrates (5 %, by the hash of their id) have all their labels from the beginning and are not scored. Writes
`var/bench/consensus.json`.

    make bench-consensus                                           # every set, ten orders
    .venv-bench/bin/python -m bench.consensus --sets CF --orders 3
    .venv-bench/bin/python -m bench.consensus --data my/set        # a folder as bench/consensus/folder.py describes it
    .venv-bench/bin/python -m bench.consensus --table var/bench/consensus.json
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import command
from bench.consensus import peers
from bench.consensus.boxes import boxes
from bench.consensus.folder import own
from bench.consensus.measures import RULE, Figures, Job, crowd_of, measure, summary
from bench.consensus.sets import CALIBRATING
from bench.consensus.sources import Source, shipped
from bench.consensus.speed import LABELS, incremental
from bench.consensus.table import console, markdown

ORDERS = 10


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    options = command.options("consensus", __doc__)
    options.add_argument("--orders", type=command.count, default=ORDERS, metavar="N", help=f"random orders ({ORDERS})")
    options.add_argument(
        "--labels", type=command.count, default=LABELS, metavar="N", help=f"labels to time by ({LABELS})"
    )
    return options


def chosen(args: argparse.Namespace) -> list[Source]:
    """Return the sets to measure, each of them read once, so that what is missing is missed at once."""
    sources = command.chosen(
        args, shipped(args.shared), lambda name, folder: Source(name=name, read=own, folder=folder)
    )
    for source in sources:
        crowd_of(source)
    return sources


def report(args: argparse.Namespace, sources: Sequence[Source]) -> dict[str, Any]:
    """Measure and return everything."""
    drawn = {} if args.sets or args.data else boxes(args.shared, args.orders)
    by_set: dict[str, list[Figures]] = {source.name: [] for source in sources}
    jobs = [Job(source=source, order=order) for source in sources for order in range(args.orders)]
    for job, figures in command.told(command.spread(measure, jobs, args.jobs), lambda job: job.source.name):
        by_set[job.source.name].append(figures)
    sets = {source.name: summary(crowd_of(source), by_set[source.name]) for source in sources}
    speed = incremental(args.labels)
    return {
        "orders": args.orders,
        "rule": asdict(RULE) | {"calibrating": CALIBRATING},
        "sets": sets,
        "labels_saved_mean": round(sum(one["labels_saved"] for one in sets.values()) / len(sets), 4),
        "incremental_us_per_label": speed["us_per_label"],
        "incremental": speed,
        "peers": {source.name: peers.compared(crowd_of(source)) for source in sources} if peers.installed() else {},
        "boxes": drawn,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the figures and write them; or print those of an earlier report."""
    args = parser().parse_args(arguments)
    return command.run(
        "consensus", args, lambda: report(args, chosen(args)), console=_told, markdown=markdown, draw=_draw
    )


def _told(found: dict[str, Any]) -> str:
    return f"{console(found)}\n{found['incremental_us_per_label']} µs a label"


def _draw(found: Mapping[str, Any], folder: Path) -> None:
    from bench.consensus.plots import draw  # noqa: PLC0415  matplotlib is in .venv-bench only

    draw(found, folder)


if __name__ == "__main__":
    sys.exit(main())
