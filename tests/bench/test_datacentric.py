"""The proof's bench on a folder of one's own: the whole way, what it counts, and how a folder can be wrong."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.command import DataError
from bench.datacentric import arms
from bench.datacentric.__main__ import main
from bench.datacentric.arms import ARMS, LEVELS
from bench.datacentric.build import built
from bench.datacentric.crowds import ASKED, EXPERT, Deck, confusable, deck, noisy
from bench.datacentric.folder import own
from bench.datacentric.loop import Loop
from bench.datacentric.measures import alpha
from bench.datacentric.noise import confusion_of, other_guideline, with_noise
from bench.datacentric.patches import described
from bench.datacentric.sets import ProofSet, split
from bench.datacentric.sources import assembled
from bench.datacentric.summary import times

ITEMS, LABELERS, OVERLAP, CLASSES = 240, 8, 3, 3


def table(file: Path, header: list[str], rows: list[tuple[object, ...]]) -> None:
    """Write a CSV file."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])


def simulated() -> tuple[list[tuple[str, str]], np.ndarray[Any, Any], list[tuple[str, str, str]]]:
    """Return gold of three classes, features that tell them apart, and labels that are right four times in five."""
    rng = np.random.default_rng(0)
    gold = rng.integers(0, CLASSES, ITEMS)
    features = 2.0 * np.eye(CLASSES)[gold] + rng.normal(size=(ITEMS, CLASSES))
    labels = [
        (f"i{item}", f"w{who}", str(right if rng.random() < 0.8 else (right + 1) % CLASSES))
        for item, right in enumerate(gold.tolist())
        for who in rng.permutation(LABELERS)[:OVERLAP]
    ]
    return [(f"i{item}", str(right)) for item, right in enumerate(gold.tolist())], features, labels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a sound folder."""
    made = tmp_path / "mine"
    made.mkdir()
    gold, features, labels = simulated()
    table(made / "gold.csv", ["item_id", "label"], list(gold))
    table(made / "labels.csv", ["item_id", "worker_id", "label"], list(labels))
    np.save(made / "features.npy", features)
    return made


@pytest.fixture
def whole(folder: Path) -> ProofSet:
    """Return the same as a set."""
    return own(folder)


@pytest.fixture
def cards(whole: ProofSet) -> Deck:
    """Return the labels that can be had in one order."""
    return deck(whole, split(whole, 0), 0)


def test_a_folder_answers_the_four_questions(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two seeds; the file has what is claimed elsewhere, and its tables are printed from it again."""
    monkeypatch.setenv("ASSAY_VAR", str(tmp_path / "var"))
    assert main(("--data", str(folder), "--seeds", "2", "--jobs", "1")) == 0
    file = tmp_path / "var" / "bench" / "datacentric.json"
    report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    one = report["table"]["mine"]
    assert one["labels"] == "recorded"
    low, high = one["difference_ci"]
    assert low <= one["difference"] <= high
    assert one["difference"] == pytest.approx(one["data_centric"] - one["model_centric"], abs=2e-4)
    assert one["model_centric"] == max(one["models"].values())
    assert one["labels_right"][1] > one["labels_right"][0]
    assert set(report["curve"]["mine"]["rates"]) == {"0", "0.05", "0.12", "0.2", "0.3"}
    assert [len(report["budget"]["mine"][arm]) for arm in ARMS] == [len(LEVELS)] * len(ARMS)
    assert report["consistency"]["mine"]["one"][0]["alpha"] == 1.0
    capsys.readouterr()
    assert main(["--table", str(file)]) == 0
    assert f"| mine | recorded | {one['baseline']:.3f} |" in capsys.readouterr().out


@pytest.mark.parametrize("name", ARMS)
def test_every_way_begins_alike_and_keeps_to_the_budget(name: str, whole: ProofSet, cards: Deck) -> None:
    """With one label an item; and no more than one expert's answer is spent beyond the level."""
    features = whole.features[split(whole, 0).train]
    found = list(ARMS[name](cards, features, whole.classes, 0))
    assert found[0].spent == 1.0
    count = len(cards.gold)
    assert all(one.spent <= level + EXPERT / count for one, level in zip(found, LEVELS, strict=True))
    if name != "loop":
        assert (found[0].labels == arms.first(cards)).all()


def test_fixed_overlap_never_asks_for_more_than_is_on_record(whole: ProofSet, cards: Deck) -> None:
    """What is not on record is not spent either."""
    few = Deck(
        votes=cards.given(np.ones(len(cards.gold), np.int64)), turn=np.zeros(len(cards.gold), np.int64), gold=cards.gold
    )
    assert [one.spent for one in arms.fixed_overlap(few, whole.features, whole.classes, 0)] == [1.0] * len(LEVELS)


def test_the_loop_spends_labels_first_and_asks_the_expert_where_no_more_are_to_be_had(
    whole: ProofSet, cards: Deck
) -> None:
    """An item is asked about as often as labelers are on record, and what it spends is what it asked."""
    project = Loop(deck=cards, features=whole.features[split(whole, 0).train], classes=whole.classes, seed=0)
    for level in (1.5, 2.0, 3.0):
        project.round(round(level * len(cards.gold)))
    asked = project.known >= 0
    assert (project.counts <= cards.most).all()
    assert asked.any()
    assert (project.opinion.answers[asked] == cards.gold[asked]).all()
    assert project.spent == project.counts.sum() + EXPERT * asked.sum()
    assert {"uncertain", "suspect", "audit"} >= set(project.routing.hits)


