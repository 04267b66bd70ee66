"""The routing bench on a folder of one's own: the whole way, and every way in which a folder can be wrong."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.command import DataError
from bench.routing.__main__ import main
from bench.routing.folder import own

ROWS = 300


def table(file: Path, header: list[str], rows: list[list[object]]) -> None:
    """Write a CSV file."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a sound folder: two classes apart in the plane, every tenth record of the rare one."""
    made = tmp_path / "mine"
    made.mkdir()
    rare = np.arange(ROWS) % 10 == 0
    np.save(made / "features.npy", np.random.default_rng(0).normal(size=(ROWS, 2)) + 8.0 * rare[:, None])
    table(
        made / "labels.csv", ["item_id", "label"], [[f"r{row}", "bad" if rare[row] else "good"] for row in range(ROWS)]
    )
    return made


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that the bench writes into."""
    monkeypatch.setenv("ASSAY_VAR", str(tmp_path / "var"))
    return tmp_path / "var"


def bench(*args: object) -> int:
    """Run the bench, and return its exit status."""
    return main([str(one) for one in args])


def test_a_folder_is_measured_and_told_of_in_a_table(
    folder: Path, var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two seeds, two selectors, one budget."""
    args = ("--data", folder, "--seeds", 2, "--budgets", 0.1, "--selectors", "random", "margin")
    assert bench(*args, "--jobs", 1) == 0
    file = var / "bench" / "routing.json"
    report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert report["seeds"] == 2
    facts = {
        "rows": 210,
        "held_out_rows": 90,
        "features": 2,
        "classes": 2,
        "ordered": True,
        "rare_classes": {"bad": 21},
    }
    assert facts.items() <= report["facts"]["mine"].items()
    cells = report["sets"]["mine"]["0.1"]
    assert list(cells) == ["random", "margin"]
    for cell in cells.values():
        assert (cell["spent"], cell["rare_recall_cap"]) == (0.1, 1.0)
        assert cell["macro_f1_ci"][0] <= cell["macro_f1"] <= cell["macro_f1_ci"][1]
    capsys.readouterr()
    assert bench("--table", file) == 0
    markdown = capsys.readouterr().out.splitlines()
    f1 = f"{cells['margin']['macro_f1']:.3f}"
    assert markdown[2] == "| set | budget | random | margin |"
    assert markdown[4].startswith("| mine | 0.1 | ")
    assert markdown[4].split(" | ")[3].startswith(f1)


