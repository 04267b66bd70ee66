"""Measures of agreement: published figures, peers, and the laws that all of them keep."""

import re
from collections.abc import Callable
from math import isnan, nan
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from labeling.agreement.bootstrap import bootstrap
from labeling.agreement.cohen import cohen, kappa, linear, quadratic, unweighted
from labeling.agreement.fleiss import fleiss
from labeling.agreement.krippendorff import interval, nominal, ordinal, tabulated
from labeling.agreement.ratings import Measure, Ratings
from labeling.agreement.sets import jaccard, masi, table
from schemas.errors import InputError

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: a row an observer, "." where missing.
SECTION_C = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
# Fleiss' method as Wikipedia works it: 14 raters, 10 subjects, how many gave each of five classes.
FLEISS = """
    0 0 0 0 14,  0 2 6 4 2,  0 0 3 5 6,  0 3 9 2 0,  2 2 8 1 1
    7 7 0 0 0,   3 2 6 3 0,  2 5 3 2 2,  6 5 2 1 0,  0 2 2 3 7
"""

Rows = list[tuple[int, str, int]]
rows_of_numbers = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from("abcd"), st.integers(0, 3)),
    max_size=24,
    unique_by=lambda row: (row[0], row[1]),
)


def section_c() -> Ratings:
    """Return the example with its grades in order."""
    rows = [
        (unit, str(observer), int(grade))
        for observer, grades in enumerate(SECTION_C)
        for unit, grade in enumerate(grades)
        if grade != "."
    ]
    return Ratings.of(rows, order=range(1, 6))


def of_numbers(ratings: Ratings) -> Measure:
    """Alpha of answers that are the numbers they look like."""
    return interval(ratings, [float(answer) for answer in ratings.answers])  # type: ignore[arg-type]


def by_table(ratings: Ratings) -> Measure:
    """Alpha of classes, by the table of their differences."""
    return tabulated(ratings, unweighted(len(ratings.answers)))


ALPHAS: dict[str, Callable[[Ratings], Measure]] = {
    "nominal": nominal,
    "ordinal": ordinal,
    "interval": of_numbers,
    "tabulated": by_table,
}
each_alpha = pytest.mark.parametrize("alpha", ALPHAS.values(), ids=ALPHAS.keys())


def whole(measure: Measure, ratings: Ratings) -> float:
    """Return a measure of all units."""
    return measure(np.ones(ratings.count))


def same(value: float) -> object:
    """Return what equals a measure, undefined ones included."""
    return pytest.approx(value, nan_ok=True, abs=1e-9)


@pytest.mark.parametrize(("kind", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_as_published_on_every_scale(kind: str, published: float) -> None:
    """Four observers, twelve units, missing answers: section C."""
    assert whole(ALPHAS[kind](section_c()), section_c()) == pytest.approx(published, abs=0.0005)


def test_fleiss_kappa_is_as_published() -> None:
    """Of fourteen raters."""
    rows = [
        (unit, f"{answer}-{number}", answer)
        for unit, counts in enumerate(re.split(r",|\n", FLEISS.strip()))
        for answer, count in enumerate(counts.split())
        for number in range(int(count))
    ]
    ratings = Ratings.of(rows)
    assert whole(fleiss(ratings), ratings) == pytest.approx(0.210, abs=0.0005)


def test_fleiss_kappa_refuses_units_of_different_sizes() -> None:
    """And says what takes them."""
    with pytest.raises(InputError, match=r"\[1, 2\].*Krippendorff"):
        fleiss(Ratings.of([(0, "a", 0), (0, "b", 0), (1, "a", 0)]))


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2))
def test_cohens_kappa_is_what_sklearn_says(pairs: list[tuple[int, int]], weights: str | None) -> None:
    """Weighted or not."""
    one, other = np.array(pairs).T
    if len({*one.tolist(), *other.tolist()}) > 1:
        differences = {None: unweighted, "linear": linear, "quadratic": quadratic}[weights](4)
        expected = cohen_kappa_score(one, other, labels=range(4), weights=weights)
        assert cohen(one, other, differences)(np.ones(len(pairs))) == pytest.approx(expected)


def test_kappa_is_undefined_where_chance_cannot_disagree() -> None:
    """No unit, or one answer only."""
    assert (kappa([], []), kappa(["a"], ["a"]), kappa(["a", "b"], ["a", "b"])) == (None, None, 1.0)


def test_kappa_compares_answers_to_the_same_units() -> None:
    """As many of the one as of the other."""
    with pytest.raises(InputError, match="1 are not 2"):
        kappa(["a"], ["a", "b"])


@pytest.mark.parametrize(
    ("one", "other", "apart", "forgiving"),
    [("ab", "ab", 0, 0), ("", "", 0, 0), ("ab", "abcd", 1 / 2, 2 / 3), ("ab", "bc", 2 / 3, 8 / 9), ("a", "b", 1, 1)],
)
def test_sets_of_classes_differ_by_what_they_do_not_share(one: str, other: str, apart: float, forgiving: float) -> None:
    """Jaccard, and MASI, by hand."""
    sets = frozenset(one), frozenset(other)
    assert (jaccard(*sets), masi(*sets)) == pytest.approx((apart, forgiving))


