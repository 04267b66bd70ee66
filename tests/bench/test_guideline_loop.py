"""The guideline loop's bench, on made-up folders: what it reads, what its arms do, and what it reports."""

from pathlib import Path

import numpy as np
import pytest

from bench.guidelines.cases import NOT_TREATS, SEEN, TREATS, Case, Nodule, ducks, existence, nodules, treatments
from bench.guidelines.loop import accuracy, first_round, turn
from bench.guidelines.relabeling import adopting, measuring, others, slips
from schemas.errors import InputError
from schemas.labels import Vote

PAIR = [("0", "1")]


def votes(*answers: str) -> tuple[Vote, ...]:
    """Return one vote a labeler."""
    return tuple(Vote(labeler=f"w{place}", answer=answer) for place, answer in enumerate(answers))


@pytest.fixture
def torn() -> Case:
    """Twenty tasks of which labelers say either in equal parts, and twenty that are clear."""
    half, clear = votes(*"0101010101"), votes(*"1111111111")
    return Case(votes={task: half if task < 20 else clear for task in range(40)}, gold=dict.fromkeys(range(40), "1"))


def test_labels_and_gold_are_read_by_item(tmp_path: Path) -> None:
    """In the order of the gold."""
    folder = tmp_path / "crowd_vldb_duck"
    folder.mkdir()
    (folder / "gold.csv").write_text("item_id,label\nx,1\ny,0\n")
    (folder / "labels.csv").write_text("item_id,worker_id,label\ny,ada,0\nx,ada,1\nx,bob,0\n")
    found = ducks(tmp_path)
    assert found.gold == {0: "1", 1: "0"}
    assert [vote.answer for vote in found.votes[0]] == ["1", "0"]


def test_of_several_relations_the_one_in_question_counts(tmp_path: Path) -> None:
    """Else the first; a second answer of the same labeler does not, nor a sentence that no expert has judged."""
    folder = tmp_path / "crowd_medrel"
    folder.mkdir()
    (folder / "ground_truth_treat.csv").write_text("SID,expert\n1,1\n2,-1\n3,\n")
    (folder / "labels.csv").write_text(
        "item_id,worker_id,label\n1,ada,[CAUSES] [TREATS]\n1,ada,[CAUSES]\n2,ada,[CAUSES] [SYMPTOM]\n3,ada,[CAUSES]\n"
    )
    found = treatments(tmp_path)
    assert [[vote.answer for vote in found.votes[task]] for task in (0, 1)] == [[TREATS], ["CAUSES"]]
    assert found.gold == {0: TREATS, 1: NOT_TREATS}
    assert found.same("CAUSES", NOT_TREATS)


def test_a_nodule_has_a_vote_of_each_of_four_readers(tmp_path: Path) -> None:
    """Also of those who did not mark it; its size is what they measured, in millimetres."""
    folder = tmp_path / "boxes_lidc"
    folder.mkdir()
    (folder / "annotations_boxes.csv").write_text(
        "cluster,big_a0,big_a1,big_b0,big_b1,pixel_spacing,malignancy\nn,0,9,0,4,0.5,3\nn,0,19,0,4,0.5,4\n"
    )
    (nodule,) = nodules(tmp_path).values()
    assert (nodule.diameter, nodule.malignancy) == (7.5, ("3", "4"))
    case = existence({0: nodule})
    assert [vote.answer for vote in case.votes[0]].count(SEEN) == 2
    assert case.columns[0] == {"size": "6 to 10 mm"}


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(InputError, match=r"gold\.csv is missing: give the folder .* with --data"):
        ducks(tmp_path)


def test_only_tasks_that_disagree_about_the_pair_are_labeled_anew(torn: Case) -> None:
    """And every label of that is counted."""
    random = np.random.default_rng(1)
    first = first_round(torn, random)
    disputed = sum(len({vote.answer for vote in given}) > 1 for given in first.values())
    found = turn(torn, first, PAIR, others(torn), random).effect
    assert 0 < disputed <= 20
    assert (found.tasks, found.labels) == (disputed, 3 * disputed)


def test_labels_under_the_same_guideline_are_those_that_others_gave(torn: Case) -> None:
    """Nobody is asked twice."""
    first = torn.votes[0][:3]
    again = others(torn)(0, first, 7, np.random.default_rng(1))
    assert set(again) == set(torn.votes[0][3:])


def test_labelers_who_follow_say_what_gold_says_but_for_slips(torn: Case) -> None:
    """As often as labelers slip on what is clear; they are called simulated."""
    first = torn.votes[0][:3]
    said = [vote for seed in range(200) for vote in adopting(torn, 0.1, 1.0)(0, first, 7, np.random.default_rng(seed))]
    assert all(vote.labeler.startswith("simulated ") for vote in said)
    assert np.mean([vote.answer == "1" for vote in said]) == pytest.approx(0.9, abs=0.03)
    assert slips(torn).rate == 0.0
    assert slips(torn).tasks == 20


def test_readers_who_measure_mark_what_is_large_enough() -> None:
    """Off by as much as readers differ about one nodule."""
    found = {0: Nodule(diameters=(20.0, 22.0), malignancy=("1", "1")), 1: Nodule(diameters=(2.0,), malignancy=("1",))}
    relabel, random = measuring(found, 6.0), np.random.default_rng(1)
    assert {vote.answer for vote in relabel(0, (), 50, random)} == {SEEN}
    assert SEEN not in {vote.answer for vote in relabel(1, (), 50, random)}


def test_a_tie_is_half_right(torn: Case) -> None:
    """Where gold is known."""
    chosen = {0: votes("0", "1"), 1: votes("1", "1", "0"), 2: ()}
    assert accuracy(torn, chosen) == pytest.approx(0.75)
