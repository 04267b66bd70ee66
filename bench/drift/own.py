"""A stream of one's own: a CSV file, watched as it comes.

order or time        optional: a number, or a text that sorts; rows are put into its order
label, prediction    optional: what is right, and what the model says; where both are there, errors are watched
confidence           optional: the score of the prediction
attribute.NAME       optional: columns that slices are made of
anything else        a field: numbers if all its cells are numbers or empty, else categories
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.command import DataError
from bench.drift.ours import watched
from bench.drift.plain import METHODS, scores
from bench.drift.tables import NONE, Table
from quality.drift.baseline import LEAST_RECORDS, LEAST_WINDOWS
from quality.drift.budget import Budget
from quality.drift.measured import Aspect
from quality.sketches.fields import Series

SPECIAL = ("order", "time", "label", "prediction", "confidence")
ATTRIBUTE = "attribute."

Cells = Mapping[str, Sequence[str]]


def own(file: Path, window: int, reference: int) -> Table:
    """Read a stream from a file; raises DataError with what is wrong with it, and what to do."""
    cells = _ordered(_cells(file))
    rows = len(next(iter(cells.values())))
    if window < LEAST_RECORDS or reference < LEAST_WINDOWS:
        raise DataError(f"a window needs {LEAST_RECORDS} records and a reference {LEAST_WINDOWS} windows at least")
    if rows < window * (reference + 1):
        raise DataError(
            f"{file} has {rows} rows, and a reference of {reference} windows of {window} with one to judge needs "
            f"{window * (reference + 1)}: set --window or --reference lower, or give more rows"
        )
    columns = {
        name: _column(values)
        for name, values in cells.items()
        if name not in SPECIAL and not name.startswith(ATTRIBUTE)
    }
    if "prediction" in cells:
        columns["prediction"] = [value or None for value in cells["prediction"]]
    confidence = _column(cells["confidence"]) if "confidence" in cells else None
    if isinstance(confidence, np.ndarray):
        columns["confidence"] = confidence
    if not columns:
        raise DataError(f"{file} has no column that is a field: name what is to be watched")
    return Table(
        columns=columns,
        window=window,
        reference=reference,
        attributes={name.removeprefix(ATTRIBUTE): cells[name] for name in cells if name.startswith(ATTRIBUTE)},
        confidence=confidence if isinstance(confidence, np.ndarray) else None,
        wrong=_wrong(cells["label"], cells["prediction"]) if {"label", "prediction"} <= cells.keys() else None,
    )


def told(table: Table, budget: Budget) -> dict[str, Any]:
    """Return the alarms of a stream, with what each says, and in how many windows plain tests alarm."""
    outcome = watched(table, budget)
    plain = {name: scores(table, table.reference, method) for name, method in METHODS.items()}
    return {
        "windows": table.windows - table.reference,
        "budget": budget.per_thousand / 1_000 * (table.windows - table.reference),
        "alarms": [
            {
                "window": window - table.reference,
                "first_row": window * table.window,
                "measures": [
                    {
                        "slice": alarm.measure.slice,
                        "field": alarm.measure.field,
                        "aspect": alarm.measure.aspect.value,
                        "windows": alarm.windows,
                        "p_value": alarm.p_value,
                        "effect": [alarm.effect.low, alarm.effect.estimate, alarm.effect.high],
                    }
                    for alarm in raised
                ],
            }
            for window, raised in zip(outcome.windows, outcome.alarms, strict=True)
        ],
        "errors_watched": any(alarm.measure.aspect is Aspect.ERRORS for raised in outcome.alarms for alarm in raised)
        or table.wrong is not None,
        "plain": {name: sum(score > 1.0 for score in found) for name, found in plain.items()},
    }


def _cells(file: Path) -> Cells:
    if not file.is_file():
        raise DataError(f"{file} is not a file: --data needs a CSV with a header, see python -m bench.drift --help")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        header, *rows = list(csv.reader(lines)) or [[]]
    if not header or len(set(header)) < len(header):
        raise DataError(f"{file} must begin with the names of its columns, each of them once: {header}")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise DataError(f"{file}, line {number}, has {len(row)} cells and the header {len(header)}: mend it")
    if not rows:
        raise DataError(f"{file} has no rows below its header")
    return dict(zip(header, zip(*rows, strict=True), strict=True))


def _ordered(cells: Cells) -> Cells:
    by = next((name for name in ("order", "time") if name in cells), None)
    if by is None:
        return cells
    keys = _column(cells[by])
    places = np.argsort(keys if isinstance(keys, np.ndarray) else np.array(cells[by]), kind="stable")
    return {name: [values[place] for place in places] for name, values in cells.items()}


def _column(values: Sequence[str]) -> Series:
    try:
        return np.array([float(value) if value else np.nan for value in values])
    except ValueError:
        return [value or None for value in values]


def _wrong(labels: Sequence[str], predictions: Sequence[str]) -> Any:
    return np.array(
        [
            NONE if not label or not predicted else int(label != predicted)
            for label, predicted in zip(labels, predictions, strict=True)
        ]
    )
