"""Boxes: nodules outlined by up to four readers, and a few boxes whose agreement can be counted by hand."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import comb
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np

from bench.agreement.crowds import measured
from labeling.agreement.boxes import Drawn, box_agreement
from labeling.agreement.krippendorff import interval, nominal, ordinal
from labeling.agreement.matching import corners, iou
from labeling.agreement.ratings import Ratings
from labeling.consensus.boxes import box_consensus, clusters
from labeling.findings import one_or_many, tight_or_loose
from schemas.boxes import Box

# What the notes beside the data say of the clusters of nodules.
KNOWN = {"iou": 0.77, "seen_by_one": 0.29, "malignancy_equal": 0.385}
READERS = 4
# Existence, class and geometry of two sheets, counted by hand from the boxes as they are listed: fruits.json has
# 3 + 2 + 2 matches of 18 boxes, of which 3 have the same class.
BY_HAND = {"fruits": {"existence": 14 / 18, "class": 3 / 7}}


def lidc(folder: Path) -> dict[str, Any]:
    """Return what readers agree on, within the clusters that come with the data and within those found here.

    Readers are not named, so `r1` to `r4` are the places in a cluster (clusters of more than four are left out of what
    needs readers). A box holds its last pixel, so its right and bottom are one more. Scans are flattened: nodules one
    above the other may be taken for one.
    """
    marked = markings(folder)
    readable = {name: found for name, found in marked.items() if len(found) <= READERS}
    pairs = [pair for found in readable.values() for pair in combinations(found, 2)]
    overlaps = [float(iou(corners([marked_box(one)]), corners([marked_box(other)]))[0, 0]) for one, other in pairs]
    scans = _scans(readable)
    drawn = [{reader: [marked_box(row) for row in seen] for reader, seen in scan.items()} for scan in scans.values()]
    agreement = box_agreement(drawn)
    return {
        "known": KNOWN,
        "markings": sum(map(len, marked.values())),
        "clusters": len(marked),
        "clusters_of_more_than_four": len(marked) - len(readable),
        "seen_by_one": round(sum(len(found) == 1 for found in marked.values()) / len(marked), 4),
        "iou_mean": round(fmean(overlaps), 4),
        "iou_median": round(median(overlaps), 4),
        "malignancy_equal": round(fmean(one["malignancy"] == other["malignancy"] for one, other in pairs), 4),
        "malignancy_alpha": _grades(readable.values()),
        "existence": measured(agreement.existence, len(agreement)),
        "geometry": measured(agreement.geometry, len(agreement)),
        "clustering": _clustering(readable.values()),
        "quorum": {
            str(quorum): sum(len(box_consensus(task, quorum=quorum)) for task in _looked(drawn))
            for quorum in (0.25, 0.5, 0.75, 1.0)
        },
    }


def markings(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Return the markings of nodules by the clusters that come with the data."""
    marked: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    with (folder / "annotations_boxes.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            marked[row["cluster"]].append(row)
    return dict(marked)


def marked_box(row: Mapping[str, str]) -> Box:
    """Return the box of a marking."""
    left, top, right, bottom = (float(row[side]) for side in ("a0", "b0", "a1", "b1"))
    return Box(name="nodule", left=left, top=top, right=right + 1, bottom=bottom + 1)


def _scans(marked: Mapping[str, Sequence[dict[str, str]]]) -> dict[str, dict[str, list[dict[str, str]]]]:
    """Return the markings by scan and reader; all four looked."""
    scans: dict[str, dict[str, list[dict[str, str]]]] = {}
    for found in marked.values():
        scan = scans.setdefault(found[0]["scan_id"], {f"r{place + 1}": [] for place in range(READERS)})
        for place, row in enumerate(found):
            scan[f"r{place + 1}"].append(row)
    return scans


def _looked(drawn: Sequence[Drawn]) -> Sequence[Drawn]:
    return [task for task in drawn if any(task.values())]


def _grades(marked: Iterable[Sequence[Mapping[str, str]]]) -> dict[str, list[float]]:
    rows = [
        (unit, str(place), int(row["malignancy"]))
        for unit, found in enumerate(marked)
        for place, row in enumerate(found)
    ]
    ratings = Ratings.of(rows, order=range(1, 6))
    scales = {"nominal": nominal(ratings), "ordinal": ordinal(ratings), "interval": interval(ratings, range(1, 6))}
    return {name: measured(measure, ratings.count) for name, measure in scales.items()}


def _clustering(marked: Iterable[Sequence[Mapping[str, str]]]) -> dict[str, float]:
    """Return how well clusters of flat boxes tell which markings are one nodule: over pairs of markings of a scan.

    Each marking has a reader of its own, so that nothing but the boxes tells which belong together.
    """
    scans: defaultdict[str, dict[str, Mapping[str, str]]] = defaultdict(dict)
    for found in marked:
        for row in found:
            scans[row["scan_id"]][row["annotation_id"]] = row
    right = found_here = known = 0
    for scan in scans.values():
        known += sum(comb(count, 2) for count in Counter(row["cluster"] for row in scan.values()).values())
        for cluster in clusters({marking: [marked_box(row)] for marking, row in scan.items()}):
            names = [scan[marking]["cluster"] for marking, _ in cluster]
            found_here += comb(len(names), 2)
            right += sum(comb(count, 2) for count in Counter(names).values())
    return {"precision": round(right / found_here, 4), "recall": round(right / known, 4)}


def toy(folder: Path) -> dict[str, Any]:
    """Return the agreement on each file of boxes by named annotators, beside what was counted by hand."""
    found: dict[str, Any] = {}
    for file in sorted(folder.glob("*.json")):
        tasks = sheets(json.loads(file.read_text(encoding="utf-8")))
        agreement = box_agreement(list(tasks.values()))
        everywhere = np.ones(len(agreement))
        numbered = dict(enumerate(tasks.values()))
        found[file.stem] = {
            "boxes": sum(len(boxes) for drawn in tasks.values() for boxes in drawn.values()),
            "existence": round(agreement.existence(everywhere), 4),
            "class": round(agreement.same_class(everywhere), 4),
            "geometry": round(agreement.geometry(everywhere), 4),
            "by_hand": BY_HAND.get(file.stem),
            "consensus": {
                image: [
                    f"{each.box.name} {[round(side) for side in each.box.corners]} by {len(each.labelers)}"
                    for each in box_consensus(drawn)
                ]
                for image, drawn in tasks.items()
            },
            "findings": [each.says for each in (*one_or_many(numbered), *tight_or_loose(numbered))],
        }
    return found


def sheets(plain: Mapping[str, Any]) -> dict[str, dict[str, list[Box]]]:
    """Return the boxes by image and annotator: an image has an entry for each annotator."""
    images = {image["id"]: image for image in plain["images"]}
    names = {category["id"]: category["name"] for category in plain["categories"]}
    tasks: dict[str, dict[str, list[Box]]] = {}
    for image in images.values():
        tasks.setdefault(image["file_name"], {}).setdefault(image["annotator"], [])
    for each in plain["annotations"]:
        left, top, width, height = each["bbox"]
        image = images[each["image_id"]]
        box = Box(name=names[each["category_id"]], left=left, top=top, right=left + width, bottom=top + height)
        tasks[image["file_name"]][image["annotator"]].append(box)
    return tasks
