"""Where the sets come from: the folder of shared data, and how each is read."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bench.command import DataError
from bench.consensus.sets import CrowdSet, crowd_set
from bench.routing.reduction import reduced, text_features

Rows = Sequence[dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A set by its name: how to read it from a folder."""

    name: str
    read: Callable[[Path], CrowdSet]
    folder: Path


def shipped(shared: Path) -> tuple[Source, ...]:
    """Return the sets that the figures are about."""
    toolkit = shared / "crowd_act_toolkit"
    return (
        Source(name="crowd_labelme", read=labelme, folder=shared / "crowd_labelme"),
        Source(name="crowd_sentiment", read=sentiment, folder=shared / "crowd_sentiment"),
        Source(name="crowd_product", read=plain, folder=shared / "crowd_product"),
        Source(name="CF", read=partial(joined, name="CF.csv"), folder=toolkit),
        Source(name="CF_amt", read=partial(joined, name="CF_amt.csv"), folder=toolkit),
        Source(name="SP", read=partial(joined, name="SP.csv"), folder=toolkit),
        Source(name="SP_amt", read=partial(joined, name="SP_amt.csv"), folder=toolkit),
        Source(name="crowd_vldb_duck", read=plain, folder=shared / "crowd_vldb_duck"),
        Source(name="crowd_vldb_dog", read=plain, folder=shared / "crowd_vldb_dog"),
        Source(name="crowd_medrel_treat", read=treats, folder=shared / "crowd_medrel"),
    )


def labelme(folder: Path) -> CrowdSet:
    """Read scenes of eight kinds, with reduced VGG16 features."""
    gold = rows_of(folder / "gold.csv")
    parts = [present(folder / f"LabelMe_VGG_avg_{part}.npy") for part in dict.fromkeys(row["split"] for row in gold)]
    return crowd_set(
        _labels(folder / "labels.csv"), _gold(gold), reduced(np.concatenate([np.load(part) for part in parts]))
    )


def sentiment(folder: Path) -> CrowdSet:
    """Read sentences of film reviews, with reduced TF-IDF features of all texts that have gold."""
    gold = rows_of(folder / "gold.csv")
    texts = {row["item_id"]: row["text"] for row in rows_of(folder / "items.csv")}
    features = text_features([texts[row["item_id"]] for row in gold])
    return crowd_set(_labels(folder / "labels.csv"), _gold(gold), features)


def plain(folder: Path) -> CrowdSet:
    """Read labels.csv and gold.csv."""
    return crowd_set(_labels(folder / "labels.csv"), _gold(rows_of(folder / "gold.csv")))


def joined(folder: Path, name: str) -> CrowdSet:
    """Read one file that has the gold answer beside each label."""
    rows = rows_of(folder / name)
    labels = [(row["item_id"], row["worker_id"], row["label"]) for row in rows]
    return crowd_set(labels, list({row["item_id"]: row["gold"] for row in rows if row["gold"]}.items()))


def treats(folder: Path) -> CrowdSet:
    """Read whether a sentence says that something treats something: one of many relations a labeler could tick."""
    labels = [
        (row["item_id"], row["worker_id"], "1" if "[TREATS]" in row["label"] else "-1")
        for row in rows_of(folder / "labels.csv")
    ]
    gold = [
        (row["SID"], row["expert"].removesuffix(".0"))
        for row in rows_of(folder / "ground_truth_treat.csv")
        if row["expert"]
    ]
    return crowd_set(labels, gold)


def _labels(file: Path) -> list[tuple[str, str, str]]:
    return [(row["item_id"], row["worker_id"], row["label"]) for row in rows_of(file)]


def _gold(rows: Rows) -> list[tuple[str, str]]:
    return [(row["item_id"], row["label"]) for row in rows]


def rows_of(file: Path) -> Rows:
    """Return the rows of a CSV file by the names in its first line."""
    with present(file).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def present(file: Path) -> Path:
    """Return the file; raises DataError if it is missing."""
    if not file.is_file():
        raise DataError(
            f"{file} is missing: --shared DIR names the folder that holds {file.parent.name}, --sets what to measure"
        )
    return file