def test_figures_are_the_same_in_however_many_processes(folder: Path, var: Path) -> None:
    """And each time."""
    args = ("--data", folder, "--seeds", 1, "--budgets", 0.05, "--selectors", "k_center", "typicality")
    reports = []
    for jobs in (1, 2):
        assert bench(*args, "--jobs", jobs) == 0
        reports.append((var / "bench" / "routing.json").read_text(encoding="utf-8"))
    assert reports[0] == reports[1]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--data", "nowhere"), "nowhere is not a folder: --data needs one with features.npy"),
        (("--sets", "shuttel"), "there is no set shuttel: choose among shuttle, "),
        (("--sets", "elec", "--shared", "nowhere"), "nowhere/streams_drift/elec.csv is missing: --shared DIR names"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    args: Sequence[str], message: str, var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is measured, and nothing written."""
    assert bench(*args) == 1
    assert message in capsys.readouterr().err
    assert not var.exists()


def test_a_budget_of_not_one_label_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 210 records a thousandth is none."""
    assert bench("--data", folder, "--budgets", 0.001) == 1
    assert capsys.readouterr().err == "0.001 of the 210 streamed records of mine is not one label: raise it\n"


def test_two_sets_of_one_name_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their figures would stand in one place."""
    assert bench("--data", folder, "--data", folder) == 1
    assert "mine is the name of another set; rename the folder" in capsys.readouterr().err


def test_features_may_be_a_csv_with_the_items(folder: Path) -> None:
    """The item ids are no feature."""
    features = np.load(folder / "features.npy")
    (folder / "features.npy").unlink()
    table(folder / "features.csv", ["item_id", "x", "y"], [[f"r{row}", *features[row]] for row in range(ROWS)])
    read = own(folder)
    assert read.features.tolist() == features.astype(np.float32).tolist()
    assert (read.ordered, read.classes, read.scores) == (True, ("bad", "good"), None)


def test_scores_of_a_model_come_along(folder: Path) -> None:
    """A column for each class, in the order of their names."""
    scores = np.tile([0.25, 0.75], (ROWS, 1))
    np.save(folder / "scores.npy", scores)
    read = own(folder).scores
    assert read is not None
    assert read.tolist() == scores.tolist()


def relabeled(folder: Path, header: list[str], change: Callable[[int], list[object]]) -> None:
    """Write other labels."""
    table(folder / "labels.csv", header, [change(row) for row in range(ROWS)])


def changed(folder: Path, name: str, place: int | tuple[int, int], value: float) -> None:
    """Change values of an array."""
    array = np.load(folder / name) if (folder / name).is_file() else np.full((ROWS, 2), 0.5)
    array[place] = value
    np.save(folder / name, array)


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "no features": (lambda folder: (folder / "features.npy").unlink(), "has 0 of features.npy and features.csv"),
    "two features": (lambda folder: (folder / "features.csv").touch(), "has 2 of features.npy and features.csv"),
    "too few rows": (
        lambda folder: np.save(folder / "features.npy", np.zeros((3, 2))),
        "features.npy has 3 rows and labels.csv 300: both need one for each record",
    ),
    "one-dimensional": (lambda folder: np.save(folder / "features.npy", np.zeros(ROWS)), r"shape \(300,\): it must be"),
    "objects": (
        lambda folder: np.save(folder / "features.npy", np.array([{}] * ROWS), allow_pickle=True),
        "features.npy is no array of numbers .*: write it by numpy.save",
    ),
    "not an array": (lambda folder: (folder / "features.npy").write_text("1,2"), "features.npy is no array of numbers"),
    "not a number": (
        lambda folder: changed(folder, "features.npy", (4, 1), np.nan),
        "has 1 values that are no finite .* the first in record 5, column 2: fill them",
    ),
    "beyond single precision": (lambda folder: changed(folder, "features.npy", (0, 0), 1e300), "record 1, column 1"),
    "no label column": (
        lambda folder: relabeled(folder, ["item_id", "class"], lambda row: [row, "a"]),
        "labels.csv has no column label: its first line must name both",
    ),
    "an item twice": (
        lambda folder: relabeled(folder, ["item_id", "label"], lambda row: [row // 2, "a"]),
        "labels.csv has the item_id 0 more than once",
    ),
    "an empty label": (
        lambda folder: relabeled(folder, ["item_id", "label"], lambda row: [row, "a" if row else ""]),
        "record 1, has no label",
    ),
    "one class": (
        lambda folder: relabeled(folder, ["item_id", "label"], lambda row: [row, "a"]),
        "labels.csv has 1 classes, 1 of them with two records or more",
    ),
    "a class of one": (
        lambda folder: relabeled(folder, ["item_id", "label"], lambda row: [row, "a" if row else "b"]),
        "labels.csv has 2 classes, 1 of them with two records or more",
    ),
    "ragged": (
        lambda folder: relabeled(folder, ["item_id", "label"], lambda row: [row, "a", *range(row % 2)]),
        "labels.csv is no CSV in UTF-8 whose lines have as many cells as the first",
    ),
    "empty": (lambda folder: (folder / "labels.csv").write_text(""), "labels.csv is no CSV"),
    "too few score columns": (
        lambda folder: np.save(folder / "scores.npy", np.ones((ROWS, 1))),
        "scores.npy has 1 columns and labels.csv 2 classes: give each class one, in the sorted order",
    ),
    "no probabilities": (
        lambda folder: changed(folder, "scores.npy", 2, 0.7),
        "scores.npy, record 3, is no probabilities: they must not be negative, and sum up to 1",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_folder_is_refused_with_what_is_wrong(folder: Path, name: str) -> None:
    """Where, and what to do."""
    spoil, message = WRONG[name]
    spoil(folder)
    with pytest.raises(DataError, match=message):
        own(folder)


def test_a_csv_of_features_is_checked_cell_by_cell(folder: Path) -> None:
    """Texts are no numbers, and another order is another set."""
    (folder / "features.npy").unlink()
    table(folder / "features.csv", ["x"], [["red" if row == 1 else row] for row in range(ROWS)])
    with pytest.raises(DataError, match="record 2, has 'red' in column x, which is no number"):
        own(folder)
    table(folder / "features.csv", ["item_id", "x"], [[f"r{ROWS - row}", row] for row in range(ROWS)])
    with pytest.raises(DataError, match=r"record 1, is r300, in labels.csv r0: put both into one order"):
        own(folder)
