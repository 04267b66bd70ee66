"""Consensus while labels come in: one task a label, and the batch's answer once settled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.consensus.dawid_skene import dawid_skene
from labeling.consensus.running import RunningConsensus

CLASSES = ("a", "b", "c")
# How far a settled posterior may be from the batch's: the rounding of sums.
TOLERANCE = 1e-9
labels = st.lists(
    st.tuples(st.integers(0, 8), st.sampled_from("uvwxyz"), st.sampled_from(CLASSES)), min_size=1, max_size=60
)


def running_of(rows: list[tuple[int, str, str]]) -> RunningConsensus:
    """Return the consensus after these labels."""
    running = RunningConsensus(classes=CLASSES)
    for row in rows:
        running.add(*row)
    return running


@given(labels)
def test_settling_gives_what_all_labels_at_once_give(rows: list[tuple[int, str, str]]) -> None:
    """Within the stated tolerance, for every task."""
    running = running_of(rows)
    running.settle()
    batch = dawid_skene(running.votes()).posterior
    for place, task in enumerate(dict.fromkeys(task for task, _, _ in rows)):
        assert running.posterior(task) == pytest.approx(batch[place].tolist(), abs=TOLERANCE)


@given(labels)
def test_a_label_changes_no_other_task(rows: list[tuple[int, str, str]]) -> None:
    """Until it is settled."""
    running = running_of(rows)
    before = {task: running.posterior(task) for task in range(1, 9)}
    running.add(0, "u", "c")
    assert {task: running.posterior(task) for task in range(1, 9)} == before


@given(labels)
def test_a_posterior_is_one(rows: list[tuple[int, str, str]]) -> None:
    """It sums to 1, and the label that was just added is in it."""
    running = running_of(rows[:-1])
    added = running.add(*rows[-1])
    assert sum(added) == pytest.approx(1.0)
    assert running.posterior(rows[-1][0]) == added


def test_a_second_answer_of_a_labeler_replaces_the_first() -> None:
    """As a correction does."""
    corrected, at_once = running_of([(1, "u", "a"), (1, "u", "b")]), running_of([(1, "u", "b")])
    assert corrected.posterior(1) == pytest.approx(at_once.posterior(1))
    assert len(corrected.votes()) == 1


def test_a_vote_of_a_labeler_of_whom_nothing_is_known_counts_as_the_pools() -> None:
    """The pool begins with labelers who are right four times in five."""
    assert RunningConsensus(classes=CLASSES).add("task", "new", "b")[1] == pytest.approx(0.8)


def test_an_answer_that_is_no_class_is_refused() -> None:
    """By name."""
    with pytest.raises(KeyError, match="z"):
        RunningConsensus(classes=CLASSES).add("task", "u", "z")
