"""Laws of every consensus method on arrays, and what each promises beyond them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.consensus.confusion import HIERARCHICAL, PLAIN, Shrinkage
from labeling.consensus.crowdlab import crowdlab
from labeling.consensus.dawid_skene import UNKNOWN, Evidence, Steps, dawid_skene
from labeling.consensus.majority import majority
from labeling.consensus.votes import Codes, Numbers, VoteTable

CLASSES = 3
# So few that rounding can't tip expectation maximization from one optimum into another.
FEW = Steps(rounds=5, tolerance=0.0)


def without_opinion(votes: VoteTable) -> Numbers:
    """Return what CROWDLAB makes of votes beside a classifier that knows nothing."""
    return crowdlab(votes, np.full((votes.item_count, votes.class_count), 1.0 / votes.class_count))


METHODS: dict[str, Callable[[VoteTable], Numbers]] = {
    "majority": majority,
    "dawid-skene": lambda votes: dawid_skene(votes, PLAIN, steps=FEW).posterior,
    "hierarchical": lambda votes: dawid_skene(votes, HIERARCHICAL, steps=FEW).posterior,
    "crowdlab": without_opinion,
}
every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def table(rows: list[tuple[int, int, int]], items: int = 6, labelers: int = 5) -> VoteTable:
    """Return the votes of rows (item, labeler, answer)."""
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    return VoteTable(
        items=columns[0],
        labelers=columns[1],
        answers=columns[2],
        item_count=items,
        labeler_count=labelers,
        class_count=CLASSES,
    )


@st.composite
def tables(draw: st.DrawFn) -> VoteTable:
    """Draw any votes on six items by five labelers, each at most once an item."""
    cells = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), unique=True, max_size=30))
    return table([(item, labeler, draw(st.integers(0, CLASSES - 1))) for item, labeler in cells])


def simulated(seed: int, *, items: int = 300, labelers: int = 12, overlap: int = 5) -> tuple[VoteTable, Codes]:
    """Return simulated votes, of labelers from near chance to nearly always right, and the right classes."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, CLASSES, items)
    skill = np.linspace(0.4, 0.95, labelers)
    rows = [
        (item, int(who), int(truth[item] if rng.random() < skill[who] else rng.integers(0, CLASSES)))
        for item in range(items)
        for who in rng.permutation(labelers)[:overlap]
    ]
    return table(rows, items, labelers), truth


@every_method
@given(votes=tables())
def test_a_posterior_sums_to_one(method: Callable[[VoteTable], Numbers], votes: VoteTable) -> None:
    """And no probability is negative, with or without votes."""
    posterior = method(votes)
    assert posterior.shape == (6, CLASSES)
    assert posterior.min() >= 0
    np.testing.assert_allclose(posterior.sum(axis=1), 1.0)


@every_method
@given(votes=tables(), seed=st.integers(0, 99))
def test_the_order_of_votes_does_not_matter(
    method: Callable[[VoteTable], Numbers], votes: VoteTable, seed: int
) -> None:
    """Up to the rounding of sums."""
    shuffled = votes.rows(np.random.default_rng(seed).permutation(len(votes)))
    np.testing.assert_allclose(method(shuffled), method(votes), atol=1e-6)


@every_method
@given(votes=tables(), names=st.permutations(range(5)))
def test_the_names_of_labelers_do_not_matter(
    method: Callable[[VoteTable], Numbers], votes: VoteTable, names: list[int]
) -> None:
    """Nor in which order they first came."""
    renamed = replace(votes, labelers=np.array(names, np.int64)[votes.labelers])
    np.testing.assert_allclose(method(renamed), method(votes), atol=1e-6)


@pytest.mark.parametrize("name", [name for name in METHODS if name != "crowdlab"])
@given(votes=tables(), names=st.permutations(range(CLASSES)))
def test_renaming_the_classes_permutes_the_posterior(name: str, votes: VoteTable, names: list[int]) -> None:
    """Only places mean something."""
    renamed = replace(votes, answers=np.array(names, np.int64)[votes.answers])
    np.testing.assert_allclose(METHODS[name](renamed)[:, names], METHODS[name](votes), atol=1e-6)


@given(votes=tables(), names=st.permutations(range(CLASSES)), seed=st.integers(0, 99))
def test_renaming_the_classes_permutes_what_crowdlab_makes_of_votes_and_scores(
    votes: VoteTable, names: list[int], seed: int
) -> None:
    """Of scores that name a class each: whether equal ones agree with the majority is decided by place."""
    scores = np.random.default_rng(seed).dirichlet(np.ones(CLASSES), votes.item_count)
    renamed = replace(votes, answers=np.array(names, np.int64)[votes.answers])
    found = crowdlab(renamed, scores[:, np.argsort(names)])
    np.testing.assert_allclose(found[:, names], crowdlab(votes, scores), atol=1e-6)


