"""What a guideline's revision did, from the votes of before and after it."""

import pytest

from labeling.guidelines import Cast
from labeling.revision import agreement, effect
from quality.intervals import wilson
from schemas.errors import InputError
from schemas.guidelines import ClassChange, Definition, Guideline
from schemas.labels import Vote
from schemas.project import LabelSpace

FIRST = Guideline(version=1, body="Text.", definitions=tuple(Definition(name=name) for name in "abc"))
SETTLES = Guideline(version=2, body="Text.", definitions=FIRST.definitions, settles=(("a", "b"),))
LABELS = LabelSpace(classes=("a", "b", "c"))


def task(*rounds: str) -> list[Cast]:
    """Return votes: each text holds the answers that were given under one version, from version 1 on."""
    return [
        Cast(vote=Vote(labeler=f"{version}.{number}", answer=answer), guideline=version)
        for version, answers in enumerate(rounds, start=1)
        for number, answer in enumerate(answers)
    ]


def test_the_tasks_that_disagreed_about_the_pair_are_compared_with_themselves() -> None:
    """And every label that they were given since is what it cost."""
    found = effect(
        2, dict(enumerate([task("ab", "aa"), task("ba", "ab"), task("ac"), task("bb")])), [FIRST, SETTLES], LABELS
    )
    assert (found.tasks, found.labels) == (2, 4)
    assert found.touched_before.disputed == wilson(2, 2)
    assert found.touched_after.disputed == wilson(1, 2)


def test_fresh_tasks_of_the_pair_are_compared_with_each_other() -> None:
    """Those of other classes say nothing of it, and those labeled anew are in neither."""
    casts = [task("ab"), task("aa"), task("cc"), task("ab", "aa"), task("", "bb"), task("", "cc"), task("", "ab")]
    found = effect(2, dict(enumerate(casts)), [FIRST, SETTLES], LABELS)
    assert found.fresh_before.disputed == wilson(2, 3)
    assert found.fresh_after.disputed == wilson(1, 2)


def test_a_split_is_compared_over_all_tasks_that_hold_the_class() -> None:
    """Before it they may have agreed on what turns out to be two things."""
    split = Guideline(version=2, body="Text.", changes=(ClassChange(takes=("a",), gives=("a", "d")),))
    found = effect(2, {1: task("aa", "ad"), 2: task("bb")}, [FIRST, split], LABELS)
    assert (found.tasks, found.touched_before.disputed, found.touched_after.disputed) == (1, wilson(0, 1), wilson(1, 1))


def test_versions_that_came_later_change_nothing() -> None:
    """A report is of what was known then."""
    casts = {1: task("ab", "aa")}
    renamed = Guideline(version=3, body="Text.", changes=(ClassChange(takes=("a",), gives=("z",)),))
    assert effect(2, casts, [FIRST, SETTLES, renamed], LABELS) == effect(2, casts, [FIRST, SETTLES], LABELS)


def test_one_answer_says_nothing_of_agreement() -> None:
    """Nor does none."""
    found = agreement([["a"], [], ["a", "b"]], LABELS)
    assert (found.tasks, found.disputed.estimate) == (1, 1.0)
    assert found.alpha == pytest.approx(0.0)


def test_labels_are_charged_to_the_version_that_asked_for_them() -> None:
    """Up to the next one that has the same task labeled anew."""
    third = SETTLES.model_copy(update={"version": 3})
    casts = {1: task("ab", "ab", "aaa"), 2: task("ab", "aa", "a")}
    assert effect(2, casts, [FIRST, SETTLES, third], LABELS).labels == 2 + 3
    assert effect(3, casts, [FIRST, SETTLES, third], LABELS).labels == 3


def test_answers_of_later_versions_are_told_in_one_set_of_names() -> None:
    """A rename since is no disagreement."""
    renamed = Guideline(version=3, body="Text.", changes=(ClassChange(takes=("a",), gives=("z",)),))
    found = effect(2, {1: task("ab", "a", "z")}, [FIRST, SETTLES, renamed], LABELS)
    assert found.touched_after.disputed == wilson(0, 1)


@pytest.mark.parametrize("version", [1, 4])
def test_a_version_that_replaced_no_other_has_no_effect_to_tell(version: int) -> None:
    """The first one, and those that do not exist."""
    with pytest.raises(InputError, match="replaced no other"):
        effect(version, {1: task("ab")}, [FIRST, SETTLES], LABELS)
