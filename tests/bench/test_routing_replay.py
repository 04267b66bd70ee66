"""The replay of a stream: nobody overspends or looks ahead, and what a selector is told."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.routing.model import fit
from bench.routing.moments import Moments
from bench.routing.replay import CHUNK, allowance, replay
from bench.routing.selector import Chunk, Labeled
from bench.routing.sets import LabeledSet, labeled_set, parted, shuffled, thinned


def blobs(rows: int, *, classes: int = 3, seed: int = 0) -> LabeledSet:
    """Return well-separated classes in the plane, in random order."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, classes, rows)
    features = rng.normal(size=(rows, 2)) + 10.0 * codes[:, None]
    return labeled_set(features, [f"class {code}" for code in codes], ordered=True)


class Greedy:
    """Names every place of every chunk, and remembers what it is told."""

    def __init__(self, lazy_until: int = 0) -> None:
        self.lazy_until = lazy_until
        self.chunks: list[Chunk] = []
        self.told: list[Labeled] = []

    def select(self, chunk: Chunk) -> Sequence[int]:
        """Return all places, the last first; none before `lazy_until`."""
        self.chunks.append(chunk)
        return range(len(chunk))[::-1] if chunk.start >= self.lazy_until else ()

    def learn(self, labeled: Labeled) -> None:
        """Remember."""
        self.told.append(labeled)


class Naming:
    """Names these places of every chunk."""

    def __init__(self, places: Sequence[int]) -> None:
        self.places = places

    def select(self, chunk: Chunk) -> Sequence[int]:
        """Return the places."""
        del chunk
        return self.places

    def learn(self, labeled: Labeled) -> None:
        """Forget."""


