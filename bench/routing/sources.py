"""Where the sets come from: river's wheel, the folder of shared data, and what each needs to become features."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench.command import DataError
from bench.routing.moments import Numbers
from bench.routing.reduction import reduced, text_features
from bench.routing.sets import LabeledSet, labeled_set

Table = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A set by its name: how to read it from a folder, and the share to which its rarest class is thinned, if any."""

    name: str
    read: Callable[[Path], LabeledSet]
    folder: Path
    thin: float | None = None


def shipped(shared: Path) -> tuple[Source, ...]:
    """Return the sets that the figures are about: those of river, and those in the folder of shared data."""
    return (
        Source(name="shuttle", read=shuttle, folder=shared),
        Source(name="shuttle_0.5", read=shuttle, folder=shared, thin=0.005),
        Source(name="shuttle_0.1", read=shuttle, folder=shared, thin=0.001),
        Source(name="image_segments", read=image_segments, folder=shared),
        Source(name="banking77", read=banking77, folder=shared / "banking77"),
        Source(name="steel_plates", read=steel_plates, folder=shared / "steel_plates_faults"),
        Source(name="labelme", read=labelme, folder=shared / "crowd_labelme"),
        Source(name="elec", read=elec, folder=shared / "streams_drift"),
    )


def shuttle(_: Path) -> LabeledSet:
    """Read river's Shuttle: nine sensors, anomaly or not; in the order in which it ships."""
    with gzip.open(_river("shuttle.csv.gz"), "rt", encoding="utf-8") as lines:
        table = parsed(lines)
    return labeled_set(_numbers(table, leave=("anomaly",)), table["anomaly"], ordered=True)


def image_segments(_: Path) -> LabeledSet:
    """Read river's ImageSegments: patches of seven outdoor images; they ship in random order, which means nothing."""
    with zipfile.ZipFile(_river("segment.csv.zip")) as packed, packed.open("segment.csv.zip") as lines:
        table = parsed(io.TextIOWrapper(lines, encoding="utf-8"))
    return labeled_set(_numbers(table, leave=("category",)), table["category"])


def banking77(folder: Path) -> LabeledSet:
    """Read questions to a bank with one of 77 intents, its two files as one, as reduced TF-IDF features."""
    tables = [_read(folder / name) for name in ("train.csv", "test.csv")]
    texts, labels = ([cell for table in tables for cell in table[name]] for name in ("text", "category"))
    return labeled_set(text_features(texts), labels, alike=True)


def steel_plates(folder: Path) -> LabeledSet:
    """Read measurements of faulty steel plates, of seven kinds of fault."""
    table = _read(folder / "faults.csv")
    return labeled_set(_numbers(table, leave=("failure.type", "target")), table["failure.type"])


def labelme(folder: Path) -> LabeledSet:
    """Read scenes of eight kinds with their gold labels, as reduced VGG16 features."""
    gold = _read(folder / "gold.csv")
    parts = [_present(folder / f"LabelMe_VGG_avg_{part}.npy") for part in dict.fromkeys(gold["split"])]
    return labeled_set(reduced(np.concatenate([np.load(part) for part in parts])), gold["label"], alike=True)


def elec(folder: Path) -> LabeledSet:
    """Read half-hours of an electricity market in their order, whether the price is up or down against its mean."""
    table = _read(folder / "elec.csv")
    return labeled_set(_numbers(table, leave=("target",)), table["target"], ordered=True)


def parsed(lines: Iterable[str]) -> Table:
    """Return the columns of a CSV text by the names in its first line."""
    header, *rows = csv.reader(lines)
    return dict(zip(header, zip(*rows, strict=True), strict=True))


def _read(file: Path) -> Table:
    with _present(file).open(encoding="utf-8", newline="") as lines:
        return parsed(lines)


def _present(file: Path) -> Path:
    if not file.is_file():
        raise DataError(
            f"{file} is missing: --shared DIR names the folder that holds {file.parent.name}, --sets what to measure"
        )
    return file


def _river(name: str) -> Path:
    found = find_spec("river")
    if found is None or found.origin is None:
        raise DataError(
            "river, which ships Shuttle and ImageSegments, is not installed here: run infra/setup.sh bench, and then "
            ".venv-bench/bin/python -m bench.routing"
        )
    return Path(found.origin).parent / "datasets" / name


def _numbers(table: Table, *, leave: Sequence[str]) -> Numbers:
    return np.array([column for name, column in table.items() if name not in leave], np.float64).T
