"""The peers of the router: each keeps to its law."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.routing.centers import KCenter
from bench.routing.grid import SELECTORS
from bench.routing.moments import Moments, Numbers
from bench.routing.selector import Chunk, Labeled, Selector, ranked
from bench.routing.typicality import Typicality, k_means, nearest
from bench.routing.uncertainty import Entropy, LeastConfidence, Margin, entropy, least_confidence, margin

PEERS = {name: made for name, made in SELECTORS.items() if name != "assay"}
# Moments that leave features as they are.
PLAIN = Moments(count=1, mean=np.zeros(2), squares=np.ones(2), alike=False)
SCORES = np.array([[0.6, 0.4, 0.0], [0.5, 0.25, 0.25], [0.4, 0.35, 0.25], [0.98, 0.01, 0.01]])


def chunk(points: Sequence[tuple[float, float]], *, allowed: int, scores: Numbers | None = None) -> Chunk:
    """Return a chunk of points in the plane."""
    return Chunk(
        start=0,
        features=np.array(points, np.float32),
        moments=PLAIN,
        scores=scores,
        classes=() if scores is None else tuple("abc"[: scores.shape[1]]),
        budget=0.1,
        allowed=allowed,
    )


def label(selector: Selector, points: Sequence[tuple[float, float]]) -> None:
    """Tell a selector that these were labeled."""
    selector.learn(
        Labeled(
            places=np.arange(len(points)),
            features=np.array(points, np.float32).reshape(-1, 2),
            labels=("a",) * len(points),
            scores=None,
            classes=(),
        )
    )


@pytest.mark.parametrize("name", PEERS)
@given(points=st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=40), data=st.data())
def test_every_selector_names_places_of_the_chunk_each_once(
    name: str, points: list[tuple[float, float]], data: st.DataObject
) -> None:
    """As many as it is allowed, if the chunk has so many; the same for the same seed; twins or not."""
    allowed = data.draw(st.integers(0, 50))
    known = data.draw(st.integers(0, 3))
    scores = np.full((len(points), known), 1.0 / known) if known else None
    first, second = PEERS[name](7), PEERS[name](7)
    for selector in (first, second):
        label(selector, points[: data.draw(st.integers(0, len(points)))] if selector is first else [])
    named = list(second.select(chunk(points, allowed=allowed, scores=scores)))
    again = list(PEERS[name](7).select(chunk(points, allowed=allowed, scores=scores)))
    assert [int(place) for place in named] == [int(place) for place in again]
    after = list(first.select(chunk(points, allowed=allowed, scores=scores)))
    for places in (named, after):
        assert len(places) >= min(allowed, len(points))
        assert len(set(map(int, places))) == len(places)
        assert set(map(int, places)) <= set(range(len(points)))


@pytest.mark.parametrize(
    ("made", "order"), [(LeastConfidence, [2, 1, 0, 3]), (Margin, [2, 0, 1, 3]), (Entropy, [2, 1, 0, 3])]
)
def test_uncertainty_takes_the_least_certain_first(made: Callable[[int], Selector], order: list[int]) -> None:
    """The margins are 0.2, 0.25, 0.05 and 0.97."""
    assert list(made(0).select(chunk([(0, 0)] * 4, allowed=4, scores=SCORES))) == order


def test_uncertainties_are_those_of_the_formulas() -> None:
    """By hand for the first two rows."""
    assert least_confidence(SCORES)[:2].tolist() == pytest.approx([0.4, 0.5])
    assert margin(SCORES)[:2].tolist() == pytest.approx([0.8, 0.75])
    assert entropy(SCORES)[:2].tolist() == pytest.approx([0.673012, 1.039721])


def test_a_single_known_class_leaves_uncertainty_nothing_to_choose_by() -> None:
    """All are as certain, so chance decides."""
    certain = chunk([(0, 0)] * 30, allowed=3, scores=np.ones((30, 1)))
    assert {tuple(Margin(seed).select(certain)[:3]) for seed in range(5)} != {(0, 1, 2)}
    assert margin(np.ones((2, 1))).tolist() == [0.0, 0.0]


def test_ties_are_broken_at_random_and_only_ties() -> None:
    """Equal values come in any order, behind the higher one."""
    values = np.array([0.0, 1.0, 0.0, 0.0])
    orders = {tuple(ranked(values, np.random.default_rng(seed)).tolist()) for seed in range(20)}
    assert {order[0] for order in orders} == {1}
    assert len(orders) > 1


def test_k_center_takes_the_farthest_from_all_labels_then_the_farthest_from_those_too() -> None:
    """From the origin: (9, 0), then (0, 8), as (8, 0) is near the first."""
    selector = KCenter(0)
    label(selector, [(0, 0)])
    assert list(selector.select(chunk([(1, 0), (8, 0), (9, 0), (0, 8)], allowed=2))) == [2, 3]


def test_k_center_begins_anywhere_and_goes_on_with_the_farthest() -> None:
    """Of two ends of a line whichever it did not begin with, or any of both from the middle."""
    for seed in range(10):
        first, second = KCenter(seed).select(chunk([(0, 0), (5, 0), (10, 0)], allowed=2))
        assert int(second) in {0: {2}, 1: {0, 2}, 2: {0}}[int(first)]


def test_typicality_takes_the_middle_of_the_largest_cluster_without_a_label() -> None:
    """The larger one has a label already."""
    large = [(0.0, y) for y in range(9)]
    small = [(99.0, 0.0), (101.0, 0.0), (100.0, 1.0), (100.0, -1.0), (100.0, 0.0)]
    selector = Typicality(0)
    label(selector, [(1.0, 4.0)])
    assert int(selector.select(chunk(large + small, allowed=1))[0]) == len(large) + 4


def test_typicality_leaves_outliers_to_the_last() -> None:
    """Of clusters without a label the smallest comes last, and a cluster of one is the smallest."""
    points = [(0.0, y) for y in range(10)] + [(50.0, 0.0)] + [(100.0, y) for y in range(10)]
    for seed in range(10):
        assert 10 not in Typicality(seed).select(chunk(points, allowed=3))[:2]


def test_typicality_prefers_what_no_label_is_near() -> None:
    """Be it a single record, once all else has a label."""
    selector = Typicality(0)
    label(selector, [(0.0, 5.0), (0.0, 0.0)])
    assert int(selector.select(chunk([(0.0, y) for y in range(10)] + [(50.0, 0.0)], allowed=1))[0]) == 10


def test_k_means_puts_each_point_to_its_nearest_center() -> None:
    """Centers are means of their points."""
    points = np.array([[0.0, 0.0], [0.0, 2.0], [10.0, 0.0], [10.0, 2.0]])
    numbers, centers = k_means(points, 2, np.random.default_rng(0))
    assert numbers.tolist() == nearest(points, centers).tolist()
    for number in set(numbers.tolist()):
        assert centers[number].tolist() == points[numbers == number].mean(axis=0).tolist()
