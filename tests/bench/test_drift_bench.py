"""The drift bench: a stream of one's own the whole way, what shifts do, and how methods are compared."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.command import DataError
from bench.drift.__main__ import main
from bench.drift.jobs import QUIET, Job
from bench.drift.keeping import measured_once
from bench.drift.ours import watched
from bench.drift.own import own
from bench.drift.plain import psi, two_samples
from bench.drift.populations import Population, Source
from bench.drift.streams import BEFORE, REFERENCE, SHIFTS, drawn, table
from bench.drift.summary import summary
from quality.drift.budget import Budget
from quality.drift.cause import Cause

ROWS, WINDOW = 1_500, 60


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a stream in the wrong order, whose field x moves by two deviations at row 1,200 in the slice `north`."""
    random = np.random.default_rng(0)
    made = tmp_path / "stream.csv"
    with made.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["order", "x", "kind", "attribute.region", "label", "prediction"])
        for row in reversed(range(ROWS)):
            north = row % 2 == 0
            x = random.normal(2.0 * (row >= 1_200 and north), 1.0)
            writer.writerow([row, f"{x:.4f}", "ab"[row % 2], "north" if north else "south", "yes", "yes"])
    return made


def population() -> Population:
    """Return rows of two fields, of which the first tells the class, in no order."""
    random = np.random.default_rng(1)
    numbers = random.normal(size=(6_000, 2))
    labels = (numbers[:, 0] + 0.3 * random.normal(size=6_000) > 0).astype(np.int64)
    return Population(names=("x", "y"), numbers=numbers, labels=labels, run=1, window=200, moved=1)


def test_a_stream_of_ones_own_is_watched_and_told_of(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Windows 0 to 4 follow the reference of 20; the alarm names field and slice, and comes with the shift."""
    monkeypatch.setenv("ASSAY_VAR", str(tmp_path / "var"))
    assert main(["--data", str(file), "--window", str(WINDOW), "--reference", "20"]) == 0
    report: dict[str, Any] = json.loads((tmp_path / "var" / "bench" / "drift.json").read_text(encoding="utf-8"))
    found = report["own"]["stream.csv"]
    assert found["windows"] == 5
    first = found["alarms"][0]
    assert (first["window"], first["first_row"]) == (0, 1_200)
    assert {(one["slice"], one["field"]) for one in first["measures"]} >= {("region=north", "x")}
    assert not [one for one in first["measures"] if one["slice"] == "region=south"]
    assert "region=north" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("x,x\n1,2\n", "each of them once"),
        ("x,y\n1\n", "line 2"),
        ("x\n", "no rows"),
        ("x\n1\n2\n", "set --window or --reference lower"),
        ("label\n" + "a\n" * 2_000, "no column that is a field"),
    ],
)
def test_a_file_that_cannot_be_watched_says_why(tmp_path: Path, content: str, said: str) -> None:
    """And what to do about it."""
    made = tmp_path / "stream.csv"
    made.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        own(made, 60, 20)


@pytest.mark.parametrize("name", SHIFTS)
def test_a_shift_leaves_what_was_before_it_as_it_was(name: str) -> None:
    """Fields keep their means up to the onset, which says where it is, and whether a guideline was published."""
    rows = population()
    shifted = drawn(rows, SHIFTS[name], 7)
    before = (REFERENCE + BEFORE) * rows.window
    assert shifted.onset == REFERENCE + BEFORE
    assert shifted.guideline == (SHIFTS[name].cause is Cause.GUIDELINE)
    assert np.isclose(np.nanmean(shifted.numbers[:before]), 0.0, atol=0.05)


@pytest.mark.parametrize(("name", "cause"), [("covariate 0.5 sd", "world"), ("labelers 15 %", "labelers")])
def test_a_planted_shift_is_found_and_its_cause_named(name: str, cause: str) -> None:
    """On rows that any method would find it in."""
    stream = drawn(population(), SHIFTS[name], 3)
    outcome = watched(table(population(), stream), Budget(), onset=stream.onset, guideline=stream.guideline)
    assert outcome.windows[-1] < REFERENCE + BEFORE + 6
    assert outcome.cause == cause


def test_a_stream_that_was_measured_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another budget it is; and what is kept is what was said."""
    source = Source(name="made", read=lambda _: population(), folder=tmp_path)
    job = Job(source=source, shift="covariate 0.5 sd", seed=3, budget=Budget(), folder=tmp_path)
    first = measured_once(job)
    monkeypatch.setattr("bench.drift.keeping.measure", lambda _: {"anew": True})
    assert measured_once(job) == first
    assert first["alarms"]
    assert measured_once(replace(job, budget=Budget(per_thousand=1.0))) == {"anew": True}
    job.file.unlink()
    assert measured_once(job) == {"anew": True}


def test_psi_and_the_test_of_two_samples_agree_with_examples_worked_out_by_hand() -> None:
    """Shares of a half each against 0.8 and 0.2; and a sample against itself."""
    before, after = np.array(["a", "b"] * 50), np.array(["a"] * 80 + ["b"] * 20)
    expected = (0.3 * np.log(1.6) - 0.3 * np.log(0.4)) / 0.2
    assert psi(before, after) == pytest.approx(expected)
    numbers = np.arange(100.0)
    assert two_samples(numbers, numbers) == 0.0


def found(scores: list[float], alarms: list[int], cause: str | None = None) -> dict[str, Any]:
    """Return what is measured of one stream, by a single peer."""
    return {
        "alarms": alarms,
        "cause": cause,
        "scores": {"ks": scores, "psi": scores},
        "detectors": {"adwin": []},
        "accuracy": {"before": [0.9, 0.8], "after": [0.9, 0.7]},
    }


def test_peers_are_matched_at_the_rate_that_the_budget_allows() -> None:
    """Of 200 quiet windows one may alarm: the threshold is the second greatest score, and 7 is above it, 5 is not."""
    source = Source(name="made", read=lambda _: population(), folder=Path())
    job = Job(source=source, shift=QUIET, seed=0, budget=Budget(), folder=Path())
    quiet = found([9.0, 6.0, *[0.5] * 198], [3])
    shifted = found([5.0, 7.0], [0], "world")
    report = summary([(job, quiet), (replace(job, shift="covariate 0.5 sd"), shifted)], Budget())
    assert (report["quiet_windows"], report["false_alarms"], report["budget"]) == (200, 1, 1.0)
    assert report["peers"]["ks"]["false_alarms"] == 2
    matched = report["peers"]["ks, matched"]
    assert matched["false_alarms"] == 1
    assert matched["detections"]["made/covariate 0.5 sd/0"]["delay"] == 2
    assert report["detections"]["made/covariate 0.5 sd/0"] == {
        "detected": True,
        "delay": 1,
        "cause": "world",
        "cause_true": "world",
    }
    assert report["accuracy"]["covariate 0.5 sd"] == {"expected": 0.0, "audited": -0.1}
