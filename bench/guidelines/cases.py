"""Three real sets on which people disagree: what each labeler said of each task, and what is known to be right."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from schemas.answers import ClassName
from schemas.errors import InputError
from schemas.labels import Vote

# Of medical relations: the one that a plain vote fails on, as the labels spell it.
TREATS, NOT_TREATS = "TREATS", "not TREATS"
# Of nodules: whether a reader marked it. So many readers looked at each scan.
SEEN, UNSEEN, READERS = "marked", "not marked", 4
# Diameters in millimetres that part sizes, and what is said of each size.
SIZES = ((4.0, "below 4 mm"), (6.0, "4 to 6 mm"), (10.0, "6 to 10 mm"), (np.inf, "10 mm or more"))


# Says whether two answers mean the same.
Same = Callable[[ClassName, ClassName], bool]


def is_same(one: ClassName, other: ClassName) -> bool:
    """Say whether two answers are the same."""
    return one == other


def is_same_treatment(one: ClassName, other: ClassName) -> bool:
    """Say whether two relations agree on the one that an expert has judged."""
    return (one == TREATS) == (other == TREATS)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Real labels: the votes on each task, what is right where that is known, and values to slice by.

    `same` says whether an answer is right, given what gold says.
    """

    votes: Mapping[int, tuple[Vote, ...]]
    gold: Mapping[int, ClassName] = field(default_factory=dict)
    columns: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    same: Same = is_same


@dataclass(frozen=True, kw_only=True)
class Nodule:
    """What readers drew of one nodule: diameters in millimetres, and malignancy from 1 to 5, one of each a marking."""

    diameters: tuple[float, ...]
    malignancy: tuple[str, ...]

    @property
    def diameter(self) -> float:
        """The median of its diameters."""
        return float(np.median(self.diameters))


def rows(data: Path, *parts: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table of the data folder.

    Raises:
        InputError: the folder does not hold it.
    """
    file = data.joinpath(*parts)
    if not file.is_file():
        raise InputError(f"{file} is missing: give the folder that holds {'/'.join(parts)} with --data, or ASSAY_DATA.")
    with file.open(newline="", encoding="utf-8") as opened:
        yield from csv.DictReader(opened)


def ducks(data: Path) -> Case:
    """Return the pictures of which 39 labelers each said whether they show the duck that was asked for."""
    number = {row["item_id"]: place for place, row in enumerate(rows(data, "crowd_vldb_duck", "gold.csv"))}
    gold = {number[row["item_id"]]: row["label"] for row in rows(data, "crowd_vldb_duck", "gold.csv")}
    votes: defaultdict[int, list[Vote]] = defaultdict(list)
    for row in rows(data, "crowd_vldb_duck", "labels.csv"):
        votes[number[row["item_id"]]].append(Vote(labeler=row["worker_id"], answer=row["label"]))
    return Case(votes={task: tuple(given) for task, given in votes.items()}, gold=gold)


def treatments(data: Path) -> Case:
    """Return the sentences of which an expert says whether one of two terms treats the other.

    Of several relations that a labeler chose, `TREATS` counts if it is among them, else the first. Who labeled a
    sentence twice counts once.
    """
    expert = {
        row["SID"]: TREATS if row["expert"] == "1" else NOT_TREATS
        for row in rows(data, "crowd_medrel", "ground_truth_treat.csv")
        if row["expert"] in {"1", "-1"}
    }
    number = {sentence: place for place, sentence in enumerate(sorted(expert))}
    votes: defaultdict[int, dict[str, ClassName]] = defaultdict(dict)
    for row in rows(data, "crowd_medrel", "labels.csv"):
        chosen = re.findall(r"\[([^\]]+)\]", row["label"])
        if row["item_id"] in number and chosen:
            answer = TREATS if TREATS in chosen else chosen[0]
            votes[number[row["item_id"]]].setdefault(row["worker_id"], answer)
    return Case(
        votes={
            task: tuple(Vote(labeler=labeler, answer=answer) for labeler, answer in given.items())
            for task, given in sorted(votes.items())
        },
        gold={number[sentence]: said for sentence, said in expert.items() if number[sentence] in votes},
        same=is_same_treatment,
    )


def nodules(data: Path) -> dict[int, Nodule]:
    """Return the nodules of lung scans, each as its up to four readers drew it."""
    drawn: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(data, "boxes_lidc", "annotations_boxes.csv"):
        drawn[row["cluster"]].append(row)
    return {
        place: Nodule(
            diameters=tuple(_diameter(row) for row in marked), malignancy=tuple(row["malignancy"] for row in marked)
        )
        for place, (_, marked) in enumerate(sorted(drawn.items()))
        if len(marked) <= READERS
    }


def _diameter(row: Mapping[str, str]) -> float:
    """Return the longer side of a marking's largest box, in millimetres."""
    sides = (float(row[f"big_{axis}1"]) - float(row[f"big_{axis}0"]) + 1 for axis in "ab")
    return max(sides) * float(row["pixel_spacing"])


def existence(found: Mapping[int, Nodule]) -> Case:
    """Return whether each of four readers marked each nodule; who did not is not known by name, only by number."""
    return Case(
        votes={
            task: tuple(
                Vote(labeler=f"reader {place + 1}", answer=SEEN if place < len(nodule.diameters) else UNSEEN)
                for place in range(READERS)
            )
            for task, nodule in found.items()
        },
        columns={task: {"size": size(nodule.diameter)} for task, nodule in found.items()},
    )


def size(diameter: float) -> str:
    """Return in words how large a nodule is."""
    return next(name for limit, name in SIZES if diameter < limit)


def malignancy(found: Mapping[int, Nodule]) -> Case:
    """Return how malignant each reader who marked a nodule found it, from 1 to 5."""
    return Case(
        votes={
            task: tuple(
                Vote(labeler=f"reader {place + 1}", answer=answer) for place, answer in enumerate(nodule.malignancy)
            )
            for task, nodule in found.items()
        }
    )
