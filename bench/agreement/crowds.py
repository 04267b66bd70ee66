"""Crowd label sets: agreement beside what is known of it, findings, and what shrinking does for newcomers."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median
from time import perf_counter
from typing import Any

import numpy as np

from bench.agreement import peers
from labeling.agreement.bootstrap import bootstrap
from labeling.agreement.breakdown import by_class, by_classes, by_key, by_labelers
from labeling.agreement.fleiss import fleiss
from labeling.agreement.krippendorff import nominal, tabulated
from labeling.agreement.ratings import Measure, Ratings
from labeling.agreement.sets import jaccard, masi, table
from labeling.findings import confused_pairs
from labeling.reports import prior
from quality.chance import LEVEL
from quality.intervals import Interval
from schemas.labels import Vote

SEED = 1
# Krippendorff's alpha of each set as the notes beside the data give it.
KNOWN = {
    "crowd_labelme": 0.677,
    "crowd_sentiment": 0.428,
    "crowd_product": 0.158,
    "crowd_vldb_duck": 0.126,
    "crowd_vldb_dog": 0.519,
}
# Resamples where there are many intervals.
FEW = 200
# Of a labeler's answers to gold, so many are seen; who has as many others tells how well that was judged.
SEEN = 5
LEAST_OTHERS = 10

Row = dict[str, str]


class DataError(Exception):
    """Data is not where it is looked for, or not what it should be."""


def crowds(folder: Path) -> dict[str, Path]:
    """Return every table of labels in a folder or in the folders in it, by name; sets of classes are left out."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: set ASSAY_DATA or --data to the one that holds the data sets.")
    tables = [file for file in sorted([*folder.glob("*.csv"), *folder.glob("*/*.csv")]) if _has_labels(file)]
    if not tables:
        raise DataError(f"{folder} has no table with the columns item_id, worker_id and label, nor has a folder in it.")
    return {_name(file): file for file in tables if not _rows(file)[0]["label"].startswith("[")}


def _has_labels(file: Path) -> bool:
    with file.open(encoding="utf-8", newline="") as lines:
        return {"item_id", "worker_id", "label"} <= set(next(csv.reader(lines), []))


def _name(file: Path) -> str:
    folder = file.resolve().parent.name
    return folder if file.stem == "labels" else f"{folder}/{file.stem}"


