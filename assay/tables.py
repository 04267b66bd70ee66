"""Tables: files of flat rows, read as columns."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from schemas.errors import InputError

Columns = Mapping[str, Sequence[object]]

# A number as JSON writes it; 007, +1 and 1. are texts.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
# Longer ones are texts: no number that was measured has as many characters.
_LONGEST_NUMBER = 30


def read_table(path: Path) -> Columns:
    """Return the columns of a .csv, .parquet or .jsonl file; each has a value or None for every row.

    Raises:
        InputError: there is no such file, or it does not hold rows.
    """
    readers = {".csv": read_csv, ".parquet": _read_parquet, ".jsonl": _read_lines, ".ndjson": _read_lines}
    if path.suffix.lower() not in readers:
        raise InputError(f"{path} is not read: give a file whose name ends in {', '.join(readers)}.")
    try:
        return readers[path.suffix.lower()](path)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): name a file that can.") from None
    except (ValueError, csv.Error, pa.ArrowInvalid) as error:
        raise InputError(f"{path} does not hold a table: {error}.") from error


def read_csv(path: Path) -> Columns:
    """Return the columns of a CSV file, each cell read as `cell` does.

    Raises:
        ValueError: the rows differ in length, or two columns share a name.
    """
    header, *rows = texts(path)
    return {name: [cell(row[index]) for row in rows] for index, name in enumerate(header)}


def texts(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file as its texts, the header first."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, strict=True) if row]
    if not rows:
        raise ValueError("it is empty")
    if len(set(rows[0])) < len(rows[0]):
        raise ValueError("two columns have the same name")
    odd = [number for number, row in enumerate(rows) if len(row) != len(rows[0])]
    if odd:
        raise ValueError(f"row {odd[0]} has {len(rows[odd[0]])} cells and the header {len(rows[0])}")
    return rows


def cell(text: str) -> object:
    """Return what a cell says, for CSV has no types: nothing, a number if JSON would write it so, else the text."""
    if not text:
        return None
    found = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if found is None:
        return text
    if found[2] is None and found[3] is None:
        return int(text)
    return float(text) if isfinite(float(text)) else text


def _read_parquet(path: Path) -> Columns:
    columns: Columns = parquet.ParquetFile(path).read().to_pydict()
    return columns


def _read_lines(path: Path) -> Columns:
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("not every line is a JSON object")
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}
