"""Findings of conventions: how boxes are drawn and texts written, found and not typed in."""

from collections.abc import Sequence

import pytest

from labeling.agreement.boxes import Drawn
from labeling.findings import letter_case, one_or_many, optional_tokens, tight_or_loose
from labeling.testing import box
from schemas.boxes import Box
from schemas.labels import FindingKind

PAIR = [box("cell", 0, 0, 10, 10), box("cell", 12, 0, 22, 10)]
HULL = [box("cell", 0, 0, 22, 10)]
# What nobody differs in.
CALM = [box("crack", 50, 50, 60, 60)]


def grown(boxes: Sequence[Box], by: float) -> list[Box]:
    """Return boxes with so much more on every side."""
    return [box(each.name, each.left - by, each.top - by, each.right + by, each.bottom + by) for each in boxes]


def test_who_draws_one_box_where_others_draw_several_is_found() -> None:
    """Of the class it is about, with the tasks that show it."""
    tasks: dict[int, Drawn] = {
        task: {"ann": [*(HULL if task < 5 else PAIR), *CALM], "ben": [*PAIR, *CALM]} for task in range(20)
    }
    (found,) = one_or_many(tasks)
    assert (found.kind, found.classes, found.labelers) == (FindingKind.ONE_OR_MANY, ("cell",), ("ann",))
    assert (found.tasks, found.of, found.effect) == (5, 20, 0.25)
    assert found.examples == (0, 1, 2, 3, 4)


def test_a_slip_is_no_convention() -> None:
    """Once in a hundred tasks; nor is a box within a box."""
    within = [box("cell", 1, 1, 9, 9), *HULL]
    tasks: dict[int, Drawn] = {task: {"ann": PAIR, "ben": HULL if task == 7 else PAIR} for task in range(100)}
    assert one_or_many(tasks) == []
    assert one_or_many({task: {"ann": within, "ben": HULL} for task in range(20)}) == []


def test_who_draws_looser_boxes_than_others_is_found() -> None:
    """And who draws tighter ones, which is the same seen from the other side."""
    tasks: dict[int, Drawn] = {task: {"ann": grown(PAIR, 1 + task % 2), "ben": PAIR} for task in range(8)}
    found = tight_or_loose(tasks)
    assert [each.labelers for each in found] == [("ann",), ("ben",)]
    assert found[0].effect == pytest.approx((1.44 * 1.96) ** 0.5)
    assert found[0].effect * found[1].effect == pytest.approx(1)
    assert 1 < found[0].low < found[0].effect < found[0].high
    assert (found[0].tasks, found[0].of, found[0].examples) == (8, 8, (1, 3, 5, 7, 0))


def test_boxes_that_are_larger_as_often_as_smaller_are_no_convention() -> None:
    """Whatever their size."""
    tasks: dict[int, Drawn] = {task: {"ann": grown(PAIR, 2 if task % 2 else -2), "ben": PAIR} for task in range(8)}
    assert tight_or_loose(tasks) == []


def test_fillers_and_marks_that_some_leave_out_are_found() -> None:
    """Nobody has to say which words are fillers."""
    spoken = ["um we will meet on day {}.", "we will meet on day {}"]
    tasks = {day: [text.format(day) for text in spoken] for day in range(12)}
    dot, um = sorted(optional_tokens(tasks), key=lambda each: each.says)
    assert (um.kind, um.tasks, um.of, um.effect) == (FindingKind.FILLER, 12, 12, 1)
    assert (dot.kind, dot.tasks, dot.of) == (FindingKind.PUNCTUATION, 12, 12)
    assert um.says == "“um” is written by some and left out by others on 12 of 12 tasks that anybody wrote it on."


def test_words_that_differ_no_more_than_others_are_no_convention() -> None:
    """A slip here and there; one text says nothing."""
    words = ["we", "will", "meet", "again", "on", "that", "day"]
    slips = {task: [" ".join(words), " ".join(words[:task] + words[task + 1 :])] for task in range(len(words))}
    assert optional_tokens(slips) == []
    assert optional_tokens({task: ["um"] for task in range(20)}) == []


def test_capitals_that_some_write_are_found() -> None:
    """Where nothing else differs."""
    torn = {task: ["Yes it is", "yes  it is"] for task in range(4)}
    (found,) = letter_case({**torn, 7: ["Other words", "than these"]})
    assert (found.kind, found.tasks, found.of) == (FindingKind.LETTER_CASE, 4, 4)
    assert letter_case({task: ["Yes", "Yes"] for task in range(4)}) == []
