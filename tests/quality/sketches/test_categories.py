"""Sketches of categories: exact while names are few, bounded after that, and merged in any order."""

from collections import Counter
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.sketches.categories import BUCKETS, KEPT, Categories, aligned, counted
from quality.sketches.folding import sketched
from quality.sketches.numeric import Numbers
from quality.sketches.sketch import Sketch
from schemas.errors import InputError

few = st.lists(st.sampled_from([None, "a", "b", "ä", ""]), max_size=30)


def many(seed: int, names: int, count: int = 3000) -> list[str]:
    """Return values of which some come often and most seldom."""
    return [f"id-{place}" for place in np.random.default_rng(seed).zipf(1.3, count) % names]


def sketch_of(values: Sequence[str | None]) -> Sketch:
    """Return the sketch of names, as a stream keeps it."""
    (found,) = sketched({"name": values}, np.zeros(len(values), np.int64), 1)
    return found["name"]


@given(few, few)
def test_few_names_are_counted_exactly(some: list[str | None], others: list[str | None]) -> None:
    """What is kept is what came, and absent values are missing."""
    found = sketch_of(some) + sketch_of(others)
    assert isinstance(found.values, Categories)
    assert found.values.kept == {name: count for name, count in Counter(some + others).items() if name is not None}
    assert (found.rows, found.missing) == (len(some + others), (some + others).count(None))


@given(st.integers(0, 2**32 - 1), st.sampled_from([200, 400, 3000]), st.randoms(use_true_random=False))
def test_it_does_not_matter_in_which_order_many_merge(seed: int, names: int, random: Random) -> None:
    """Nor how they are shared out, also where names must be let go."""
    values = many(seed, names)
    parts = [sketch_of(values[place::5]) for place in range(5)]
    while len(parts) > 1:
        random.shuffle(parts)
        parts.append(parts.pop() + parts.pop())
    assert parts[0].to_bytes() == sketch_of(values).to_bytes()


def test_counts_of_kept_names_are_exact() -> None:
    """Whatever was let go, what is kept counts all that came, and nothing is lost in the sum."""
    values = many(1, 3000)
    found = counted(values[:1000]) + counted(values[1000:])
    assert len(found.kept) == KEPT
    assert found.kept == {name: values.count(name) for name in found.kept}
    assert found.count == len(values)
    assert (
        Sketch.from_bytes(Sketch(rows=1, values=found).to_bytes()).to_bytes() == Sketch(rows=1, values=found).to_bytes()
    )


def test_distinct_values_are_estimated_within_the_stated_error() -> None:
    """Of ten thousand names the estimate is off by no more than three standard errors, mostly by less than one."""
    found = [counted([f"{seed}-{place}" for place in range(10_000)]) for seed in range(20)]
    off = np.array([one.distinct / 10_000 - 1.0 for one in found])
    assert np.abs(off).max() < 3 * found[0].error
    assert np.square(off).mean() ** 0.5 < 1.5 * found[0].error


def test_aligned_sketches_have_their_counts_side_by_side() -> None:
    """Names that all of them keep have a column each, and what is left goes by bucket."""
    one, other = counted(many(1, 3000)), counted(["id-1", "id-1", "nobody else"])
    names, counts = aligned([one, other])
    assert counts.shape == (2, len(names) + BUCKETS)
    assert counts.sum(axis=1).tolist() == [3000, 3]
    names, counts = aligned([counted(["a"]), counted(["b", "a", "b"])])
    assert (names, counts.tolist()) == (["a", "b"], [[1, 0], [1, 2]])


def test_top_names_come_first() -> None:
    """Names that came most often come first, and equals in their own order."""
    assert counted(["b", "c", "c", "a", None]).top(2) == [("c", 2), ("a", 1)]


def test_numbers_and_categories_do_not_add_up() -> None:
    """A field whose type changed with the contract says so."""
    with pytest.raises(InputError, match="Compare windows of one contract version"):
        sketch_of(["a"]) + Sketch(rows=1, values=Numbers())