def test_sets_that_hold_one_class_each_have_the_alpha_of_classes() -> None:
    """Whichever difference is taken."""
    plain = Ratings.of([(unit, name, answer) for unit, name, answer in _rows(section_c())])
    single = Ratings.of([(unit, name, frozenset({answer})) for unit, name, answer in _rows(section_c())])
    answers = [answer for answer in single.answers if isinstance(answer, frozenset)]
    for difference in (jaccard, masi):
        assert whole(tabulated(single, table(answers, difference)), single) == same(whole(nominal(plain), plain))


def _rows(ratings: Ratings) -> list[tuple[int, str, object]]:
    columns = zip(ratings.units.tolist(), ratings.labelers.tolist(), ratings.values.tolist(), strict=True)
    return [(unit, ratings.names[labeler], ratings.answers[value]) for unit, labeler, value in columns]


@given(rows_of_numbers)
def test_alpha_by_table_is_nominal_alpha(rows: Rows) -> None:
    """Where different answers differ by 1."""
    ratings = Ratings.of(rows)
    assert whole(by_table(ratings), ratings) == same(whole(nominal(ratings), ratings))


@each_alpha
@given(rows=rows_of_numbers, random=st.randoms(use_true_random=False))
def test_alpha_does_not_depend_on_names_or_order(
    alpha: Callable[[Ratings], Measure], rows: Rows, random: Random
) -> None:
    """Neither of units nor of labelers nor of answers to one unit."""
    renamed = [(9 - unit, {"a": "z"}.get(name, name), answer) for unit, name, answer in rows]
    random.shuffle(renamed)
    plain, other = Ratings.of(rows, order=range(4)), Ratings.of(renamed, order=range(4))
    assert whole(alpha(other), other) == same(whole(alpha(plain), plain))


@each_alpha
@given(answers=st.lists(st.integers(0, 3), min_size=2), labelers=st.integers(2, 4))
def test_alpha_of_perfect_agreement_is_one(
    alpha: Callable[[Ratings], Measure], answers: list[int], labelers: int
) -> None:
    """Or undefined where all answers are the same."""
    ratings = Ratings.of([(unit, str(name), each) for unit, each in enumerate(answers) for name in range(labelers)])
    assert whole(alpha(ratings), ratings) == same(1.0 if len(set(answers)) > 1 else nan)


@each_alpha
def test_alpha_of_shuffled_answers_is_near_zero(alpha: Callable[[Ratings], Measure]) -> None:
    """2,000 units, three answers each, drawn without looking."""
    values = np.random.default_rng(7).choice(4, (2000, 3), p=[0.5, 0.3, 0.1, 0.1])
    ratings = Ratings.of([(unit, str(name), int(each)) for (unit, name), each in np.ndenumerate(values)])
    assert whole(alpha(ratings), ratings) == pytest.approx(0, abs=0.03)


@each_alpha
@given(rows=rows_of_numbers, counts=st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_a_weight_is_so_many_copies_of_a_unit(
    alpha: Callable[[Ratings], Measure], rows: Rows, counts: list[int]
) -> None:
    """Which is what the bootstrap rests on."""
    copies = [((unit, copy), name, answer) for unit, name, answer in rows for copy in range(counts[unit])]
    plain, drawn = Ratings.of(rows, order=range(4)), Ratings.of(copies, order=range(4))
    units = list(dict.fromkeys(unit for unit, *_ in rows))
    weights = np.array([counts[unit] for unit in units], dtype=np.float64)
    assert alpha(plain)(weights) == same(whole(alpha(drawn), drawn))


def test_numbers_for_alpha_are_finite_and_one_an_answer() -> None:
    """Or it says so."""
    for numbers in ([1.0], [1.0, nan]):
        with pytest.raises(InputError, match="one finite number for each of 2 answers"):
            interval(Ratings.of([(0, "a", "x"), (0, "b", "y")]), numbers)


def test_the_bootstrap_interval_covers_the_estimate_and_repeats() -> None:
    """The same seed gives the same interval, another one another."""
    ratings = section_c()
    measure = nominal(ratings)
    found = bootstrap(measure, ratings.count, seed=1)
    assert found is not None
    assert found.low < found.estimate < found.high <= 1
    assert found == bootstrap(measure, ratings.count, seed=1)
    assert found != bootstrap(measure, ratings.count, seed=2)


def test_what_is_undefined_has_no_interval() -> None:
    """One answer only in all units; nor what no resample can tell."""
    ratings = Ratings.of([(unit, name, 0) for unit in range(3) for name in "ab"])
    assert isnan(whole(nominal(ratings), ratings))
    assert bootstrap(nominal(ratings), ratings.count, seed=1) is None
    assert bootstrap(lambda weights: 1.0 if (weights == 1).all() else nan, 30, seed=1) is None