def test_dawid_skene_finds_whom_to_believe() -> None:
    """Simulated labelers from near chance to nearly perfect: it is right more often than the majority."""
    votes, truth = simulated(1, items=1000, overlap=3)
    right = {name: (METHODS[name](votes).argmax(axis=1) == truth).mean() for name in ("majority", "hierarchical")}
    assert right["hierarchical"] > right["majority"] + 0.02


def test_plain_dawid_skene_agrees_with_crowd_kit() -> None:
    """Three labelers, six items, three rounds: what crowd-kit 1.4.2 gives with `n_iter=3`, to six digits.

    `make bench-consensus` compares both on real sets.
    """
    answers = [(0, 0, 1), (1, 1, 1), (2, 2, 0), (0, 1, 0), (1, None, 2), (None, 0, 0)]
    rows = [(item, who, code) for item, row in enumerate(answers) for who, code in enumerate(row) if code is not None]
    posterior = dawid_skene(table(rows, 6, 3), PLAIN, steps=Steps(rounds=3, tolerance=0.0)).posterior
    expected = [
        [0.989446, 0.010554, 0.0],
        [0.0, 1.0, 0.0],
        [3.3e-05, 0.0, 0.999967],
        [0.991381, 0.008619, 0.0],
        [0.0, 0.962471, 0.037529],
        [0.993807, 0.006193, 0.0],
    ]
    np.testing.assert_allclose(posterior, expected, atol=1e-6)


def test_plain_dawid_skene_climbs_the_likelihood_to_a_fixed_point() -> None:
    """Another round moves no posterior by more than the tolerance."""
    votes, _ = simulated(2)
    fit = dawid_skene(votes, PLAIN, steps=Steps(rounds=500, tolerance=1e-7))
    again = dawid_skene(votes, PLAIN, start=fit.posterior, steps=Steps(rounds=1))
    np.testing.assert_allclose(again.posterior, fit.posterior, atol=1e-6)


def test_an_unknown_labeler_is_taken_for_one_of_the_pool() -> None:
    """Whoever has not voted yet has the pooled confusion matrix."""
    votes, _ = simulated(3)
    newcomer = replace(votes, labeler_count=votes.labeler_count + 1)
    labelers = dawid_skene(newcomer, HIERARCHICAL).labelers
    np.testing.assert_allclose(labelers.confusion[-1], labelers.pooled, atol=1e-6)


def test_endless_shrinkage_leaves_no_labeler_a_matrix_of_their_own() -> None:
    """All of them become the pool."""
    votes, _ = simulated(4)
    labelers = dawid_skene(votes, Shrinkage(pool=4.0, skill=1e9, rows=1e9, prior=1.0)).labelers
    np.testing.assert_allclose(labelers.confusion, np.broadcast_to(labelers.pooled, (12, 3, 3)), atol=1e-3)


def test_gold_is_believed_and_teaches_about_labelers() -> None:
    """A labeler who errs on gold loses weight on the other items."""
    votes = table([(item, who, 0 if who else 1) for item in range(6) for who in (0, 1)], labelers=2)
    gold = np.array([1, 1, 1, 1, UNKNOWN, UNKNOWN])
    posterior = dawid_skene(votes, HIERARCHICAL, evidence=Evidence(known=gold)).posterior
    np.testing.assert_array_equal(posterior[:4], np.tile([0.0, 1.0, 0.0], (4, 1)))
    assert posterior[4, 1] > 0.8


def test_a_rare_class_does_not_become_the_one_that_explains_what_is_disputed() -> None:
    """In the pool no wrong answer is likelier than the right one."""
    votes, _ = simulated(5, overlap=3)
    pooled = dawid_skene(votes, HIERARCHICAL).labelers.pooled
    assert (np.diagonal(pooled) >= pooled.max(axis=1) - 1e-9).all()


def test_crowdlab_weighs_votes_and_classifier_as_worked_by_hand() -> None:
    """Two labelers agree on three items of four, so P = 7/8 and s = 3/4 each; the majority's commonest class has 3/4.

    So 1 - A_0 = 1/4 and no labeler is better than that: w = 0. The classifier agrees on all, and alone remains.
    """
    votes = table(
        [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0), (2, 0, 1), (2, 1, 1), (3, 0, 0), (3, 1, 2)], items=4, labelers=2
    )
    scores = np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.6, 0.1, 0.3]])
    np.testing.assert_allclose(crowdlab(votes, scores), scores, atol=1e-4)


def test_crowdlab_keeps_the_scores_of_items_without_votes() -> None:
    """There is nothing else to go by."""
    votes, _ = simulated(6)
    scores = np.full((votes.item_count + 1, CLASSES), 1 / 3)
    scores[-1] = (0.2, 0.5, 0.3)
    posterior = crowdlab(replace(votes, item_count=votes.item_count + 1), scores)
    np.testing.assert_allclose(posterior[-1], scores[-1])
