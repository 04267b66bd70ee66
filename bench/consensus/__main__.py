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
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from bench.consensus import peers
from bench.consensus.boxes import boxes
from bench.consensus.folder import own
from bench.consensus.measures import RULE, Figures, Job, crowd_of, measured, summary
from bench.consensus.sets import CALIBRATING, DataError
from bench.consensus.sources import Source, shipped
from bench.consensus.speed import LABELS, incremental
from bench.consensus.table import console, markdown

SHARED = Path(os.environ.get("ASSAY_DATA", "../shared/data"))
ORDERS = 10


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(prog="python -m bench.consensus", description=__doc__.partition("\n")[0])
    command.add_argument("--shared", type=Path, default=SHARED, metavar="DIR", help=f"shared data sets ({SHARED})")
    command.add_argument("--data", type=Path, action="append", default=[], metavar="DIR", help="a set of your own")
    command.add_argument("--sets", nargs="+", metavar="SET", help="shared sets to measure (all, or none with --data)")
    command.add_argument("--orders", type=_count, default=ORDERS, metavar="N", help=f"random orders ({ORDERS})")
    command.add_argument("--jobs", type=_count, default=os.cpu_count() or 1, metavar="N", help="processes (one a core)")
    command.add_argument("--labels", type=_count, default=LABELS, metavar="N", help=f"labels to time by ({LABELS})")
    command.add_argument("--plots", type=Path, metavar="DIR", help="draw the curves into a folder as SVG")
    command.add_argument("--table", type=Path, metavar="JSON", help="print the figures of a report as Markdown, only")
    return command


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
        crowd_of(source)
    return sources


def report(args: argparse.Namespace, sources: Sequence[Source]) -> dict[str, Any]:
    """Measure and return everything."""
    drawn = {} if args.sets or args.data else boxes(args.shared, args.orders)
    by_set: dict[str, list[Figures]] = {source.name: [] for source in sources}
    jobs = [Job(source=source, order=order) for source in sources for order in range(args.orders)]
    for job, figures in measured(jobs, args.jobs):
        if not by_set[job.source.name]:
            print(f"{job.source.name} ...", file=sys.stderr, flush=True)
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
    out = Path(os.environ.get("ASSAY_VAR", "var")) / "bench" / "consensus.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if args.plots:
        _draw(found, args.plots)
    print(console(found))
    print(f"{found['incremental_us_per_label']} µs a label; {time.monotonic() - begun:.0f} s; wrote {out}")
    return 0


def _draw(found: dict[str, Any], folder: Path) -> None:
    from bench.consensus.plots import draw  # noqa: PLC0415  matplotlib is in .venv-bench only

    draw(found, folder)


if __name__ == "__main__":
    sys.exit(main())
