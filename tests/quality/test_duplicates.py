"""Duplicates: an arrival is compared with the window before it, however arrivals are cut into calls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.duplicates import Arrivals, Recent, find_duplicates
from schemas.project import DuplicatePolicy
from schemas.testing import duplicate_policy, finite
from schemas.verdicts import DuplicateOf

# Few ids and a coarse grid, so that much repeats; and what is near nothing.
grids = st.lists(st.integers(0, 6).map(lambda step: step / 4), min_size=2, max_size=2)
odd: st.SearchStrategy[Sequence[float]] = st.one_of(
    st.just([]), st.lists(st.integers(0, 2), min_size=1, max_size=3), st.just([np.nan, 1.0])
)
vectors = st.one_of(grids, grids, grids, odd, st.lists(finite, min_size=2, max_size=2))
streams = st.lists(st.tuples(st.sampled_from("abcdefghij"), vectors), max_size=24).map(
    lambda drawn: [arrival(offset * 3, name, vector) for offset, (name, vector) in enumerate(drawn)]
)
policies = st.builds(
    duplicate_policy,
    field=st.sampled_from(["values", "values", ""]),
    distance=st.sampled_from([0, 0.25, 0.5, 1.0]),
    window=st.integers(1, 6),
)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One arrival, as a row."""

    offset: int
    sample_id: str
    vector: Sequence[float]


def columns(arrivals: Sequence[Arrival]) -> Arrivals:
    """Return the arrivals as columns."""
    return Arrivals(
        offsets=[one.offset for one in arrivals],
        sample_ids=[one.sample_id for one in arrivals],
        vectors=[one.vector for one in arrivals],
    )


def arrival(offset: int, name: str, vector: Sequence[float]) -> Arrival:
    """Return an arrival."""
    return Arrival(offset=offset, sample_id=name, vector=vector)


def search(arrivals: Sequence[Arrival], policy: DuplicatePolicy, cuts: Iterable[int] = ()) -> list[DuplicateOf | None]:
    """Return the verdicts of a search in several calls, cut at these places."""
    verdicts: list[DuplicateOf | None] = []
    recent = Recent()
    for start, end in pairwise(sorted({0, len(arrivals), *(cut % (len(arrivals) + 1) for cut in cuts)})):
        found, recent = find_duplicates(columns(arrivals[start:end]), recent, policy)
        verdicts += [found.get(place) for place in range(end - start)]
    return verdicts


def one_by_one(arrivals: Sequence[Arrival], policy: DuplicatePolicy) -> list[DuplicateOf | None]:
    """Return the verdicts by the definition, without matrices: the reference."""
    kept: list[Arrival] = []
    verdicts: list[DuplicateOf | None] = []
    for one in arrivals:
        window = kept[-policy.window :]
        same = [other for other in window if other.sample_id == one.sample_id]
        near = sorted((apart(one, other), other.offset) for other in window if apart(one, other) <= policy.distance)
        near = near if policy.field else []
        if same:
            found = DuplicateOf(offset=one.offset, of=same[-1].offset, kind="same_id", distance=0)
        elif near:
            found = DuplicateOf(offset=one.offset, of=near[0][1], kind="near", distance=round(near[0][0], 6))
        else:
            kept.append(one)
            verdicts.append(None)
            continue
        verdicts.append(found)
    return verdicts


def apart(one: Arrival, other: Arrival) -> float:
    """Return how far apart two arrivals are; infinitely, where they cannot be compared."""
    if len(one.vector) != len(other.vector) or not one.vector:
        return np.inf
    left, right = (np.clip(each.vector, -1e30, 1e30).astype(np.float32).astype(np.float64) for each in (one, other))
    too_large = left @ left + right @ right > np.finfo(np.float32).max
    gap = float(np.linalg.norm(left - right))
    return np.inf if np.isnan(gap) or too_large else gap


@given(arrivals=streams, policy=policies)
def test_the_search_finds_what_the_definition_says(arrivals: list[Arrival], policy: DuplicatePolicy) -> None:
    """The nearest, and the oldest of those; a repeated id before all; odd lengths, NaN and huge values near nothing."""
    assert search(arrivals, policy) == one_by_one(arrivals, policy)


@given(arrivals=streams, policy=policies, cuts=st.lists(st.integers(0, 24)))
def test_verdicts_do_not_depend_on_the_cut(arrivals: list[Arrival], policy: DuplicatePolicy, cuts: list[int]) -> None:
    """A fetch brings one record or a thousand; a replay is cut elsewhere."""
    assert search(arrivals, policy, cuts) == search(arrivals, policy)


