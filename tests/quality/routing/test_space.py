"""The routing's space: exact distances, centers that cover what was seen, and novelty that no cut can change."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quality.routing.centers import Centers, merged, nearest, seen
from quality.routing.lattice import LIMIT, LONGEST, WIDTH, Points, exponent, points, raw, squared_distances, vector_of
from quality.routing.queued import Queued
from quality.routing.representative import gain, representative, uncovered
from quality.routing.rivals import STILL, Coverage, Repeated
from quality.routing.space import SAMPLED, Sampled, Seen, folded, novelty, sampled
from quality.routing.space import merged as merged_seen

grid = arrays(np.float32, st.tuples(st.integers(1, 40), st.just(3)), elements=st.integers(-20, 20))
vectors = st.one_of(st.none(), st.just("text"), st.lists(st.floats(-50, 50), max_size=4))


@given(some=arrays(np.float32, (7, WIDTH), elements=st.integers(-LIMIT, LIMIT)))
def test_distances_are_exact_in_any_company(some: Points) -> None:
    """At the very limits of the lattice, and whatever the shape of the product."""
    whole = squared_distances(some, some)
    exact = ((some[:, None, :].astype(np.int64) - some[None, :, :].astype(np.int64)) ** 2).sum(axis=2)
    assert (whole == exact).all()
    assert all((squared_distances(some[row : row + 1], some)[0] == whole[row]).all() for row in range(7))


@given(column=st.lists(vectors, min_size=1, max_size=10))
def test_what_is_no_vector_has_no_point(column: list[Any]) -> None:
    """Absent, of another kind or of another length: the others have theirs."""
    placed, known = points(raw(column, 3), 0)
    assert known.tolist() == [vector_of(one) is not None and len(one) == 3 for one in column]
    assert (np.abs(placed) <= LIMIT).all()


@pytest.mark.parametrize(
    "value", [[1.0, float("nan"), 0.0], [float("inf")] * 3, [10**400, 0, 0], [[1], [2], [3]], "123"]
)
def test_vectors_that_no_float_holds_have_no_point(value: list[Any]) -> None:
    """A contract may let them in."""
    assert not points(raw([value, [0.0, 0.0, 0.0]], 3), 0)[1][0]


@pytest.mark.parametrize("length", [1, 8, WIDTH, WIDTH + 1, 1_000])
@pytest.mark.parametrize("size", [1e-8, 1.0, 1e12])
def test_a_lattice_keeps_the_distances_of_any_vectors(length: int, size: float) -> None:
    """Of 300 pairs of random vectors, in the mean to within a tenth; long ones are folded."""
    rows = np.random.default_rng(1).normal(0, size, (600, length))
    scale = exponent(rows)
    assert scale is not None
    placed, _ = points(rows, scale)
    told = np.sqrt(((placed[:300] - placed[300:]) ** 2).sum(axis=1)) * 2.0**scale
    true = np.sqrt(((rows[:300] - rows[300:]) ** 2).sum(axis=1))
    assert told.mean() == pytest.approx(true.mean(), rel=0.1)


@given(batches=st.lists(grid, min_size=1, max_size=4), most=st.integers(2, 12))
def test_centers_are_few_and_cover_all_that_was_seen(batches: list[Points], most: int) -> None:
    """Everything within twice the radius of one of them; the centers further than the radius from each other."""
    centers = Centers()
    for batch in batches:
        centers = seen(centers, batch, most)
    assert len(centers.points) <= most
    assert (nearest(centers, np.concatenate(batches)) <= 2 * centers.radius + 1e-9).all()
    gaps = squared_distances(centers.points, centers.points)
    assert (gaps[~np.eye(len(gaps), dtype=bool)] > centers.radius**2).all()


@given(one=grid, other=grid, most=st.integers(2, 12))
def test_merged_centers_cover_what_both_have_seen(one: Points, other: Points, most: int) -> None:
    """In either order."""
    parts = seen(Centers(), one, most), seen(Centers(), other, most)
    for together in (merged(*parts, most), merged(*parts[::-1], most)):
        assert len(together.points) <= most
        reach = max(part.radius for part in parts) * 2 + 2 * together.radius
        assert (nearest(together, np.concatenate([one, other])) <= reach + 1e-9).all()


@given(
    column=st.lists(vectors, min_size=1, max_size=150),
    cut=st.integers(0, 150),
    seed=st.integers(0, 9),
)
def test_the_sample_of_a_block_does_not_depend_on_the_cut(column: list[Any], cut: int, seed: int) -> None:
    """The lowest draws of the block, in their order, and never more than so many."""
    drawn = np.random.default_rng(seed).random(len(column))
    offsets = list(range(100, 100 + len(column)))
    whole = sampled(Sampled(), column, offsets, drawn)
    first = sampled(Sampled(), column[:cut], offsets[:cut], drawn[:cut])
    assert sampled(first, column[cut:], offsets[cut:], drawn[cut:]) == whole
    assert [entry[1] - 100 for entry in whole.entries] == [
        place for place in np.argsort(drawn).tolist() if vector_of(column[place]) is not None
    ][:SAMPLED]


def looked_at(rows: np.ndarray[Any, Any], before: Seen | None = None, most: int = 32) -> Seen:
    """Return what was seen after a block of these vectors."""
    drawn = np.random.default_rng(0).random(len(rows))
    block = sampled(Sampled(), rows.tolist(), range(len(rows)), drawn)
    return folded(before or Seen(), block, np.zeros((0, rows.shape[1]), np.float32), most)


def test_what_is_far_from_all_that_was_seen_is_novel() -> None:
    """A vector like the others scores about a half, one ten times as far away nearly 1; one that was seen, 0."""
    random = np.random.default_rng(2)
    known = Seen()
    for _ in range(20):
        known = looked_at(random.normal(0, 1, (200, 5)), known)
    usual, far = random.normal(0, 1, (100, 5)), random.normal(0, 1, (100, 5)) * 20
    scores = [novelty(known, *known.placed(rows.tolist())).mean() for rows in (usual, far)]
    assert scores[0] == pytest.approx(0.5, abs=0.1)
    assert scores[1] > 0.9
    assert novelty(known, known.centers.points, np.ones(len(known.centers.points), bool)).max() == 0


def test_a_new_model_has_a_space_of_its_own() -> None:
    """Where most vectors of a block have another length, what was seen starts anew; a few odd ones change nothing."""
    before = looked_at(np.ones((50, 4)) * 3)
    odd = sampled(Sampled(), [[1.0, 2.0]] * 10 + [[3.0] * 4] * 40, range(50), np.arange(50) / 50)
    none = np.zeros((0, 4), np.float32)
    assert folded(before, odd, none, 8).length == 4
    assert looked_at(np.ones((50, 2)), before).length == 2


def test_a_vector_of_another_size_does_not_spoil_the_others() -> None:
    """One row of a hundred is a million times as long: the others keep their distances."""
    rows = np.random.default_rng(1).normal(0, 1, (100, 9))
    rows[7] *= 1e6
    known = looked_at(rows, looked_at(rows))
    assert len(known.centers.points) > 2
    assert known.typical > 5


@pytest.mark.parametrize("size", [0.0, 1e-6, 1e6])
def test_vectors_that_change_their_size_by_far_are_seen_anew(size: float) -> None:
    """A partition that began with zeros, or in other units, is not lost to routing for ever."""
    rows = np.random.default_rng(1).normal(0, 1, (100, 9))
    assert looked_at(rows, looked_at(rows, looked_at(rows * size))).typical > 5


def test_no_vector_is_too_long_to_be_remembered() -> None:
    """A longer one has no point."""
    column = [[1.0] * (LONGEST + 1), [1.0] * LONGEST]
    block = sampled(Sampled(), column, [0, 1], np.array([0.1, 0.2]))
    assert [offset for _, offset, _ in block.entries] == [1]


@given(seeds=st.lists(st.integers(0, 50), min_size=1, max_size=4, unique=True), scale=st.sampled_from([0.01, 1, 300]))
def test_what_partitions_have_seen_merges_in_any_order(seeds: list[int], scale: float) -> None:
    """On lattices of different steps: the same centers' bound, the same typical distance."""
    parts = []
    for index, seed in enumerate(seeds):
        random = np.random.default_rng(seed)
        rows = random.normal(0, scale ** (index % 2), (80, 3))
        parts.append(looked_at(rows, looked_at(rows), most=16))
    one, other = merged_seen(parts, 16), merged_seen(parts[::-1], 16)
    assert (one.exponent, one.length) == (other.exponent, other.length)
    assert one.typical == pytest.approx(other.typical)
    assert len(one.centers.points) <= 16
    for part in parts:
        moved = part.centers.points * 2.0 ** (part.exponent - one.exponent)
        reach = 2 * max(one.centers.radius, other.centers.radius) + np.sqrt(3)
        for together in (one, other):
            assert (nearest(together.centers, np.rint(moved).astype(np.float32)) <= reach).all()