def test_what_waits_is_not_built(whole: ProofSet) -> None:
    """The others are, in their order."""
    items, labels = built(np.array([0, 1, 2, 1]), {1}, whole.classes)
    assert (items.tolist(), labels.tolist()) == ([0, 2, 3], [0, 2, 1])


def test_groups_stay_on_one_side_of_the_split() -> None:
    """Every seed deals them anew."""
    groups = [f"g{item // 4}" for item in range(ITEMS)]
    gold, features, _ = simulated()
    whole = assembled([item for item, _ in gold], [label for _, label in gold], features, groups=groups)
    cuts = [split(whole, seed) for seed in range(2)]
    for cut in cuts:
        assert not {groups[item] for item in cut.train} & {groups[item] for item in cut.test}
    assert cuts[0].test.tolist() != cuts[1].test.tolist()


def test_simulated_labelers_err_towards_near_classes() -> None:
    """Each item can be labeled so often; of three classes on a line the ends are never taken for each other."""
    gold = np.repeat([0, 1, 2], 80)
    features = gold[:, None] * 10.0 + np.random.default_rng(0).normal(size=(240, 1))
    whole = assembled([str(item) for item in range(240)], [str(code) for code in gold], features)
    wrong = confusable(whole)
    np.testing.assert_allclose(wrong.sum(axis=1), 1.0)
    assert wrong[0, 1] > 5 * wrong[0, 2]
    assert deck(whole, split(whole, 0), 0).most.tolist() == [ASKED] * len(split(whole, 0).train)
    given = noisy(gold, wrong, np.full(240, 0.5), np.random.default_rng(0))
    assert 0.35 < np.mean(given != gold) < 0.65


def test_noise_falls_as_the_crowd_s_does(whole: ProofSet) -> None:
    """The crowd of the folder always takes the next class; so does what is simulated, as often as is asked."""
    rng = np.random.default_rng(0)
    labels = with_noise(np.tile(whole.gold, 10), confusion_of(whole), 0.2, rng)
    missed = labels != np.tile(whole.gold, 10)
    assert missed.mean() == pytest.approx(0.2, abs=0.03)
    assert ((labels - np.tile(whole.gold, 10))[missed] % CLASSES == 1).mean() > 0.95


def test_another_guideline_moves_the_line_between_two_classes(whole: ProofSet) -> None:
    """The larger class of a pair cedes half as many items as the smaller one has, and no other class changes."""
    other = other_guideline(whole)
    changed = np.flatnonzero(other != whole.gold)
    sizes = np.bincount(whole.gold)
    (larger,), (smaller,) = set(whole.gold[changed]), set(other[changed])
    assert len(changed) == sizes[smaller] // 2
    assert sizes[larger] >= sizes[smaller]


def test_how_many_times_the_items_noise_costs() -> None:
    """Between points by the logarithm of the items; infinite where all are too few."""
    items = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    curve = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    assert times(curve, items, 0.4) == pytest.approx(2.0)
    assert times(curve, items, 0.45) == pytest.approx(2.0 * 2**0.5)
    assert times(curve, items, 0.6) == float("inf")


def test_alpha_of_equal_labels_is_one() -> None:
    """And that of unrelated ones is near 0."""
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 3, 2000), rng.integers(0, 3, 2000)
    assert alpha(one, one) == 1.0
    assert alpha(one, other) == pytest.approx(0.0, abs=0.05)


def test_a_patch_is_described_whatever_its_size() -> None:
    """By equally many finite numbers, also where it is larger or smaller than the one size, or of one gray."""
    rng = np.random.default_rng(0)
    long, small = described(rng.random((150, 20))), described(rng.random((3, 7)))
    assert long.shape == small.shape
    assert np.isfinite([long, small, described(np.full((9, 9), 0.5))]).all()


def drop(name: str) -> Callable[[Path], None]:
    """Return what removes a file."""
    return lambda folder: (folder / name).unlink()


def write(name: str, text: str) -> Callable[[Path], None]:
    """Return what writes a file anew."""
    return lambda folder: (folder / name).write_text(text, encoding="utf-8") and None


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (drop("gold.csv"), "gold.csv is missing"),
        (drop("features.npy"), "features.npy is missing"),
        (write("gold.csv", "item_id,label\ni0,0\ni0,1\n"), "i0 more than once"),
        (write("gold.csv", "item_id,label\ni0,0\ni1,0\n"), "one class only"),
        (write("gold.csv", "item_id,label\ni0,0\ni1,1\n"), "2 items: 50 are needed"),
        (write("labels.csv", "item_id,worker_id,label\nx,w,0\n"), "no label of an item"),
        (write("features.npy", "no array"), "is no array of numbers"),
    ],
)
def test_a_wrong_folder_is_told_what_to_do(folder: Path, spoil: Callable[[Path], None], said: str) -> None:
    """Before anything is measured."""
    spoil(folder)
    with pytest.raises(DataError, match=said):
        own(folder)


def test_without_labels_labelers_are_simulated(folder: Path) -> None:
    """And the report says so."""
    drop("labels.csv")(folder)
    assert own(folder).votes is None
