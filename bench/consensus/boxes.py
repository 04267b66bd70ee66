"""Boxes: what consensus comes to with each number of labelers, and when adaptive overlap stops, against all of them."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from bench.agreement.boxes import READERS, marked_box, markings, sheets
from bench.command import DataError
from bench.consensus.sources import present
from labeling.agreement.matching import match
from labeling.consensus.boxes import decided
from labeling.overlap import decide
from schemas.answers import drawn as canonical
from schemas.boxes import Box
from schemas.labels import Consensus, TaskStatus, Vote
from schemas.project import OverlapPolicy

# By labeler what each drew on one picture, nothing included.
Drawn = Mapping[str, Sequence[Box]]
LABELERS = tuple(f"r{number + 1}" for number in range(READERS))


def boxes(shared: Path, orders: int) -> dict[str, dict[str, Any]]:
    """Return the figures of every set of boxes in the folder of shared data, means over random orders of labelers.

    There is no gold: answers are compared with what all labelers of a picture come to. F1 counts objects of both that
    match at an IoU of one half with the same class, geometry is the mean IoU of those.
    """
    return {
        name: _summary([_replayed(tasks, order) for order, tasks in enumerate(dealt)])
        for name, dealt in (
            ("boxes_lidc", [_scans(shared / "boxes_lidc", order) for order in range(orders)]),
            *((f"boxes_toy_iaa/{name}", [tasks] * orders) for name, tasks in _toys(shared / "boxes_toy_iaa")),
        )
    }


def _scans(folder: Path, order: int) -> list[Drawn]:
    """Return the scans of four readers.

    Readers are not named, so the markings of each nodule are dealt at random to as many of the four: which reader sees
    much and which little is lost, and what one misses does not tell what else they miss.
    """
    present(folder / "annotations_boxes.csv")
    deal = np.random.default_rng(order)
    scans: defaultdict[str, dict[str, list[Box]]] = defaultdict(lambda: {name: [] for name in LABELERS})
    for found in markings(folder).values():
        if len(found) <= READERS:
            for row, place in zip(found, deal.permutation(READERS).tolist(), strict=False):
                scans[row["scan_id"]][LABELERS[place]].append(marked_box(row))
    return list(scans.values())


def _toys(folder: Path) -> Iterator[tuple[str, list[Drawn]]]:
    files = sorted(folder.glob("*.json"))
    if not files:
        raise DataError(f"{folder} holds no boxes: --shared DIR names the folder that holds it, --sets what to measure")
    for file in files:
        yield file.stem, list(sheets(json.loads(file.read_text(encoding="utf-8"))).values())


def _replayed(tasks: Sequence[Drawn], order: int) -> dict[str, Any]:
    """Ask labelers one by one; return what each number of them comes to, and where the rule of a project stops."""
    draw = np.random.default_rng(order)
    most = max(len(task) for task in tasks)
    choices = max(len({box.name for task in tasks for each in task.values() for box in each}), 1)
    policy = OverlapPolicy(first=min(2, most), most=most)
    fixed: dict[int, list[tuple[int, int, list[float]]]] = {count: [] for count in range(1, most + 1)}
    adaptive: list[tuple[int, int, list[float]]] = []
    spent = settled = 0
    for task in tasks:
        names = [list(task)[place] for place in draw.permutation(len(task)).tolist()]
        results = [_concluded(task, names[:count], choices, policy) for count in range(1, len(names) + 1)]
        every = results[-1][0]
        for count, compared in fixed.items():
            compared.append(_compared(results[min(count, len(results)) - 1][0], every))
        stop = next(
            (place for place, (_, status) in enumerate(results) if status is not TaskStatus.OPEN), len(names) - 1
        )
        adaptive.append(_compared(results[stop][0], every))
        spent += stop + 1
        settled += results[stop][1] is TaskStatus.SETTLED
    given = sum(map(len, tasks))
    return {
        "fixed": {str(count): _scored(found) for count, found in fixed.items()},
        "adaptive": _scored(adaptive) | {"labels_saved": 1 - spent / given, "settled": settled / len(tasks)},
        "facts": {"tasks": len(tasks), "labels": given, "boxes": sum(len(b) for task in tasks for b in task.values())},
    }


def _concluded(
    task: Drawn, names: Sequence[str], choices: int, policy: OverlapPolicy
) -> tuple[tuple[Box, ...], TaskStatus]:
    found, confidence = decided({name: task[name] for name in names}, accuracy=policy.labeler_accuracy, choices=choices)
    votes = tuple(Vote(labeler=name, answer=canonical(task[name])) for name in names)
    consensus = Consensus(answer=found, confidence=confidence, method="", votes=votes, guideline=1)
    return found, decide(votes, policy, consensus).status


def _compared(found: Sequence[Box], every: Sequence[Box]) -> tuple[int, int, list[float]]:
    """Return how many objects are in both, how many in either counted twice, and the IoU of those in both."""
    same = [each.iou for each in match(found, every) if found[each.one].name == every[each.other].name]
    return len(same), len(found) + len(every), same


def _scored(found: Sequence[tuple[int, int, list[float]]]) -> dict[str, float]:
    overlaps = [iou for _, _, each in found for iou in each]
    both, either = sum(each[0] for each in found), sum(each[1] for each in found)
    return {"f1": 2 * both / either if either else 1.0, "geometry": fmean(overlaps) if overlaps else 1.0}


def _summary(orders: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first = orders[0]
    return {
        "facts": first["facts"],
        "fixed": {count: _means([one["fixed"][count] for one in orders]) for count in first["fixed"]},
        "adaptive": _means([one["adaptive"] for one in orders]),
    }


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: round(fmean(row[name] for row in rows), 4) for name in rows[0]}
