"""A set of one's own: a folder of features and labels, checked before anything is measured.

features.npy or features.csv    (n, d) numbers; the CSV has a header, and may have a column item_id
labels.csv                      item_id,label: one line a record, in the order of the stream
scores.npy                      optional: (n, C) probabilities of a model, the classes in sorted order
"""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.command import DataError
from bench.routing.moments import Numbers
from bench.routing.sets import LabeledSet, labeled_set
from bench.routing.sources import Table, parsed

# How far the probabilities of a record may be from a sum of one.
TOLERANCE = 1e-3


def own(folder: Path) -> LabeledSet:
    """Read a set from a folder; raises DataError with what is wrong, where, and what to do."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: --data needs one with features.npy or features.csv, and labels.csv")
    labels = _labels(folder / "labels.csv")
    features = _features(folder, labels["item_id"])
    _check_classes(folder / "labels.csv", labels["label"])
    scores = _scores(folder / "scores.npy", labels["label"]) if (folder / "scores.npy").is_file() else None
    return labeled_set(features, labels["label"], ordered=True, scores=scores)


def _labels(file: Path) -> Table:
    table = _table(file)
    missing = [name for name in ("item_id", "label") if name not in table]
    if missing:
        raise DataError(f"{file} has no column {' and no column '.join(missing)}: its first line must name both")
    twice = [item for item, count in Counter(table["item_id"]).items() if count > 1]
    if twice:
        raise DataError(f"{file} has the item_id {twice[0]} more than once: give each record one line")
    if "" in table["label"]:
        raise DataError(f"{file}, record {table['label'].index('') + 1}, has no label: label it or leave it out")
    return table


def _check_classes(file: Path, labels: Sequence[str]) -> None:
    counts = Counter(labels)
    enough = [name for name, count in counts.items() if count > 1]
    if len(enough) < 2:
        raise DataError(
            f"{file} has {len(counts)} classes, {len(enough)} of them with two records or more: at least two classes "
            "must have two, one to stream and one to hold out"
        )


def _features(folder: Path, items: Sequence[str]) -> Numbers:
    files = [file for file in (folder / "features.npy", folder / "features.csv") if file.is_file()]
    if len(files) != 1:
        raise DataError(f"{folder} has {len(files)} of features.npy and features.csv: leave one of them there")
    features = _array(files[0]) if files[0].suffix == ".npy" else _columns(files[0], items)
    _check_rows(files[0], features, len(items))
    return features


def _columns(file: Path, items: Sequence[str]) -> Numbers:
    table = _table(file)
    for record, (here, there) in enumerate(zip(table.get("item_id", ()), items, strict=False), start=1):
        if here != there:
            raise DataError(f"{file}, record {record}, is {here}, in labels.csv {there}: put both into one order")
    columns = {name: cells for name, cells in table.items() if name != "item_id"}
    return np.array([_column(file, name, cells) for name, cells in columns.items()]).T


def _column(file: Path, name: str, cells: Sequence[str]) -> list[float]:
    numbers = []
    for record, cell in enumerate(cells, start=1):
        try:
            numbers.append(float(cell))
        except ValueError:
            raise DataError(
                f"{file}, record {record}, has {cell!r} in column {name}, which is no number: encode or fill it"
            ) from None
    return numbers


def _scores(file: Path, labels: Sequence[str]) -> Numbers:
    scores = _array(file)
    _check_rows(file, scores, len(labels))
    classes = len(set(labels))
    if scores.shape[1] != classes:
        raise DataError(
            f"{file} has {scores.shape[1]} columns and labels.csv {classes} classes: give each class one, in the "
            "sorted order of their names"
        )
    off = np.flatnonzero((scores < 0).any(axis=1) | (np.abs(scores.sum(axis=1) - 1.0) > TOLERANCE))
    if len(off):
        raise DataError(f"{file}, record {off[0] + 1}, is no probabilities: they must not be negative, and sum up to 1")
    return scores


def _array(file: Path) -> Numbers:
    try:
        array = np.load(file, allow_pickle=False)
        numbers: Numbers = array.astype(np.float64)
    except (ValueError, TypeError, EOFError) as error:
        raise DataError(f"{file} is no array of numbers ({error}): write it by numpy.save(file, array)") from error
    if numbers.ndim != 2 or not numbers.shape[1]:
        raise DataError(f"{file} has the shape {array.shape}: it must be (records, columns)")
    return numbers


def _check_rows(file: Path, rows: Numbers, records: int) -> None:
    if len(rows) != records:
        raise DataError(f"{file} has {len(rows)} rows and labels.csv {records}: both need one for each record")
    with np.errstate(over="ignore"):
        record, column = np.nonzero(~np.isfinite(rows.astype(np.float32)))
    if len(record):
        raise DataError(
            f"{file} has {len(record)} values that are no finite single-precision numbers, the first in record "
            f"{record[0] + 1}, column {column[0] + 1}: fill them, scale them, or leave those records out"
        )


def _table(file: Path) -> Table:
    if not file.is_file():
        raise DataError(f"{file} is missing: it holds item_id,label of each record, in the order of the stream")
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = parsed(lines)
    except (ValueError, csv.Error) as error:
        raise DataError(f"{file} is no CSV in UTF-8 whose lines have as many cells as the first: {error}") from error
    return table
