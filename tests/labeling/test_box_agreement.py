"""Agreement on boxes: the matching, and existence, class and geometry apart."""

from itertools import permutations
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.agreement import BoxAgreement, box_agreement
from labeling.agreement.boxes import Drawn
from labeling.agreement.matching import FLOOR, corners, iou, match
from labeling.agreement.ratings import Measure
from labeling.testing import box, boxes, drawn
from schemas.boxes import Box
from schemas.errors import InputError

lists = st.lists(boxes, max_size=4)


def whole(measure: Measure, agreement: BoxAgreement) -> float:
    """Return a measure of all tasks."""
    return measure(np.ones(len(agreement)))


def figures(agreement: BoxAgreement) -> list[float]:
    """Return existence, class and geometry."""
    return [whole(each, agreement) for each in (agreement.existence, agreement.same_class, agreement.geometry)]


def total(one: list[Box], other: list[Box]) -> float:
    """Return the highest sum of IoU of any pairing, by trying them all."""
    short, long = sorted((one, other), key=len)
    found = iou(corners(short), corners(long))
    worth = np.where(found >= FLOOR, found, 0)
    return max(
        sum(worth[row, column] for row, column in enumerate(way)) for way in permutations(range(len(long)), len(short))
    )


@given(boxes, boxes)
def test_iou_is_a_share_and_one_only_for_the_same_place(one: Box, other: Box) -> None:
    """And the same from either side."""
    found = iou(corners([one]), corners([other]))[0, 0]
    assert 0 <= found <= 1
    assert (found == 1) == (one.corners == other.corners)
    assert found == iou(corners([other]), corners([one]))[0, 0]


def test_iou_by_hand() -> None:
    """Half of each in common: a third of both together."""
    ones, others = corners([box("a", 0, 0, 2, 2)]), corners([box("a", 1, 0, 3, 2), box("a", 2, 0, 4, 2)])
    assert iou(ones, others).tolist() == [[pytest.approx(1 / 3), 0]]


@given(lists, lists)
def test_matching_is_symmetric_and_no_pairing_is_better(one: list[Box], other: list[Box]) -> None:
    """Each box stands in one pair at most, none below the floor."""
    found, back = match(one, other), match(other, one)
    assert sum(each.iou for each in found) == pytest.approx(total(one, other))
    assert sum(each.iou for each in back) == pytest.approx(total(one, other))
    assert len({each.one for each in found}) == len({each.other for each in found}) == len(found)
    assert all(each.iou >= FLOOR for each in found)


def test_matching_is_optimal_where_a_greedy_one_is_not() -> None:
    """The best single pair would leave the other boxes alone."""
    one = [box("a", 0, 0, 10, 1), box("a", 2, 0, 12, 1)]
    other = [box("a", 1.5, 0, 11.5, 1), box("a", 5, 0, 15, 1)]
    assert {(each.one, each.other) for each in match(one, other)} == {(0, 0), (1, 1)}


def test_of_boxes_in_the_same_place_those_of_one_class_are_matched() -> None:
    """Else it would hang on the order they were drawn in."""
    cat, dog = box("cat", 0, 0, 4, 4), box("dog", 0, 0, 4, 4)
    assert [(each.one, each.other) for each in match([cat, dog], [dog, cat])] == [(0, 1), (1, 0)]


@pytest.mark.parametrize("floor", [0.0, 1.1])
def test_a_floor_lies_above_nothing_and_not_above_all(floor: float) -> None:
    """Boxes that do not touch are never one object."""
    with pytest.raises(InputError, match="least IoU"):
        match([], [], floor=floor)


def test_existence_class_and_geometry_are_told_apart() -> None:
    """Of five boxes four are matched, one pair of another class, with IoU of 1 and of 0.8."""
    ann = [box("cat", 0, 0, 4, 4), box("dog", 10, 0, 14, 4), box("dog", 30, 0, 34, 4)]
    ben = [box("cat", 0, 0, 4, 4), box("cat", 10, 0, 15, 4)]
    assert figures(box_agreement([{"ann": ann, "ben": ben}])) == pytest.approx([0.8, 0.5, 0.9])


def test_to_look_and_see_nothing_is_an_answer() -> None:
    """Both seeing nothing is one that cannot be counted."""
    cat = box("cat", 0, 0, 4, 4)
    torn = box_agreement([{"ann": [cat], "ben": []}])
    assert whole(torn.existence, torn) == 0
    calm = box_agreement([{"ann": [], "ben": []}])
    assert isnan(whole(calm.existence, calm))


@given(st.lists(drawn, max_size=3))
def test_labelers_who_draw_the_same_agree_and_names_do_not_matter(tasks: list[Drawn]) -> None:
    """Nor does their order."""
    mirrored = [{name: list(task.values())[-1 - place] for place, name in enumerate(task)} for task in tasks]
    assert figures(box_agreement(mirrored)) == pytest.approx(figures(box_agreement(tasks)), nan_ok=True)
    shared = [{"ann": boxes, "ben": boxes} for task in tasks for boxes in task.values() if boxes]
    assert not shared or figures(box_agreement(shared)) == pytest.approx([1, 1, 1])


@given(st.lists(drawn, min_size=1, max_size=4), st.data())
def test_some_tasks_have_the_measures_of_those_alone(tasks: list[Drawn], data: st.DataObject) -> None:
    """As breakdowns need."""
    some = data.draw(st.lists(st.sampled_from(range(len(tasks))), unique=True))
    part, alone = (
        box_agreement(tasks).take(np.array(some, dtype=np.intp)),
        box_agreement([tasks[task] for task in some]),
    )
    assert figures(part) == pytest.approx(figures(alone), nan_ok=True)
    assert whole(part.class_alpha, part) == pytest.approx(whole(alone.class_alpha, alone), nan_ok=True)