@given(rows=grid, cut=st.integers(0, 40), window=st.integers(1, 10), within=st.floats(0, 10))
def test_every_repetition_of_the_last_selected_is_found(rows: Points, cut: int, window: int, within: float) -> None:
    """Recall is 1 for the window, and 0 for what is older; some are queued already, the others are candidates."""
    queued = Queued(rows[:0], window, added=0)
    queued.add(rows[:cut])
    repeated = Repeated(queued.points, rows[cut:], most=window, within=within)
    for place in range(cut, len(rows)):
        near = squared_distances(rows[place : place + 1], rows[max(0, place - window) : place]) <= within**2
        assert repeated.repeats(place - cut) == bool(near.any())
        repeated.add(place - cut)
    queued.add(rows[cut:])
    assert queued.points.tolist() == rows[-window:].tolist()
    assert queued.added == min(window, len(rows))


@given(sample=grid, points=grid, selected=grid)
def test_what_is_representative_of_more_gains_more_and_never_more_than_the_best(
    sample: Points, points: Points, selected: Points
) -> None:
    """Within the unit interval; each selection leaves less to gain, and what is selected has none left."""
    known = np.ones(len(points), bool)
    before, after = uncovered(sample, selected[:1]), uncovered(sample, selected)
    found = representative(points, known, sample, before)
    assert ((found >= 0) & (found <= 1)).all()
    apart = np.sqrt(squared_distances(np.concatenate([points, selected]), sample))
    assert all(gain(one, after) <= gain(one, before) + 1e-9 for one in apart)
    assert all(gain(one, after) <= 1e-9 for one in apart[len(points) :])


