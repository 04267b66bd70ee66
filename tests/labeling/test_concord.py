"""How far the labelers of a project agree, of whatever kind their answers are."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.agreement import alpha
from labeling.concord import LEAST, concord
from labeling.kinds import kind_of
from schemas.answers import Answer, AnswerKind
from schemas.boxes import Box
from schemas.labels import Vote
from schemas.project import LabelSpace


def kind(named: AnswerKind) -> LabelSpace:
    """Return a label space of a kind."""
    return LabelSpace(kind=named, classes=() if named is AnswerKind.TEXT else ("cat", "dog", "fox"))


ONE, SOME, BOXES, TEXT = (kind_of(kind(named)) for named in AnswerKind)


def votes(*tasks: Sequence[Answer]) -> dict[int, list[Vote]]:
    """Return the votes on tasks that are numbered from 1 on."""
    return {
        task: [Vote(labeler=f"labeler {place}", answer=answer) for place, answer in enumerate(answers)]
        for task, answers in enumerate(tasks, 1)
    }


def test_a_pair_says_how_many_tasks_got_both_and_how_many_either() -> None:
    """A task with one answer says nothing of agreement."""
    found = concord(ONE, votes(["cat", "dog"], ["cat", "cat"], ["dog", "fox", "dog"], ["fox"]), {})
    assert (found.tasks, found.labels, found.disputed.estimate) == (3, 7, pytest.approx(2 / 3))
    assert {(one.one, one.other): (one.both, one.either) for one in found.pairs} == {
        ("cat", "dog"): (1, 3),
        ("dog", "fox"): (1, 2),
    }
    assert {one.name: (one.given, one.agreed) for one in found.classes} == {"cat": (2, 1), "dog": (2, 0), "fox": (1, 0)}


@given(st.lists(st.lists(st.sampled_from(["cat", "dog", "fox"]), min_size=1, max_size=4), max_size=8))
def test_the_first_measure_is_that_by_which_the_kind_agrees(tasks: list[list[str]]) -> None:
    """Also where nobody labeled anything, or all answers are the same."""
    told = concord(ONE, votes(*tasks), {}).measures[0].value
    wanted = alpha([answers for answers in tasks if len(answers) > 1])
    assert (told and told.estimate) == (None if wanted is None else pytest.approx(wanted))


def test_sets_of_classes_have_classes_and_no_pairs() -> None:
    """Who names two classes confuses neither."""
    found = concord(SOME, votes([("cat",), ("cat", "dog")], [("cat",), ("cat",)]), {})
    assert found.pairs == ()
    assert {one.name: (one.given, one.agreed) for one in found.classes} == {"cat": (2, 2), "dog": (1, 0)}


def test_boxes_are_compared_where_they_match() -> None:
    """Existence, class and geometry apart; the pair is that of the matched boxes."""
    one, same = Box(name="cat", left=0, top=0, right=9, bottom=9), Box(name="dog", left=0, top=0, right=9, bottom=9)
    found = concord(BOXES, votes([(one,), (same,)]), {})
    assert [one.value and one.value.estimate for one in found.measures] == [0, 1, pytest.approx(0), 1]
    assert [(one.one, one.other, one.both, one.either) for one in found.pairs] == [("cat", "dog", 1, 1)]


def test_texts_have_no_classes() -> None:
    """Their measures are of letters."""
    found = concord(TEXT, votes(["a cat", "a hat"]), {})
    assert (found.classes, found.pairs, len(found.measures)) == ((), (), 2)


def test_a_column_is_shown_where_two_of_its_values_have_enough_tasks() -> None:
    """With a measure of each; the largest first."""
    tasks = votes(*[["cat", "cat"], ["dog", "fox"]] * LEAST)
    halves = {task: {"half": "one" if task % 2 else "other", "only": "this"} for task in tasks}
    found = concord(ONE, tasks, halves).slices
    assert [(one.column, one.value, one.tasks, one.disputed.estimate) for one in found] == [
        ("half", "one", LEAST, 0),
        ("half", "other", LEAST, 1),
    ]
