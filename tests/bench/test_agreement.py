"""The bench of agreement: what it reads, what it finds in data of a known answer, what it says where data is not."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numpy.random import Generator, default_rng

from bench.agreement.boxes import lidc, toy
from bench.agreement.crowds import crowd, crowds, newcomers, relations
from bench.agreement.simulated import drawings, votes, writings
from bench.agreement.table import markdown

CHECKOUT = Path(__file__).resolve().parents[2]
# Twelve items by two labelers, of which "x" and "y" are confused on four; and one repeated answer.
ANSWERS = ("xx", "yy", "zz", "xy", "yx", "xy", "yx", "zz", "xx", "yy", "zz", "zz")
NODULE = ("annotation_id", "scan_id", "cluster", "malignancy", "a0", "b0", "a1", "b1")


def write(file: Path, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Path:
    """Write a table."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])
    return file


def labels(folder: Path) -> Path:
    """Write a set of labels and return its file."""
    rows = [(f"i{item}", f"w{place}", each) for item, given in enumerate(ANSWERS) for place, each in enumerate(given)]
    return write(folder / "labels.csv", ("item_id", "worker_id", "label"), [*rows, rows[0]])


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the bench."""
    command = [sys.executable, "-m", "bench.agreement", *arguments]
    clean = {name: value for name, value in os.environ.items() if name != "ASSAY_DATA"}
    return subprocess.run(
        command, cwd=CHECKOUT, env={**clean, **environment}, capture_output=True, text=True, timeout=200, check=False
    )


def test_every_table_of_labels_is_a_set(tmp_path: Path) -> None:
    """In the folder or in one within; tables of something else, and of sets of classes, are none."""
    header = ("item_id", "worker_id", "label")
    file = labels(tmp_path / "mine")
    write(tmp_path / "mine" / "gold.csv", ("item_id", "label"), [("i0", "x")])
    other = write(tmp_path / "two" / "A.csv", header, [("i0", "w0", "x")])
    write(tmp_path / "sets" / "labels.csv", header, [("i0", "w0", "[A] [B]")])
    assert crowds(tmp_path) == {"mine": file, "two/A": other}
    assert crowds(tmp_path / "mine") == {"mine": file}


def test_a_set_is_told_with_its_alpha_pairs_and_findings(tmp_path: Path) -> None:
    """The confused pair comes first; a repeated answer does not make a labeler a pair."""
    found = crowd("mine", labels(tmp_path))
    assert (found["units"], found["labels"], found["labelers"], found["known"]) == (12, 25, 2, None)
    assert found["alpha"][1] < found["alpha"][0] < found["alpha"][2]
    assert list(found["class_pairs"]) == ["x y"]
    assert found["labeler_pairs"]["pairs"] == 0
    assert found["fleiss"] is None


def test_newcomers_are_measured_where_gold_is_known(tmp_path: Path) -> None:
    """Six labelers of twenty answers each, all as good as one another: shrinking comes nearer."""
    right = default_rng(1).random((6, 20)) < 0.8
    rows = [(f"i{item}", f"w{who}", "x" if right[who, item] else "y") for who in range(6) for item in range(20)]
    file = write(tmp_path / "labels.csv", ("item_id", "worker_id", "label"), rows)
    assert newcomers(file) is None
    write(tmp_path / "gold.csv", ("item_id", "label"), [(f"i{item}", "x") for item in range(20)])
    found = newcomers(file)
    assert found is not None
    assert found["labelers"] == 6
    assert found["mse_shrunk"] < found["mse_share"]


def test_relations_are_sets_and_the_vote_is_held_against_experts(tmp_path: Path) -> None:
    """Two of three said so on one sentence, one of three on the other; the expert says yes to both."""
    said = ["[TREATS] [PREVENTS]", "[TREATS]", "[CAUSES]", "[TREATS]", "[CAUSES]", "[CAUSES]"]
    rows = [(f"i{place // 3}", f"w{place % 3}", each, "7/11/2014 23:53:21") for place, each in enumerate(said)]
    write(tmp_path / "labels.csv", ("item_id", "worker_id", "label", "created_at"), rows)
    write(tmp_path / "ground_truth_treat.csv", ("SID", "expert"), [("i0", "1"), ("i1", "1"), ("i2", "")])
    found = relations(tmp_path)
    assert (found["judgments"], found["distinct_answers"], found["single_choice_judgments"]) == (6, 3, 5)
    assert found["alpha_by_month"]["2014-07"][0] == 2
    treat = found["treat"]
    assert (treat["sentences"], treat["vote_yes"], treat["recall"], treat["precision"]) == (2, 1, 0.5, 1)


def test_nodules_are_compared_within_their_clusters(tmp_path: Path) -> None:
    """One by two readers with half of both in common, one by a single reader."""
    rows = [
        (1, 1, "c1", 3, 0, 0, 9, 9),
        (2, 1, "c1", 3, 0, 0, 9, 4),
        (3, 1, "c2", 1, 50, 50, 59, 59),
        (4, 2, "c3", 1, 0, 0, 9, 9),
        (5, 2, "c3", 2, 0, 0, 9, 9),
    ]
    write(tmp_path / "annotations_boxes.csv", NODULE, rows)
    found = lidc(tmp_path)
    assert (found["clusters"], found["seen_by_one"]) == (3, 0.3333)
    assert (found["iou_mean"], found["malignancy_equal"]) == (0.75, 0.5)
    assert found["clustering"] == {"precision": 1, "recall": 1}


def test_boxes_of_named_annotators_are_counted_as_by_hand(tmp_path: Path) -> None:
    """Two of three boxes match, one with the same class."""
    sheet = {
        "images": [
            {"id": 1, "file_name": "a.jpg", "annotator": "ann"},
            {"id": 2, "file_name": "a.jpg", "annotator": "ben"},
        ],
        "categories": [{"id": 1, "name": "apple"}, {"id": 2, "name": "pear"}],
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [0, 0, 10, 10]},
            {"image_id": 2, "category_id": 2, "bbox": [0, 0, 10, 8]},
            {"image_id": 2, "category_id": 1, "bbox": [50, 50, 10, 10]},
        ],
    }
    (tmp_path / "sheet.json").write_text(json.dumps(sheet), encoding="utf-8")
    found = toy(tmp_path)["sheet"]
    assert (found["boxes"], found["existence"], found["class"], found["geometry"]) == (3, 0.6667, 0, 0.8)


def test_what_is_simulated_repeats() -> None:
    """The same seed makes the same labels, boxes and texts."""
    makers: list[Callable[[Generator], object]] = [votes, drawings, writings]
    for made in makers:
        first, again, other = (made(default_rng(seed)) for seed in (3, 3, 4))
        assert first == again != other


def test_a_set_of_ones_own_is_measured_and_what_is_missing_is_named(tmp_path: Path) -> None:
    """The report is written, the tables printed."""
    labels(tmp_path / "mine")
    found = run("--data", str(tmp_path), "--runs", "2", "--labels", "3000", ASSAY_VAR=str(tmp_path / "var"))
    assert found.returncode == 0, found.stderr
    report = json.loads((tmp_path / "var" / "bench" / "agreement.json").read_text(encoding="utf-8"))
    assert report["missing"] == ["crowd_medrel", "boxes_lidc", "boxes_toy_iaa"]
    assert markdown(report) in found.stdout
    assert "does not have them: crowd_medrel, boxes_lidc, boxes_toy_iaa" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "said"), [((), "Set ASSAY_DATA or --data"), (("--data", "no/such"), "is not a folder")]
)
def test_absent_data_is_named_and_the_status_is_not_zero(arguments: tuple[str, ...], said: str) -> None:
    """With what to do."""
    found = run(*arguments)
    assert found.returncode == 1
    assert said in found.stderr
