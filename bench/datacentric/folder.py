"""A set of one's own: a folder of features, gold and labels, checked before anything is measured.

gold.csv       item_id,label[,split]: the right answers; `split` says `test` where an item tests
labels.csv     item_id,worker_id,label[,created_at]: one line a label; without the file, labelers are simulated
features.npy   (n, d) numbers, a row for each line of gold.csv; more than 100 columns are reduced to so many
"""

from collections import Counter
from pathlib import Path

import numpy as np

from bench.command import DataError
from bench.consensus.folder import features_of, table
from bench.consensus.sources import Rows
from bench.datacentric.sets import ProofSet
from bench.datacentric.sources import assembled

# An item needs company: some of each class to learn from, and some to test on.
LEAST = 50


def own(folder: Path) -> ProofSet:
    """Read a set from a folder; raises DataError with what is wrong, where, and what to do."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: --data needs one with gold.csv, features.npy and labels.csv")
    gold = table(folder / "gold.csv", ("item_id", "label"))
    _check(folder / "gold.csv", gold)
    if not (folder / "features.npy").is_file():
        raise DataError(f"{folder / 'features.npy'} is missing: models learn from it; a row for each line of gold.csv")
    labels = folder / "labels.csv"
    given = table(labels, ("item_id", "worker_id", "label")) if labels.is_file() else []
    if given and "created_at" in given[0]:
        given = sorted(given, key=lambda row: row["created_at"])
    whole = assembled(
        [row["item_id"] for row in gold],
        [row["label"] for row in gold],
        features_of(folder / "features.npy", len(gold)),
        test=np.array([row["split"] == "test" for row in gold]) if "split" in gold[0] else None,
        labels=[(row["item_id"], row["worker_id"], row["label"]) for row in given],
    )
    if whole.votes is not None and not len(whole.votes):
        raise DataError(f"{labels} has no label of an item of gold.csv with a class of its: both must be written alike")
    return whole


def _check(file: Path, gold: Rows) -> None:
    twice = [item for item, count in Counter(row["item_id"] for row in gold).items() if count > 1]
    if twice:
        raise DataError(f"{file} has the item_id {twice[0]} more than once: give each item one line")
    if len({row["label"] for row in gold}) < 2:
        raise DataError(f"{file} has one class only, {gold[0]['label']}: there is nothing to learn")
    if len(gold) < LEAST:
        raise DataError(f"{file} has {len(gold)} items: {LEAST} are needed to learn from and to test on")
    sides = Counter(row["split"] == "test" for row in gold) if "split" in gold[0] else Counter([True, False])
    if len(sides) < 2:
        raise DataError(f"{file} has a column split with items on one side only: some must say test, and some not")
