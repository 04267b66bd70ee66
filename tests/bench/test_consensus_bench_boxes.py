"""Boxes in the consensus bench: what each number of labelers comes to, against what all of them do."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from bench.command import DataError
from bench.consensus.boxes import boxes

ANNOTATORS = ("ann", "ben", "cat")


def sheet(drawn: dict[str, list[list[int]]]) -> dict[str, Any]:
    """Return one picture with what each annotator drew, as left, top, width and height."""
    return {
        "images": [{"id": place, "file_name": "a.jpg", "annotator": name} for place, name in enumerate(drawn)],
        "categories": [{"id": 1, "name": "apple"}],
        "annotations": [
            {"image_id": place, "category_id": 1, "bbox": box}
            for place, given in enumerate(drawn.values())
            for box in given
        ],
    }


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder of shared data: a nodule that four readers marked, one that a single one did, and two pictures."""
    header = ("annotation_id", "scan_id", "cluster", "malignancy", "a0", "b0", "a1", "b1")
    rows = [(number, 1, "c1", 3, 0, 0, 9, 9) for number in range(4)] + [(4, 1, "c2", 1, 50, 50, 59, 59)]
    (tmp_path / "boxes_lidc").mkdir()
    with (tmp_path / "boxes_lidc" / "annotations_boxes.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])
    toys = tmp_path / "boxes_toy_iaa"
    toys.mkdir()
    same: dict[str, list[list[int]]] = {name: [[0, 0, 10, 10]] for name in ANNOTATORS}
    (toys / "same.json").write_text(json.dumps(sheet(same)), encoding="utf-8")
    lone = {**same, "cat": [[0, 0, 10, 10], [50, 50, 10, 10]]}
    (toys / "lone.json").write_text(json.dumps(sheet(lone)), encoding="utf-8")
    return tmp_path


def test_where_all_draw_the_same_any_number_of_them_comes_to_it(shared: Path) -> None:
    """Two who agree are .941 sure of one object by one coin, so a third is asked, and nothing is saved."""
    found = boxes(shared, 3)["boxes_toy_iaa/same"]
    assert all(each == {"f1": 1.0, "geometry": 1.0} for each in found["fixed"].values())
    assert found["adaptive"] == {"f1": 1.0, "geometry": 1.0, "labels_saved": 0.0, "settled": 1.0}


def test_what_one_alone_drew_is_in_what_few_come_to_and_not_in_what_all_do(shared: Path) -> None:
    """With one or two labelers a box that a third of them drew may stand; with all three it does not."""
    found = boxes(shared, 10)["boxes_toy_iaa/lone"]
    assert found["fixed"]["1"]["f1"] < 1
    assert found["fixed"]["2"]["f1"] < 1
    assert found["fixed"]["3"] == {"f1": 1.0, "geometry": 1.0}


def test_markings_are_dealt_to_readers_and_all_four_looked(shared: Path) -> None:
    """The single marking is no longer one reader's who sees everything: one label may find it, and may not."""
    found = boxes(shared, 20)["boxes_lidc"]
    assert found["facts"] == {"tasks": 1, "labels": 4, "boxes": 5}
    assert 0.8 < found["fixed"]["1"]["f1"] < 1
    assert found["fixed"]["4"]["f1"] == 1


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Before anything is measured."""
    with pytest.raises(DataError, match="annotations_boxes"):
        boxes(tmp_path, 1)
