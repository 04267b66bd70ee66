"""When drift is found, how often falsely, and whose it is: beside Evidently, NannyML, PSI and two-sample tests.

Streams are drawn from real sets, quiet or with a planted shift of stated size; elec, weather and NAB are watched in
their own order too. Writes `var/bench/drift.json`; what was measured of a stream is kept until its code changes, so an
interrupted bench goes on where it was.

    make bench-drift                                           # everything
    .venv/bin/python -m bench.drift --sets elec --quiet 2 --shifted 1
    .venv/bin/python -m bench.drift --data my/stream.csv --window 500   # columns: bench/drift/own.py
    .venv/bin/python -m bench.drift --table var/bench/drift.json
"""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import command
from bench.drift import real
from bench.drift.cost import cost
from bench.drift.jobs import Job, jobs
from bench.drift.keeping import measured_once
from bench.drift.others import scored
from bench.drift.own import own, told
from bench.drift.populations import Source
from bench.drift.sources import shipped
from bench.drift.summary import summary
from bench.drift.table import console, markdown
from quality.drift.budget import Budget

# Quiet streams of each population, and streams with each shift: a quiet one has 60 windows, a shift lasts 20.
QUIET, SHIFTED = 5, 2
# Of a stream of one's own.
WINDOW, REFERENCE = 300, 20


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    options = command.options("drift", __doc__)
    options.add_argument("--quiet", type=command.count, default=QUIET, metavar="N", help=f"quiet streams ({QUIET})")
    options.add_argument("--shifted", type=command.count, default=SHIFTED, metavar="N", help=f"of a shift ({SHIFTED})")
    options.add_argument("--budget", type=float, default=5.0, metavar="N", help="false alarms in 1,000 windows (5)")
    options.add_argument("--window", type=command.count, default=WINDOW, metavar="N", help=f"of --data ({WINDOW})")
    options.add_argument("--reference", type=command.count, default=REFERENCE, metavar="N", help=f"({REFERENCE})")
    options.add_argument("--no-peers", action="store_true", help="leave Evidently and NannyML out")
    options.add_argument(
        "--peer-streams", type=command.count, metavar="N", help="streams of a kind that these two are asked of (all)"
    )
    options.add_argument(
        "--fresh", action="store_true", help="measure every stream anew, as after a change of the data"
    )
    return options


def report(args: argparse.Namespace) -> dict[str, Any]:
    """Measure and return everything, or what is asked for."""
    budget = Budget(per_thousand=args.budget)
    found: dict[str, Any] = {"versions": {name: version(name) for name in ("numpy", "river", "scipy")}}
    if args.data:
        found["own"] = {file.name: told(own(file, args.window, args.reference), budget) for file in args.data}
    if args.sets or not args.data:
        folder = Path(os.environ.get("ASSAY_VAR", "var")) / "bench" / "drift-streams"
        if args.fresh:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        found |= _measured(args, budget, folder.resolve())
    return found


def _measured(args: argparse.Namespace, budget: Budget, folder: Path) -> dict[str, Any]:
    plain = argparse.Namespace(**{**vars(args), "data": []})
    sources = command.chosen(plain, shipped(args.shared), lambda name, at: Source(name=name, read=_none, folder=at))
    grid = jobs(sources, quiet=args.quiet, shifted=args.shifted, budget=budget, folder=folder)
    ours = list(command.told(command.spread(measured_once, grid, args.jobs), lambda job: job.source.name))
    ordered = [real.ordered(source) for source in sources if source.name in ("elec", "weather")]
    telemetry = [] if args.sets else real.nab(args.shared / "telemetry_nab")
    streams = {one.name: real.measured(one, budget, folder) for one in (*ordered, *telemetry)}
    asked = [job for job in grid if args.peer_streams is None or job.number < args.peer_streams]
    files = [job.file for job in asked] + [real.file_of(one, folder) for one in (*ordered, *telemetry)]
    peers = {} if args.no_peers else scored(files, args.jobs)
    joined = [(job, _with(one, peers.get(job.file, {}))) for job, one in ours]
    costs = cost()
    return {
        **summary(joined, budget),
        "real": {one.name: _figures(one, streams, peers, folder) for one in ordered},
        "nab": {one.name: _figures(one, streams, peers, folder) for one in telemetry},
        "cost": costs,
        "cost_ratio": costs["cost_ratio"],
        "peer_seconds": _seconds(grid, peers),
    }


def _none(_: Path) -> Any:
    raise AssertionError("a stream of one's own is read by bench.drift.own")


def _with(found: Mapping[str, Any], peers: Mapping[str, Any]) -> dict[str, Any]:
    scores = {name: values for name, values in peers.items() if name != "seconds"}
    return {**found, "scores": {**found["scores"], **scores}}


def _figures(one: real.Real, streams: Mapping[str, Any], peers: Mapping[Path, Any], folder: Path) -> dict[str, Any]:
    return real.figures(one, streams[one.name], peers.get(real.file_of(one, folder), {}))


def _seconds(grid: Sequence[Job], peers: Mapping[Path, Any]) -> dict[str, float]:
    """Return the processor time that peers take for a window of the first stream."""
    first = peers.get(grid[0].file, {}).get("seconds", {})
    return {name: round(seconds, 4) for name, seconds in first.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the figures and write them; or print those of an earlier report."""
    args = parser().parse_args(arguments)
    if args.plots:
        parser().error("this bench draws nothing: leave --plots out")
    return command.run("drift", args, lambda: report(args), console=console, markdown=markdown, draw=lambda _, __: None)


if __name__ == "__main__":
    sys.exit(main())
