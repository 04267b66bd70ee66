"""Where the sets of the proof come from: the folder of shared data, and how each is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from bench.consensus.sources import Rows, present, rows_of
from bench.datacentric.pairs import described
from bench.datacentric.patches import patches
from bench.datacentric.sets import ProofSet
from labeling.consensus.votes import Mask, Numbers, VoteTable

# Texts as TF-IDF of words and pairs of words that so many texts have, on so many singular vectors.
TEXTS, DIMENSIONS, SEED = 2, 200, 0
# Of a CSV of steel plates, what tells the answer.
ANSWERS = ("failure.type", "target")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A set by its name: how to read it from a folder."""

    name: str
    read: Callable[[Path], ProofSet]
    folder: Path


def shipped(shared: Path) -> tuple[Source, ...]:
    """Return the sets that the claim is measured on."""
    return (
        Source(name="steel_plates_faults", read=steel_plates, folder=shared / "steel_plates_faults"),
        Source(name="steel_neu_det", read=steel_patches, folder=shared / "steel_neu_det"),
        Source(name="crowd_labelme", read=labelme, folder=shared / "crowd_labelme"),
        Source(name="crowd_sentiment", read=sentiment, folder=shared / "crowd_sentiment"),
        Source(name="crowd_product", read=product, folder=shared / "crowd_product"),
        Source(name="banking77", read=banking77, folder=shared / "banking77"),
    )


def steel_plates(folder: Path) -> ProofSet:
    """Read faulty steel plates: 27 measurements, seven kinds of fault, the rarest a thirtieth."""
    rows = rows_of(folder / "faults.csv")
    features = [[float(cell) for name, cell in row.items() if name not in ANSWERS] for row in rows]
    items = [str(place) for place in range(len(rows))]
    return assembled(items, [row["failure.type"] for row in rows], np.array(features))


def steel_patches(folder: Path) -> ProofSet:
    """Read the boxes of defects on steel, each as a patch to classify; those of one image stay together."""
    images, labels, features = zip(*patches(folder), strict=True)
    items = [str(place) for place in range(len(labels))]
    return assembled(items, labels, np.array(features), groups=images)


def labelme(folder: Path) -> ProofSet:
    """Read scenes of eight kinds as VGG16 features; a crowd labeled those that teach."""
    gold = [row for row in rows_of(folder / "gold.csv") if row["split"] != "valid"]
    parts = [present(folder / f"LabelMe_VGG_avg_{part}.npy") for part in dict.fromkeys(row["split"] for row in gold)]
    return _crowded(folder, gold, np.concatenate([np.load(part) for part in parts]).astype(np.float64))


def sentiment(folder: Path) -> ProofSet:
    """Read sentences of film reviews, for or against; a crowd labeled those that teach."""
    gold = rows_of(folder / "gold.csv")
    texts = {row["item_id"]: row["text"] for row in rows_of(folder / "items.csv")}
    return _crowded(folder, gold, text_features([texts[row["item_id"]] for row in gold]))


def product(folder: Path) -> ProofSet:
    """Read pairs of products, the same or not; pairs of one product of the first shop stay together."""
    gold = rows_of(folder / "gold.csv")
    pairs = [(parts[0], parts[1]) for parts in (row["item_id"].split("_") for row in gold)]
    return _crowded(folder, gold, described(pairs, rows_of(folder / "products.csv")), groups=[one for one, _ in pairs])


def banking77(folder: Path) -> ProofSet:
    """Read questions to a bank with one of 77 intents."""
    rows = [(row, part) for part in ("train", "test") for row in rows_of(folder / f"{part}.csv")]
    items = [str(place) for place in range(len(rows))]
    return assembled(
        items,
        [row["category"] for row, _ in rows],
        text_features([row["text"] for row, _ in rows]),
        test=np.array([part == "test" for _, part in rows]),
    )


def _crowded(folder: Path, gold: Rows, features: Numbers, groups: Sequence[str] = ()) -> ProofSet:
    labels = [(row["item_id"], row["worker_id"], row["label"]) for row in rows_of(folder / "labels.csv")]
    test = np.array([row["split"] == "test" for row in gold]) if "split" in gold[0] else None
    items = [row["item_id"] for row in gold]
    return assembled(items, [row["label"] for row in gold], features, groups=groups, test=test, labels=labels)


def assembled(
    items: Sequence[str],
    gold: Sequence[str],
    features: Numbers,
    *,
    groups: Sequence[str] = (),
    test: Mask | None = None,
    labels: Sequence[tuple[str, str, str]] = (),
) -> ProofSet:
    """Return the set of items with gold and features, and the labels (item, labeler, answer) of those it has.

    Of repeated labels the last counts; labels of other items, or with answers that no gold has, are left out.
    """
    classes, codes = np.unique(np.asarray(gold), return_inverse=True)
    return ProofSet(
        features=np.asarray(features, np.float64),
        gold=codes.astype(np.int64),
        classes=tuple(classes.tolist()),
        groups=tuple(groups or items),
        test=test,
        votes=_votes(items, classes.tolist(), labels) if labels else None,
    )


def _votes(items: Sequence[str], classes: Sequence[str], labels: Sequence[tuple[str, str, str]]) -> VoteTable:
    places = {item: place for place, item in enumerate(items)}
    codes = {name: code for code, name in enumerate(classes)}
    latest = {(item, who): answer for item, who, answer in labels if item in places and answer in codes}
    labelers = {who: place for place, who in enumerate(sorted({who for _, who in latest}))}
    return VoteTable(
        items=np.array([places[item] for item, _ in latest], np.int64),
        labelers=np.array([labelers[who] for _, who in latest], np.int64),
        answers=np.array([codes[answer] for answer in latest.values()], np.int64),
        item_count=len(items),
        labeler_count=len(labelers),
        class_count=len(classes),
    )


def text_features(texts: Sequence[str]) -> Numbers:
    """Return n texts as rows (n, 200), made of all texts, those that test too, without a label."""
    weights = TfidfVectorizer(ngram_range=(1, 2), min_df=TEXTS, sublinear_tf=True).fit_transform(texts)
    found: Numbers = TruncatedSVD(min(DIMENSIONS, weights.shape[1] - 1), random_state=SEED).fit_transform(weights)
    return found
