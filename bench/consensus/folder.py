"""A set of one's own: a folder of labels and gold, checked before anything is measured.

labels.csv     item_id,worker_id,label[,created_at]: one line a label
gold.csv       item_id,label[,split]: the right answers
features.npy   optional: (n, d) numbers, a row for each line of gold.csv
"""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.command import DataError
from bench.consensus.sets import CrowdSet, crowd_set
from bench.consensus.sources import Rows, rows_of
from bench.routing.reduction import reduced
from labeling.consensus.votes import Numbers


def own(folder: Path) -> CrowdSet:
    """Read a set from a folder; raises DataError with what is wrong, where, and what to do."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: --data needs one with labels.csv and gold.csv")
    labels = table(folder / "labels.csv", ("item_id", "worker_id", "label"))
    gold = table(folder / "gold.csv", ("item_id", "label"))
    if labels and "created_at" in labels[0]:
        labels = sorted(labels, key=lambda row: row["created_at"])
    features = features_of(folder / "features.npy", len(gold)) if (folder / "features.npy").is_file() else None
    crowd = crowd_set(
        [(row["item_id"], row["worker_id"], row["label"]) for row in labels],
        [(row["item_id"], row["label"]) for row in gold],
        features,
    )
    if not len(crowd.scored):
        raise DataError(f"{folder} has gold for none of the items that have labels: the item_id of both must be alike")
    if len(crowd.classes) < 2:
        raise DataError(f"{folder} has one class only, {crowd.classes[0]}: there is nothing to agree on")
    return crowd


def table(file: Path, columns: Sequence[str]) -> Rows:
    """Read a CSV file that has at least these columns, all of them filled; raises DataError."""
    if not file.is_file():
        raise DataError(f"{file} is missing: it needs the columns {', '.join(columns)}")
    try:
        rows = rows_of(file)
    except (ValueError, csv.Error) as error:
        raise DataError(f"{file} is no CSV in UTF-8: {error}") from error
    if not rows:
        raise DataError(f"{file} has no rows below its header")
    for name in columns:
        if name not in rows[0]:
            raise DataError(f"{file} has no column {name}: its first line must name {', '.join(columns)}")
        empty = next((place for place, row in enumerate(rows, start=1) if not row[name]), None)
        if empty is not None:
            raise DataError(f"{file}, record {empty}, has no {name}: fill it or leave the record out")
    return rows


def features_of(file: Path, count: int) -> Numbers:
    """Read an array with a row for each line of gold.csv, reduced where it is wide; raises DataError."""
    try:
        features = np.load(file, allow_pickle=False).astype(np.float64)
    except (ValueError, TypeError, EOFError) as error:
        raise DataError(f"{file} is no array of numbers ({error}): write it by numpy.save(file, array)") from error
    if features.ndim != 2 or len(features) != count:
        raise DataError(
            f"{file} has the shape {features.shape}: it must have a row for each of {count} lines of gold.csv"
        )
    if not np.isfinite(features).all():
        raise DataError(f"{file} has values that are no finite numbers: fill them or leave the column out")
    return reduced(features)
