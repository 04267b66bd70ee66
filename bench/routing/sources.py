"""Where the sets come from: river's wheel, the folder of shared data, and what each needs to become features."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench.routing.moments import Numbers
from bench.routing.sets import DataError, LabeledSet, labeled_set

Table = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A set by its name: how to read it from a folder, and the share to which its rarest class is thinned, if any."""

    name: str
    read: Callable[[Path], LabeledSet]
    folder: Path
    thin: float | None = None


def shuttle(_: Path) -> LabeledSet:
    """Read river's Shuttle: nine sensors, anomaly or not; in the order in which it ships."""
    with gzip.open(_river("shuttle.csv.gz"), "rt") as lines:
        table = _table(lines)
    return labeled_set(_numbers(table, leave=("anomaly",)), table["anomaly"], ordered=True)


def image_segments(_: Path) -> LabeledSet:
    """Read river's ImageSegments: pixels of seven outdoor images; its order means nothing."""
    archive = _river("segment.csv.zip")
    with zipfile.ZipFile(archive) as packed, packed.open("segment.csv.zip") as lines:
        table = _table(io.TextIOWrapper(lines, encoding="utf-8"))
    return labeled_set(_numbers(table, leave=("category",)), table["category"])


def _river(name: str) -> Path:
    found = find_spec("river")
    if found is None or found.origin is None:
        raise DataError(
            "river, which ships Shuttle and ImageSegments, is not installed here: run infra/setup.sh bench, and then "
            ".venv-bench/bin/python -m bench.routing"
        )
    return Path(found.origin).parent / "datasets" / name


def _table(lines: Iterator[str]) -> Table:
    header, *rows = csv.reader(lines)
    return dict(zip(header, zip(*rows, strict=True), strict=True))


def _numbers(table: Table, *, leave: Sequence[str]) -> Numbers:
    return np.array([column for name, column in table.items() if name not in leave], np.float64).T


def sources(shared: Path, names: Sequence[str] | None) -> list[Source]:
    """Return the named sets, or all."""
    known = {source.name: source for source in (*_of_river(shared),)}
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise DataError(f"there is no set {', '.join(unknown)}: choose among {', '.join(known)}")
    return [known[name] for name in names or known]


def _of_river(folder: Path) -> tuple[Source, ...]:
    return (
        Source(name="shuttle", read=shuttle, folder=folder),
        Source(name="shuttle_0.5", read=shuttle, folder=folder, thin=0.005),
        Source(name="shuttle_0.1", read=shuttle, folder=folder, thin=0.001),
        Source(name="image_segments", read=image_segments, folder=folder),
    )
