"""The consensus bench on a folder of one's own: the whole way, what it counts, and how a folder can be wrong."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.command import DataError
from bench.consensus.__main__ import main
from bench.consensus.folder import own
from bench.consensus.production import Replay
from bench.consensus.replay import accuracy, adaptive, fixed, vote_lead
from bench.consensus.sets import CrowdSet, crowd_set
from labeling.adaptive import AdaptiveRule
from schemas.project import OverlapPolicy

ITEMS, LABELERS, OVERLAP = 120, 8, 5


def table(file: Path, header: list[str], rows: list[tuple[object, ...]]) -> None:
    """Write a CSV file."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])


def simulated() -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    """Return simulated labels, right four times in five, and gold."""
    rng = np.random.default_rng(0)
    gold = [(f"i{item}", str(int(rng.integers(0, 2)))) for item in range(ITEMS)]
    labels = [
        (item, f"w{who}", right if rng.random() < 0.8 else str(1 - int(right)))
        for item, right in gold
        for who in rng.permutation(LABELERS)[:OVERLAP]
    ]
    return labels, gold


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a sound folder."""
    made = tmp_path / "mine"
    made.mkdir()
    labels, gold = simulated()
    table(made / "labels.csv", ["item_id", "worker_id", "label"], list(labels))
    table(made / "gold.csv", ["item_id", "label"], list(gold))
    np.save(made / "features.npy", np.random.default_rng(1).normal(size=(ITEMS, 3)))
    return made


@pytest.fixture
def crowd() -> CrowdSet:
    """Return the same as a set, without features."""
    return crowd_set(*simulated())


def test_a_folder_is_measured_and_told_of_in_a_table(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two orders; the file has what is claimed elsewhere."""
    monkeypatch.setenv("ASSAY_VAR", str(tmp_path / "var"))
    monkeypatch.setattr("bench.consensus.peers.installed", lambda: False)
    args = ("--data", str(folder), "--orders", "2", "--jobs", "1", "--labels", "2000")
    assert main(args) == 0
    file = tmp_path / "var" / "bench" / "consensus.json"
    report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    one = report["sets"]["mine"]
    assert one["facts"]["labels"] == ITEMS * OVERLAP
    assert one["accuracy_all"] == max(one["majority_all"], one["dawid_skene_all"])
    assert 0 < one["labels_saved"] < 1
    assert one["choice"]["gold"] == one["facts"]["calibrating"]
    assert set(one["vote_lead"]) >= {"labels_saved", "accuracy_adaptive"}
    assert set(one["curve"]["fixed"]) == {"1", "2", "3", "all"}
    assert report["incremental_us_per_label"] > 0
    capsys.readouterr()
    assert main(["--table", str(file)]) == 0
    told = capsys.readouterr().out
    assert "| mine, without features | 5.0 |" in told
    assert f"| mine | {one['production']['estimates']:.1f} | {one['production']['labels']:.2f} |" in told


def test_fixed_overlap_spends_so_many_labels_an_item(crowd: CrowdSet) -> None:
    """The first of each in the order."""
    given = crowd.votes.rows(fixed(crowd, 0, 2))
    assert given.counts().sum(axis=1).tolist() == [2.0] * ITEMS


def test_a_lead_of_two_votes_stops_and_nothing_less(crowd: CrowdSet) -> None:
    """An item has all its labels, or an answer leads by exactly two."""
    counts = np.sort(crowd.votes.rows(vote_lead(crowd, 3)).counts(), axis=1)
    lead, given = counts[:, 1] - counts[:, 0], counts.sum(axis=1)
    assert ((lead == 2) | ((given == OVERLAP) & (lead < 2))).all()


def test_a_rule_that_is_never_content_spends_everything(crowd: CrowdSet) -> None:
    """And one that always is spends one label an item, beside those on gold that calibrates."""
    assert adaptive(crowd, 0, AdaptiveRule(gain=-1.0)).spent.all()
    least = adaptive(crowd, 0, AdaptiveRule(gain=1.0, warm_up=0.0))
    expected = np.where(crowd.calibrating, OVERLAP, 1)
    assert crowd.votes.rows(least.spent).counts().sum(axis=1).tolist() == expected.tolist()


def test_gold_that_calibrates_is_not_scored(crowd: CrowdSet) -> None:
    """Nor is it more than a small share."""
    assert not crowd.calibrating[crowd.scored].any()
    assert 0 < crowd.calibrating.sum() < 0.15 * ITEMS


def test_a_tie_counts_as_the_chance_of_drawing_the_right_answer(crowd: CrowdSet) -> None:
    """No opinion between two classes is right half of the time."""
    assert accuracy(np.full((ITEMS, 2), 0.5), crowd) == 0.5


def test_without_gold_to_calibrate_the_votes_themselves_must_do(crowd: CrowdSet) -> None:
    """The rule runs, on trust from held-out votes alone."""
    outcome = adaptive(replace(crowd, calibrating=np.zeros(ITEMS, bool)), 0, AdaptiveRule(warm_up=0.0))
    assert 0 < outcome.spent.mean() < 1


def test_a_running_project_is_replayed_by_the_product_s_own_rule(crowd: CrowdSet) -> None:
    """With estimates it gives no task more labels than the limit, and never settles one below the threshold."""
    policy = OverlapPolicy(first=2, most=4, threshold=0.9)
    replay = Replay(crowd=crowd, order=0, policy=policy)
    found = replay.run()
    assert found.estimates > 0
    assert found.settled + found.expert == pytest.approx(1.0)
    assert policy.first <= found.labels <= policy.most
    assert replay.run() == found
    assert Replay(crowd=crowd, order=0, policy=policy, estimating=False).run().estimates == 0


def test_of_repeated_labels_the_last_counts() -> None:
    """As a correction."""
    crowd = crowd_set([("i", "w", "0"), ("i", "v", "0"), ("i", "w", "1")], [("i", "1")])
    assert (crowd.repeated, crowd.votes.counts().tolist()) == (1, [[1.0, 1.0]])


def drop(name: str) -> Callable[[Path], None]:
    """Return what removes a file."""
    return lambda folder: (folder / name).unlink()


def write(name: str, text: str) -> Callable[[Path], None]:
    """Return what writes a file anew."""
    return lambda folder: (folder / name).write_text(text, encoding="utf-8") and None


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (drop("gold.csv"), "gold.csv is missing"),
        (write("labels.csv", "item_id,label\ni1,0\n"), "no column worker_id"),
        (write("labels.csv", "item_id,worker_id,label\ni1,w1,\n"), "record 1, has no label"),
        (write("labels.csv", "item_id,worker_id,label\nother,w1,0\n"), "gold for none"),
        (write("gold.csv", "item_id,label\ni1,0\n"), "a row for each of 1 lines"),
    ],
)
def test_a_wrong_folder_is_refused_with_what_to_do(spoil: Callable[[Path], None], told: str, folder: Path) -> None:
    """By file and record."""
    spoil(folder)
    with pytest.raises(DataError, match=told):
        own(folder)