@given(rows=st.integers(30, 450), budget=st.sampled_from((0.034, 0.1, 0.29, 1.0)), lazy=st.integers(0, 300))
def test_a_selector_never_has_more_labels_than_its_budget_allows_so_far(rows: int, budget: float, lazy: int) -> None:
    """Whatever it asks for, and whatever it left over."""
    selector = Greedy(lazy_until=min(lazy, rows - 1) // CHUNK * CHUNK)
    outcome = replay(blobs(rows), selector, budget)
    spent = np.cumsum([len(told.labels) for told in selector.told])
    ends = [chunk.start + len(chunk) for chunk in selector.chunks]
    assert all(spent <= [allowance(budget, end) for end in ends])
    assert len(outcome.labeled) == spent[-1]
    assert selector.lazy_until or spent[-1] == allowance(budget, rows)  # the greedy one has all that there is
    assert len(set(outcome.labeled.tolist())) == len(outcome.labeled)


def test_an_allowance_is_exact() -> None:
    """In floating point 0.29 * 100 is less than 29."""
    assert [allowance(0.29, 100), allowance(0.1, 39), allowance(0.01, 99)] == [29, 3, 0]


def test_what_is_not_spent_carries_over() -> None:
    """A selector that waits for two chunks may label three times as much in the third."""
    selector = Greedy(lazy_until=200)
    replay(blobs(300), selector, 0.05)
    assert [chunk.allowed for chunk in selector.chunks] == [5, 10, 15]
    assert [len(told.labels) for told in selector.told] == [0, 0, 15]


def test_labels_go_to_the_places_named_first_and_are_the_gold_ones() -> None:
    """The greedy one names the last places first."""
    stream, selector = blobs(100), Greedy()
    outcome = replay(stream, selector, 0.03)
    assert outcome.labeled.tolist() == [99, 98, 97]
    assert selector.told[0].places.tolist() == [99, 98, 97]
    assert selector.told[0].labels == tuple(stream.classes[code] for code in stream.codes[[99, 98, 97]])
    assert selector.told[0].features.tolist() == stream.features[[99, 98, 97]].tolist()


def test_a_selector_is_told_scores_of_a_model_that_has_not_seen_the_labels() -> None:
    """None at first; then those of the classes labeled before."""
    selector = Greedy()
    replay(blobs(300), selector, 0.02)
    first, second, third = selector.told
    assert (first.scores, first.classes) == (None, ())
    assert second.classes == tuple(sorted(set(first.labels)))
    assert third.scores is not None
    assert third.scores.shape == (2, len(third.classes))
    assert np.allclose(third.scores.sum(axis=1), 1.0)


def test_the_future_of_a_stream_changes_nothing_before_it() -> None:
    """Chunks, embeddings and scores of the first half are the same whatever the second half holds."""
    whole, other = Greedy(), Greedy()
    stream = blobs(400)
    replay(stream, whole, 0.05)
    replay(stream.rows(np.r_[:200, np.arange(399, 199, -1)]), other, 0.05)
    for one, two in zip(whole.chunks[:2], other.chunks[:2], strict=True):
        assert one.embedding.tolist() == two.embedding.tolist()
        assert (one.scores is None) == (two.scores is None)
        assert one.scores is None or two.scores is None or one.scores.tolist() == two.scores.tolist()


def test_scores_that_come_with_a_set_stand_for_the_models() -> None:
    """All classes are known then, from the first chunk on."""
    plain = blobs(200)
    scores = np.eye(3)[plain.codes]
    stream = replace(plain, scores=scores)
    selector = Greedy()
    replay(stream, selector, 0.05)
    assert selector.chunks[0].classes == plain.classes
    assert np.concatenate([chunk.scores for chunk in selector.chunks]).tolist() == scores.tolist()


@pytest.mark.parametrize("places", [(1, 1), (-1,), (CHUNK,)])
def test_a_selector_that_names_no_places_of_the_chunk_is_told_so(places: Sequence[int]) -> None:
    """It has a bug."""
    with pytest.raises(ValueError, match="must name places of the chunk, each once"):
        replay(blobs(CHUNK), Naming(places), 0.1)


def test_a_selector_that_labels_nothing_is_told_so() -> None:
    """There is no model to measure."""
    with pytest.raises(ValueError, match="has labeled nothing"):
        replay(blobs(CHUNK), Naming(()), 0.1)


def test_one_known_class_is_all_that_the_model_predicts() -> None:
    """With probability one."""
    stream = blobs(50, classes=1)
    model = fit(stream.features, stream.codes, Moments.none(2).updated(stream.features))
    assert model.scores(stream.features).tolist() == [[1.0]] * 50


@given(st.lists(st.integers(1, 7), min_size=1, max_size=5), st.booleans())
def test_running_moments_are_those_of_all_rows_at_once(sizes: list[int], alike: bool) -> None:  # noqa: FBT001  drawn
    """However the rows were cut."""
    rows = np.random.default_rng(len(sizes)).normal(5.0, 3.0, (sum(sizes), 3)).astype(np.float32)
    running = Moments.none(3, alike=alike)
    for part in np.split(rows, np.cumsum(sizes)[:-1]):
        running = running.updated(part)
    at_once = Moments.none(3, alike=alike).updated(rows)
    assert np.allclose(running.mean, at_once.mean)
    assert np.allclose(running.standardized(rows), at_once.standardized(rows), atol=1e-4)


def test_what_does_not_vary_is_not_blown_up() -> None:
    """A constant becomes zero; the other feature has mean zero and deviation one."""
    rows = np.array([[0.1, 1.0], [0.1, 3.0]], np.float32)
    assert Moments.none(2).updated(rows).standardized(rows).tolist() == [[0.0, -1.0], [0.0, 1.0]]


def test_features_of_one_unit_keep_their_proportions() -> None:
    """Variances 1 and 25 make one of 13."""
    rows = np.array([[-1.0, -5.0], [1.0, 5.0]], np.float32)
    first, _ = Moments.none(2, alike=True).updated(rows).standardized(rows)
    assert first.tolist() == pytest.approx([-1 / 13**0.5, -5 / 13**0.5])


def test_three_tenths_of_each_class_are_held_out_and_the_order_is_kept() -> None:
    """Whatever is streamed is not held out."""
    whole = blobs(400)
    streamed, held_out = parted(whole)
    assert held_out.counts().tolist() == [round(0.3 * count) for count in whole.counts()]
    assert (streamed.counts() + held_out.counts()).tolist() == whole.counts().tolist()
    places = [whole.features.tolist().index(row) for row in streamed.features.tolist()]
    assert places == sorted(places)


def test_thinning_leaves_the_rarest_class_its_share() -> None:
    """And all others, in their order; which rows go depends on the draw."""
    whole = labeled_set(np.arange(1000.0)[:, None], ["a"] * 900 + ["b"] * 100)
    first, second = (thinned(whole, 0.01, np.random.default_rng(seed)) for seed in (0, 1))
    assert first.counts().tolist() == [900, 9]
    assert first.features[:900].tolist() == whole.features[:900].tolist()
    assert first.features[900:].tolist() != second.features[900:].tolist()


def test_only_a_set_whose_order_means_nothing_is_shuffled() -> None:
    """By the draw."""
    ordered = blobs(50)
    assert shuffled(ordered, np.random.default_rng(0)) is ordered
    free = replace(ordered, ordered=False)
    assert shuffled(free, np.random.default_rng(0)).features.tolist() != free.features.tolist()