@given(sample=grid, selected=grid, candidates=grid)
def test_coverage_grows_as_candidates_are_selected(sample: Points, selected: Points, candidates: Points) -> None:
    """As if all had been selected together; a candidate that is selected has nothing left to gain."""
    far = uncovered(sample, selected[:1])
    coverage = Coverage(sample, candidates, far=far, by_now=np.minimum(far, uncovered(sample, selected)))
    for row in range(len(candidates)):
        by_now = np.minimum(far, uncovered(sample, np.concatenate([selected, candidates[:row]])))
        apart = np.sqrt(squared_distances(candidates[row : row + 1], sample))[0]
        assert coverage.by_now.tolist() == by_now.tolist()
        assert coverage.is_left(row) == (gain(apart, by_now) >= STILL * gain(apart, far))
        coverage.add(row)


def test_the_middle_of_the_larger_cluster_comes_first() -> None:
    """Of two clusters the larger one; once it is selected, the other."""
    sample = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [40, 0], [41, 0]], np.float32)
    known = np.ones(len(sample), bool)
    first = representative(sample, known, sample, uncovered(sample, sample[:0]))
    assert first.argmax() < 4
    then = representative(sample, known, sample, uncovered(sample, sample[:1]))
    assert then.argmax() >= 4
    assert then[0] == 0
