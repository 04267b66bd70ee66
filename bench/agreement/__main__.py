"""Agreement, checked against what is known: figures of public label sets, peers, hand counts, and false alarms.

Every folder of the data that has tables of `item_id,worker_id,label` is measured, then boxes, then what is simulated
(and called so): how often findings are false alarms and how often they find what was planted, whether intervals cover,
and what shrinking does for newcomers. Writes `var/bench/agreement.json`.

    make bench-agreement ASSAY_DATA=...
    .venv/bin/python -m bench.agreement --data my/sets      # or one folder with labels.csv
    .venv/bin/python -m bench.agreement --table var/bench/agreement.json

Peers (krippendorff, statsmodels, rapidfuzz) are measured beside where they are installed, and null where not.
"""

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.agreement.boxes import lidc, toy
from bench.agreement.crowds import DataError, crowd, crowds, newcomers, relations
from bench.agreement.peers import installed
from bench.agreement.simulated import alarms, coverage, planted, speed
from bench.agreement.table import markdown

OUT = Path(os.environ.get("ASSAY_VAR", "var")) / "bench" / "agreement.json"
# Simulated runs that rates are told from.
RUNS = 200
# Labels that measures are timed on.
LABELS = 300_000


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(prog="python -m bench.agreement", description=__doc__.partition("\n")[0])
    command.add_argument("--data", type=Path, default=os.environ.get("ASSAY_DATA"), metavar="DIR", help="ASSAY_DATA")
    command.add_argument("--runs", type=int, default=RUNS, metavar="N", help=f"simulated runs ({RUNS})")
    command.add_argument("--labels", type=int, default=LABELS, metavar="N", help=f"labels of the timed set ({LABELS})")
    command.add_argument("--table", type=Path, metavar="JSON", help="print the figures of a report as Markdown, only")
    return command


def report(data: Path, runs: int, labels: int) -> dict[str, Any]:
    """Measure and return everything."""
    found: dict[str, Any] = {"python": platform.python_version(), "peers": installed(), "sets": {}, "newcomers": {}}
    for name, file in crowds(data).items():
        print(name, flush=True)
        found["sets"][name] = crowd(name, file)
        if figures := newcomers(file):
            found["newcomers"][name] = figures
    found["missing"] = []
    for name, measure in {"crowd_medrel": relations, "boxes_lidc": lidc, "boxes_toy_iaa": toy}.items():
        if (data / name).is_dir():
            print(name, flush=True)
            found[name.removeprefix("crowd_")] = measure(data / name)
        else:
            found["missing"].append(name)
    print("simulated", flush=True)
    simulated = {"runs": runs, "false_alarms": alarms(runs), "found": planted(runs), "coverage": coverage(runs)}
    return {**found, "simulated": simulated, "speed": speed(labels)}


def main() -> int:
    """Measure, print the tables and write the figures."""
    args = parser().parse_args()
    if args.table:
        print(markdown(json.loads(args.table.read_text(encoding="utf-8"))))
        return 0
    if args.data is None:
        print("Set ASSAY_DATA or --data to the folder of the data sets.", file=sys.stderr)
        return 1
    begun = perf_counter()
    try:
        found = report(args.data, args.runs, args.labels)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    found["seconds"] = round(perf_counter() - begun, 1)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(markdown(found))
    if found["missing"]:
        print(f"Not measured, since {args.data} does not have them: {', '.join(found['missing'])}.")
    print(f"{OUT} has all figures.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