def _rows(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _ratings(rows: Sequence[Row]) -> Ratings:
    return Ratings.of((row["item_id"], row["worker_id"], row["label"]) for row in rows)


def crowd(name: str, file: Path) -> dict[str, Any]:
    """Return the agreement on a set: alpha and its peer's, pairs of labelers and classes, findings."""
    rows = _rows(file)
    ratings = _ratings(rows)
    begun = perf_counter()
    found = measured(nominal(ratings), ratings.count)
    seconds = perf_counter() - begun
    known = KNOWN.get(name)
    return {
        "units": ratings.count,
        "labels": len(ratings.units),
        "labelers": len(ratings.names),
        "classes": len(ratings.answers),
        "alpha": found,
        "known": known,
        "off_by": None if known is None else round(abs(found[0] - known), 4),
        "interval_seconds": round(seconds, 2),
        "peer_alpha": peers.alpha(ratings),
        **_fleiss(ratings),
        "labeler_pairs": _labeler_pairs(rows),
        "class_pairs": {
            f"{one} {other}": [part.units, *told(part.measure)]
            for (one, other), part in list(by_classes(ratings, seed=SEED, resamples=FEW).items())[:3]
        },
        "findings": [
            {"says": each.says, "effect": [each.effect, each.low, each.high], "p_value": each.p_value}
            for each in confused_pairs(_votes(rows))
            if each.p_value <= LEVEL
        ],
    }


def measured(measure: Measure, count: int, resamples: int = 1000) -> list[float]:
    """Return a measure with the bounds of its interval."""
    return told(bootstrap(measure, count, seed=SEED, resamples=resamples))


def told(found: Interval | None) -> list[float]:
    """Return estimate, low and high, rounded; nothing where the measure is undefined."""
    return [round(each, 6) for each in (found.estimate, found.low, found.high)] if found else []


def _fleiss(ratings: Ratings) -> dict[str, Any]:
    sizes = set(ratings.sizes.tolist())
    if len(sizes) > 1:
        return {"fleiss": None, "peer_fleiss": None}
    return {"fleiss": round(fleiss(ratings)(np.ones(ratings.count)), 6), "peer_fleiss": peers.fleiss(ratings)}


def _labeler_pairs(rows: Sequence[Row]) -> dict[str, Any]:
    """Return Cohen's kappas of labeler pairs, of repeated answers by the last; and how far off scikit-learn's are."""
    ratings = _ratings(list({(row["item_id"], row["worker_id"]): row for row in rows}.values()))
    found = {
        pair: part.measure.estimate
        for pair, part in by_labelers(ratings, seed=SEED, resamples=20).items()
        if part.measure is not None
    }
    apart = [abs(mine - other) for mine, other in zip(found.values(), peers.kappas(ratings, list(found)), strict=True)]
    kappas = list(found.values())
    return {
        "pairs": len(found),
        "median_kappa": round(median(kappas), 4) if kappas else None,
        "sklearn_off_by": max(apart, default=None),
    }


def _votes(rows: Sequence[Row]) -> dict[int, list[Vote]]:
    places: dict[str, int] = {}
    votes: defaultdict[int, list[Vote]] = defaultdict(list)
    for row in rows:
        task = places.setdefault(row["item_id"], len(places))
        votes[task].append(Vote(labeler=row["worker_id"], answer=row["label"]))
    return dict(votes)


def newcomers(file: Path) -> dict[str, Any] | None:
    """Return how well a labeler's first gold answers tell the accuracy of the others: as a share, and shrunk.

    Mean squared errors over the labelers, against the share of right answers among the rest, which is itself an
    estimate; the prior is fitted on the first answers alone. None without gold, or with fewer than five such labelers.
    """
    rows = _rows(file)
    if "gold" in rows[0]:
        gold = {row["item_id"]: row["gold"] for row in rows}
    else:
        table = file.parent / "gold.csv"
        gold = {row["item_id"]: row["label"] for row in _rows(table)} if table.is_file() else {}
    right: defaultdict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if gold.get(row["item_id"], "") != "":
            right[row["worker_id"]].append(row["label"] == gold[row["item_id"]])
    seen = {name: (sum(known[:SEEN]), len(known[:SEEN]) - sum(known[:SEEN])) for name, known in right.items()}
    told_by = prior(list(seen.values()))
    others = {name: fmean(known[SEEN:]) for name, known in right.items() if len(known) >= SEEN + LEAST_OTHERS}
    if len(others) < SEEN:
        return None
    shares = [(seen[name][0] / SEEN - truth) ** 2 for name, truth in others.items()]
    shrunk = [(told_by.shrunk(*seen[name]).estimate - truth) ** 2 for name, truth in others.items()]
    return {
        "labelers": len(others),
        "mse_share": round(fmean(shares), 4),
        "mse_shrunk": round(fmean(shrunk), 4),
        "prior": [round(told_by.right, 2), round(told_by.wrong, 2)],
    }


def relations(folder: Path) -> dict[str, Any]:
    """Return the agreement on medical relations, which are sets of classes, and how a plain vote fares on one.

    `treat` compares the majority's word on TREATS with the experts'; `pairs` are the findings among judgments of one
    relation alone.
    """
    rows = _rows(folder / "labels.csv")
    sets = [frozenset(re.findall(r"\[(.*?)\]", row["label"])) for row in rows]
    ratings = Ratings.of((row["item_id"], row["worker_id"], chosen) for row, chosen in zip(rows, sets, strict=True))
    answers = [answer for answer in ratings.answers if isinstance(answer, frozenset)]
    single = [{**row, "label": next(iter(chosen))} for row, chosen in zip(rows, sets, strict=True) if len(chosen) == 1]
    return {
        "units": ratings.count,
        "judgments": len(rows),
        "distinct_answers": len(answers),
        "alpha_equal": measured(nominal(ratings), ratings.count, FEW),
        "alpha_jaccard": measured(tabulated(ratings, table(answers, jaccard)), ratings.count, FEW),
        "alpha_masi": measured(tabulated(ratings, table(answers, masi)), ratings.count, FEW),
        "alpha_by_month": {
            str(month): [part.units, *told(part.measure)]
            for month, part in by_key(ratings, nominal, _months(rows), seed=SEED, resamples=FEW).items()
        },
        "alpha_by_relation": {
            str(name): told(part.measure) for name, part in by_class(ratings, seed=SEED, resamples=FEW).items()
        },
        "single_choice_judgments": len(single),
        "pairs": [
            {"says": each.says, "effect": [each.effect, each.low, each.high], "p_value": each.p_value}
            for each in confused_pairs(_votes(single))
            if each.p_value <= LEVEL
        ],
        "treat": _treat(rows, sets, _rows(folder / "ground_truth_treat.csv")),
    }


def _months(rows: Sequence[Row]) -> list[str]:
    """Return the month of each sentence's first judgment, in the order in which sentences appear."""
    first: dict[str, str] = {}
    for row in rows:
        month, _, year = row["created_at"].partition(" ")[0].split("/")
        first.setdefault(row["item_id"], f"{year}-{month:0>2}")
    return list(first.values())


def _treat(rows: Sequence[Row], sets: Sequence[frozenset[str]], truth: Sequence[Row]) -> dict[str, Any]:
    asked = Counter(row["item_id"] for row in rows)
    said = Counter(row["item_id"] for row, chosen in zip(rows, sets, strict=True) if "TREATS" in chosen)
    judged = [
        (said[row["SID"]] / asked[row["SID"]] > 0.5, row["expert"] == "1")
        for row in truth
        if row["expert"] and row["SID"] in asked
    ]
    counts = Counter(judged)
    return {
        "sentences": len(judged),
        "expert_yes": counts[True, True] + counts[False, True],
        "vote_yes": counts[True, True] + counts[True, False],
        "recall": round(counts[True, True] / (counts[True, True] + counts[False, True]), 3),
        "precision": round(counts[True, True] / (counts[True, True] + counts[True, False]), 3),
        "accuracy": round((counts[True, True] + counts[False, False]) / len(judged), 3),
    }