@given(
    seed=st.integers(0, 2**32 - 1), cuts=st.lists(st.integers(0, 60), max_size=4), scale=st.sampled_from([1e-3, 1, 1e4])
)
def test_verdicts_on_the_verge_do_not_depend_on_the_cut_either(seed: int, cuts: list[int], scale: float) -> None:
    """Long vectors whose distances lie around the bound, where 32 bits round one way or the other."""
    random = np.random.default_rng(seed)
    points = (5 + random.normal(0, 0.05, (60, 64))) * scale
    arrivals = [arrival(offset, f"s{offset}", point) for offset, point in enumerate(points.tolist())]
    policy = duplicate_policy(distance=0.05 * 128**0.5 * scale, window=1000)
    found = search(arrivals, policy)
    assert search(arrivals, policy, cuts) == found == one_by_one(arrivals, policy)


def test_the_nearest_is_named_and_the_oldest_of_the_nearest() -> None:
    """With the distance."""
    policy = duplicate_policy(distance=1.0)
    arrivals = [arrival(5, "a", [0.0]), arrival(6, "b", [1.5]), arrival(7, "c", [0.9]), arrival(8, "d", [0.75])]
    near = [
        DuplicateOf(offset=7, of=6, kind="near", distance=0.6),
        DuplicateOf(offset=8, of=5, kind="near", distance=0.75),
    ]
    assert search(arrivals, policy) == [None, None, *near]


@pytest.mark.parametrize(("between", "duplicate"), [(0, True), (2, True), (3, False), (9, False)])
@pytest.mark.parametrize("name", ["a", "z"])
def test_what_has_left_the_window_is_not_repeated(name: str, between: int, duplicate: int) -> None:
    """Three accepted samples later an id, and a content, is fresh."""
    others = [arrival(offset, f"o{offset}", [10.0 * offset]) for offset in range(1, between + 1)]
    arrivals = [arrival(0, "a", [0.0]), *others, arrival(99, name, [0.0])]
    last = search(arrivals, duplicate_policy(window=3))[-1]
    assert (last is not None) == duplicate


def test_a_duplicate_does_not_prolong_the_window() -> None:
    """Only accepted samples count, so a source that repeats itself does not push the others out."""
    repeats = [arrival(offset, "a", [0.0]) for offset in range(1, 50)]
    found = search([arrival(0, "a", [0.0]), *repeats], duplicate_policy(window=1))
    assert [one.of for one in found if one] == [0] * 49


def test_an_id_that_comes_back_is_remembered_at_its_new_place() -> None:
    """Once the window has let go of it."""
    names = ["a", "b", "c", "a", "a"]
    arrivals = [arrival(offset, name, [10.0 * offset]) for offset, name in enumerate(names)]
    assert [one and one.of for one in search(arrivals, duplicate_policy(window=2))] == [None] * 4 + [3]


@pytest.mark.parametrize("vector", [[], [1.0], [np.nan, 0.0], [1e39, 0.0], [10**400, 0], ["a", "b"], [[1.0], [2.0]]])
def test_what_cannot_be_measured_is_near_nothing(vector: list[float]) -> None:
    """Not even its like, if it is empty or not finite; and those after it are measured all the same."""
    arrivals = [
        arrival(0, "a", vector),
        arrival(1, "b", [0.0, 0.0]),
        arrival(2, "c", vector),
        arrival(3, "d", [0.0, 0.1]),
    ]
    found = [one and one.of for one in search(arrivals, duplicate_policy())]
    assert found == [None, None, 0 if vector == [1.0] else None, 1]


def test_what_is_too_large_for_32_bits_is_near_nothing_whatever_near_means() -> None:
    """There is no telling how far away it is."""
    arrivals = [arrival(0, "a", [0.0]), arrival(1, "b", [1e25]), arrival(2, "c", [1.0])]
    assert [one and one.of for one in search(arrivals, duplicate_policy(distance=1e30))] == [None, None, 0]


@given(arrivals=streams, policy=policies)
def test_the_window_holds_the_last_accepted_samples(arrivals: list[Arrival], policy: DuplicatePolicy) -> None:
    """And no more, so that a checkpoint stays small."""
    verdicts, recent = find_duplicates(columns(arrivals), Recent(), policy)
    fresh = [one for place, one in enumerate(arrivals) if place not in verdicts][-policy.window :]
    assert dict(recent.offsets) == {one.sample_id: one.offset for one in fresh}
    assert len(recent.vectors) == (len(fresh) if policy.field else 0)


def test_a_frame_without_arrivals_changes_nothing() -> None:
    """All of it may have been rejected; the contents before are still compared with."""
    _, recent = find_duplicates(columns([arrival(0, "a", [0.0])]), Recent(), duplicate_policy())
    assert find_duplicates(columns([]), recent, duplicate_policy()) == ({}, recent)


def test_the_arguments_are_left_as_they_are() -> None:
    """The state before is needed if the frame is screened again."""
    _, recent = find_duplicates(columns([arrival(0, "a", [0.0])]), Recent(), duplicate_policy())
    find_duplicates(columns([arrival(1, "b", [5.0])]), recent, duplicate_policy())
    assert dict(recent.offsets) == {"a": 0}
