"""Box consensus: clusters of boxes that mean one object, a quorum, a robust box."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.agreement.boxes import Drawn
from labeling.consensus.boxes import box_consensus, clusters
from labeling.testing import LABELERS, box, boxes, drawn
from schemas.boxes import Box
from schemas.errors import InputError

# Boxes of one place differ here from those of all others, so nothing hangs on ties.
distinct = st.lists(boxes, max_size=8, unique_by=lambda each: each.corners)


def one_each(*found: Box) -> Drawn:
    """Return one box a labeler."""
    return {name: [each] for name, each in zip(LABELERS, found, strict=False)}


@given(drawn, st.floats(0.1, 0.9))
def test_every_box_is_in_one_cluster_that_holds_one_box_a_labeler(tasks: Drawn, floor: float) -> None:
    """At most."""
    found = clusters(tasks, floor=floor)
    placed = [(labeler, each.corners, each.name) for cluster in found for labeler, each in cluster]
    assert sorted(placed) == sorted((name, each.corners, each.name) for name in tasks for each in tasks[name])
    assert all(len({labeler for labeler, _ in cluster}) == len(cluster) for cluster in found)


def within(found: Box, cluster: list[tuple[str, Box]]) -> bool:
    """Say whether each side of a box lies among those of a cluster's boxes."""
    sides = zip(found.corners, zip(*(each.corners for _, each in cluster), strict=True), strict=True)
    return all(min(given) <= side <= max(given) for side, given in sides)


@given(drawn)
def test_a_consensus_box_lies_within_the_hull_of_its_boxes(tasks: Drawn) -> None:
    """Of the cluster that it stands for, which no other one does."""
    left = clusters(tasks)
    for each in box_consensus(tasks, quorum=0.01):
        own = next(
            cluster
            for cluster in left
            if each.labelers == tuple(sorted(labeler for labeler, _ in cluster)) and within(each.box, cluster)
        )
        left.remove(own)
    assert left == []


@given(drawn, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_higher_quorum_keeps_fewer_of_the_same_objects(tasks: Drawn, one: float, other: float) -> None:
    """It never makes new ones."""
    low, high = sorted((one, other))
    many, few = box_consensus(tasks, quorum=low), box_consensus(tasks, quorum=high)
    assert [each for each in many if each.support >= high] == list(few)


@given(distinct, st.permutations(LABELERS), st.data())
def test_names_and_order_do_not_matter(found: list[Box], renamed: list[str], data: st.DataObject) -> None:
    """Of labelers and of boxes."""
    owners = data.draw(st.lists(st.sampled_from(range(4)), min_size=len(found), max_size=len(found)))
    hands = [[each for each, owner in zip(found, owners, strict=True) if owner == hand] for hand in range(4)]
    plain = box_consensus(dict(zip(LABELERS, hands, strict=True)))
    other = box_consensus(dict(zip(renamed, [hand[::-1] for hand in hands], strict=True)))
    assert [each.box for each in other] == [each.box for each in plain]


def test_one_careless_labeler_of_three_does_not_move_the_box() -> None:
    """A mean would."""
    good, loose = box("hole", 0, 0, 10, 10), box("crack", 0, 0, 10, 15)
    (found,) = box_consensus(one_each(good, good, loose))
    assert found.box == good
    assert (found.support, found.class_share) == (1, pytest.approx(2 / 3))
    assert found.geometry == pytest.approx((1 + 1 + 2 / 3) / 3)


def test_what_one_of_three_saw_is_there_with_the_odds_that_labelers_are_right() -> None:
    """One said so, two did not, each right 4 times in 5: 1 to 4. A quorum of half leaves it out."""
    lone = {"ann": [box("hole", 0, 0, 4, 4)], "ben": [], "cat": []}
    assert box_consensus(lone) == ()
    (found,) = box_consensus(lone, quorum=0.3)
    assert (found.support, found.existence) == (pytest.approx(1 / 3), pytest.approx(0.2))
    assert box_consensus(lone, weights={"ann": 5.0})[0].existence == pytest.approx(4**3 / (4**3 + 1))


def test_two_boxes_of_one_labeler_are_two_objects() -> None:
    """However much they have in common; another's box joins the nearer one."""
    near, far = box("hole", 0, 0, 10, 10), box("hole", 2, 0, 12, 10)
    found = clusters({"ann": [near, far], "ben": [box("hole", 0.5, 0, 10.5, 10)]})
    assert [[labeler for labeler, _ in cluster] for cluster in found] == [["ann", "ben"], ["ann"]]


def test_equal_weights_take_the_middle_of_two() -> None:
    """Of more weight, the box is that of its labeler."""
    two = one_each(box("hole", 0, 0, 10, 10), box("hole", 2, 0, 10, 10))
    assert box_consensus(two)[0].box.left == 1
    assert box_consensus(two, weights={"ben": 1.5})[0].box.left == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [({"quorum": 0.0}, "quorum"), ({"accuracy": 0.5}, "coin"), ({"weights": {"ann": 0.0}}, "Weights")],
)
def test_settings_that_mean_nothing_are_refused(options: dict[str, object], said: str) -> None:
    """By name."""
    with pytest.raises(InputError, match=said):
        box_consensus({"ann": []}, **options)  # type: ignore[arg-type]
