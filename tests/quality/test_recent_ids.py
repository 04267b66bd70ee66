"""What is known of the last ids: the same, however few were added at a time, and never changed in place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.recent_ids import BESIDE, RecentIds

# How many ids each of several frames adds: few, or more than are kept beside the others.
ADDED = st.lists(st.integers(1, 5) | st.integers(BESIDE - 2, 2 * BESIDE), max_size=40)


def grown_by(counts: list[int], most: int) -> tuple[RecentIds, dict[str, int]]:
    """Return ids that were added so many at a time, and all that ever were, oldest first."""
    known, every = RecentIds({}), dict[str, int]()
    for count in counts:
        fresh = {f"id-{offset}": offset for offset in range(len(every), len(every) + count)}
        known = known.grown(fresh, most)
        every |= fresh
    return known, every


@given(ADDED, st.integers(1, 3 * BESIDE))
def test_the_last_ids_are_known_however_few_came_at_a_time(counts: list[int], most: int) -> None:
    """They, and none before them, in the order in which they came."""
    known, every = grown_by(counts, most)
    assert list(known.items()) == list(every.items())[-most:]
    assert list(known) == list(every)[-most:]
    assert len(known) == min(most, len(every))


@given(ADDED, st.integers(1, 3 * BESIDE))
def test_an_id_is_known_just_while_it_is_one_of_the_last(counts: list[int], most: int) -> None:
    """Also where those before it are still kept for others."""
    known, every = grown_by(counts, most)
    last = dict(list(every.items())[-most:])
    assert {name for name in every if name in known} == last.keys()
    assert {name: known[name] for name in last} == last


def test_adding_leaves_what_was_known_before_as_it_was() -> None:
    """A checkpoint is written of a state while the next frame is screened."""
    before, every = grown_by([BESIDE, 3], BESIDE)
    before.grown({"another": 1000}, BESIDE)
    assert list(before.items()) == list(every.items())[-BESIDE:]


@given(ADDED, st.integers(1, 3 * BESIDE))
def test_none_of_the_known_ids_is_surely_lacking(counts: list[int], most: int) -> None:
    """What is said to be lacking is so; an id that has just been forgotten may be said not to be."""
    known, _ = grown_by(counts, most)
    assert not any(known.surely_lack({name: 0}) for name in known)
    assert known.surely_lack({"never seen": 0})


def test_an_unknown_id_is_an_error() -> None:
    """As of any mapping."""
    with pytest.raises(KeyError):
        RecentIds({"a": 1})["b"]
