"""Streams in their own order: elec and weather, where nobody knows what is right, and NAB, which is labelled."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.command import DataError
from bench.drift.ours import watched
from bench.drift.plain import METHODS, scores
from bench.drift.populations import Source
from bench.drift.streams import in_order, table
from bench.drift.tables import Table, write
from quality.drift.budget import Budget

# The part of a stream of NAB that is its reference, which NAB leaves for learning; and the least windows of it.
PROBATION, LEAST = 0.15, 10
# The least records of a window of telemetry.
RECORDS = 48


@dataclass(frozen=True, kw_only=True)
class Real:
    """A stream by its name, as a table, and which windows are labelled: by the places of the anomaly in each."""

    name: str
    table: Table
    labelled: Mapping[int, int]


def ordered(source: Source) -> Real:
    """Return the rows of a population in their order."""
    population = source.read(source.folder)
    return Real(name=source.name, table=table(population, in_order(population)), labelled={})


def nab(folder: Path) -> list[Real]:
    """Return the streams of NAB with known causes, in windows of a day, or of 48 records where a day has fewer."""
    labels = folder / "labels" / "combined_windows.json"
    if not labels.is_file():
        raise DataError(f"{labels} is missing: --shared DIR names the folder that holds telemetry_nab")
    known = json.loads(labels.read_text(encoding="utf-8"))
    files = sorted((folder / "data" / "realKnownCause").glob("*.csv"))
    return [one for file in files if (one := _telemetry(file, known[f"realKnownCause/{file.name}"])) is not None]


def _telemetry(file: Path, anomalies: Sequence[Sequence[str]]) -> Real | None:
    """Return a stream, or nothing if it is too short for a reference."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    times = [datetime.fromisoformat(row["timestamp"]) for row in rows]
    step = float(np.median(np.diff([time.timestamp() for time in times])))
    window = max(RECORDS, round(86_400 / step))
    reference = max(LEAST, round(PROBATION * len(rows) / window))
    if len(rows) // window < 2 * reference:
        return None
    labelled = {
        place // window: number
        for number, (begin, end) in enumerate(anomalies)
        for place, time in enumerate(times)
        if datetime.fromisoformat(begin) <= time <= datetime.fromisoformat(end)
    }
    values = np.array([float(row["value"]) for row in rows])
    return Real(
        name=file.stem, table=Table(columns={"value": values}, window=window, reference=reference), labelled=labelled
    )


def measured(real: Real, budget: Budget, folder: Path) -> dict[str, Any]:
    """Return the alarms of ours, once with the reference as it is and once following the stream, and plain scores."""
    begin = real.table.reference
    write(real.table, begin, file_of(real, folder))
    return {
        "windows": real.table.windows - begin,
        "assay": [window - begin for window in watched(real.table, budget).windows],
        "assay, following": [window - begin for window in watched(real.table, budget, following=True).windows],
        "scores": {name: scores(real.table, begin, method) for name, method in METHODS.items()},
    }


def file_of(real: Real, folder: Path) -> Path:
    """Return where peers find a stream."""
    return folder / f"real-{real.name}.npz"


def figures(real: Real, found: Mapping[str, Any], peers: Mapping[str, Any]) -> dict[str, Any]:
    """Return of each method how many windows alarm, how many labelled anomalies are found, and alarms beside them."""
    every = {**found["scores"], **{name: peers[name] for name in ("evidently", "nannyml") if name in peers}}
    alarms = {name: found[name] for name in ("assay", "assay, following")}
    alarms |= {name: np.flatnonzero(np.array(values) > 1.0).tolist() for name, values in every.items()}
    begin = real.table.reference
    anomalies = {number for window, number in real.labelled.items() if window >= begin}
    quiet = [window for window in range(found["windows"]) if window + begin not in real.labelled]
    return {
        "windows": found["windows"],
        "quiet_windows": len(quiet),
        "anomalies": len(anomalies),
        "methods": {
            name: {
                "alarms": len(windows),
                "anomalies_found": len({real.labelled[one + begin] for one in windows if one + begin in real.labelled}),
                "alarms_beside": len(set(windows) & set(quiet)),
            }
            for name, windows in alarms.items()
        },
    }
