"""The budget: what is spent is what comes in, on bursts and lulls alike; who gets it follows the labels."""

from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.routing.budget import TOKEN, Purse, Spending, capacity, wanted
from quality.routing.counts import Counts
from quality.routing.mixer import EXPLORING, mix
from quality.routing.outcomes import Outcome, Outcomes
from quality.routing.quota import MOST, filled, left, quota, shortfalls
from schemas.routing import Budget, Hits, Quota

HOUR = 3_600_000
POLICY = {"audit": 0.05, "at_first": 0.25}
budgets = st.one_of(
    st.floats(0, 1).map(lambda share: Budget(share=share)), st.floats(0, 1e5).map(lambda rate: Budget(per_hour=rate))
)
hits = st.dictionaries(
    st.sampled_from(["uncertain", "rare", "novel", "audit"]),
    st.tuples(st.floats(0, 500), st.floats(0, 1)).map(lambda one: Hits(labels=one[0], hits=one[0] * one[1])),
)


def spent(
    budget: Budget, timestamps: list[int], asked: set[int], cuts: list[int], *, guesses: bool = False
) -> tuple[list[int], Purse]:
    """Spend a token at each record asked for, where there is one, for `guesses` or not; cut at these places."""
    purse, found = Purse(), []
    for start, end in pairwise(sorted({0, len(timestamps), *(cut % (len(timestamps) + 1) for cut in cuts)})):
        spending = Spending(budget, 100, purse, timestamps[start:end], guessed=0.5)
        for place in range(start, end):
            able = spending.can(place - start) and (not guesses or spending.can_guess(place - start))
            if place in asked and able:
                spending.spend(place - start, guess=guesses)
                found.append(place)
        purse = spending.purse()
    return found, purse


@given(
    budget=budgets,
    steps=st.lists(
        st.sampled_from([0, 1, 60_000, -5_000, 40 * HOUR, 10**14, 2**62, -(2**63)]), min_size=1, max_size=60
    ),
    asked=st.sets(st.integers(0, 59)),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    guesses=st.booleans(),
)
def test_what_is_spent_does_not_depend_on_the_cut(
    budget: Budget, steps: list[int], asked: set[int], cuts: list[int], *, guesses: bool
) -> None:
    """To the last part of a token; clocks that leap or go back included."""
    timestamps = list(accumulate(steps))
    whole = spent(budget, timestamps, asked, [], guesses=guesses)
    assert spent(budget, timestamps, asked, cuts, guesses=guesses) == whole


@given(budget=budgets, gaps=st.lists(st.integers(0, HOUR), min_size=1, max_size=200))
def test_no_more_is_spent_than_came_in(budget: Budget, gaps: list[int]) -> None:
    """In any stretch: what the bucket holds, and what comes in meanwhile."""
    timestamps = np.cumsum(gaps).tolist()
    found, purse = spent(budget, timestamps, set(range(len(gaps))), [])
    hours = (timestamps[-1] - timestamps[0]) / HOUR
    income = (budget.share or 0) * len(gaps) + (budget.per_hour or 0) * hours
    assert len(found) <= income * 1.001 + capacity(budget, 100) / TOKEN
    assert 0 <= purse.parts <= capacity(budget, 100)


@given(budget=budgets, gaps=st.lists(st.integers(0, HOUR), min_size=1, max_size=200))
def test_guesses_spend_no_more_than_their_part_of_what_came_in(budget: Budget, gaps: list[int]) -> None:
    """Here half; they begin with nothing, and what they leave is there for others."""
    timestamps = np.cumsum(gaps).tolist()
    found, purse = spent(budget, timestamps, set(range(len(gaps))), [], guesses=True)
    hours = (timestamps[-1] - timestamps[0]) / HOUR
    income = (budget.share or 0) * len(gaps) + (budget.per_hour or 0) * hours
    assert len(found) <= 0.5 * income * 1.001
    assert 0 <= purse.saved <= capacity(budget, 100)
    assert purse.saved <= purse.parts


@given(budget=budgets, fill=st.floats(-1, 1), records=st.floats(1, 1e4), pace=st.integers(0, 1_000))
def test_in_the_long_run_a_block_aims_at_a_bucket_that_is_half_full(
    budget: Budget, fill: float, records: float, pace: int
) -> None:
    """More than comes in where it is fuller, less where it is emptier, never below nothing."""
    half = capacity(budget, 100) // 2
    purse = Purse(parts=half + int(fill * half), earned=1_000 * half, pace=pace * TOKEN)
    income, aim = wanted(budget, purse, 100, records)
    assert aim >= 0
    assert (aim - income) * fill >= -1e-6 * max(1.0, income)


@given(weights=st.dictionaries(st.sampled_from(["uncertain", "rare", "novel"]), st.floats(0.001, 1_000)), hits=hits)
@pytest.mark.parametrize("audit", [0.05, 0.3, 1.0])
def test_the_mix_divides_the_whole_budget_and_never_starves_anyone(
    audit: float, weights: dict[str, float], hits: dict[str, Hits]
) -> None:
    """Whatever the hits: the audit has its share, and each signal what it takes to learn of it."""
    found = mix(weights, hits, audit=audit, at_first=0.25)
    assert sum(found.values()) == pytest.approx(1)
    assert found["audit"] >= audit - 1e-9
    assert found.keys() == {*weights, "audit"}
    for reason, weight in weights.items():
        assert found[reason] >= EXPLORING**2 * (1 - audit) * weight / sum(weights.values()) - 1e-9


def of(labels: float, rate: float) -> Hits:
    """Return so many labels, of which this share hit."""
    return Hits(labels=labels, hits=labels * rate)


def test_a_signal_that_hits_as_often_as_chance_gives_its_budget_to_chance() -> None:
    """And one that hits ten times as often has nine tenths of what is not the audit's for itself."""
    even = mix({"uncertain": 1.0}, {"uncertain": of(500, 0.4), "audit": of(500, 0.4)}, **POLICY)
    ten = mix({"uncertain": 1.0}, {"uncertain": of(5_000, 0.5), "audit": of(5_000, 0.05)}, **POLICY)
    assert even["uncertain"] == pytest.approx(EXPLORING * 0.95, abs=0.02)
    assert ten["uncertain"] == pytest.approx(0.9 * 0.95, abs=0.02)


def test_signals_share_by_what_they_find_beyond_chance() -> None:
    """Three times the excess, three times the budget, but for what each keeps."""
    told = {"uncertain": of(5_000, 0.7), "novel": of(5_000, 0.3), "audit": of(5_000, 0.1)}
    found = mix({"uncertain": 1.0, "novel": 1.0}, told, **POLICY)
    part = found["uncertain"] / (found["uncertain"] + found["novel"])
    assert part == pytest.approx(EXPLORING / 2 + (1 - EXPLORING) * 0.75, abs=0.02)


def test_a_signal_that_is_hardly_tried_is_tried() -> None:
    """Of two the one that labels have not yet shown to be no better than chance."""
    found = mix({"uncertain": 1.0, "novel": 1.0}, {"uncertain": of(100, 0.3), "audit": of(100, 0.3)}, **POLICY)
    assert found["novel"] > 2 * found["uncertain"]


def outcome(answer: str, predicted: str | None = "a", **changes: Any) -> Outcome:
    """Return a label that the model expected to be `predicted`."""
    scores = predicted and {predicted: 0.8, "other": 0.2}
    return Outcome(**{"reasons": ("novel",), "propensity": 0.5, "scores": scores or None, "answer": answer, **changes})


def test_a_label_hits_where_it_differs_or_its_class_is_short() -> None:
    """Neither surprises nor short: no hit. Two in three of a class make the third, rarer one short."""
    known = Outcomes(classes={"a": 20, "b": 2})
    assert known.after([outcome("a")]).hits["novel"] == Hits(labels=1, hits=0)
    assert known.after([outcome("c")]).hits["novel"] == Hits(labels=1, hits=1)
    assert known.after([outcome("b", "b")]).hits["novel"] == Hits(labels=1, hits=1)
    assert known.after([outcome("a", None)]).hits["novel"] == Hits(labels=1, hits=1)


def test_a_label_for_two_reasons_counts_for_both() -> None:
    """Both asked for it."""
    assert Outcomes().after([outcome("c", reasons=("novel", "audit"))]).hits.keys() == {"novel", "audit"}


@given(answers=st.lists(st.sampled_from("abc"), max_size=60), cut=st.integers(0, 60))
def test_labels_may_come_in_any_portions(answers: list[str], cut: int) -> None:
    """What is known after them is the same; what is remembered of them is bounded."""
    outcomes = [outcome(answer) for answer in answers]
    assert Outcomes().after(outcomes[:cut]).after(outcomes[cut:]) == Outcomes().after(outcomes)


def test_scores_are_calibrated_once_there_are_labels_enough() -> None:
    """A model that is sure and wrong half of the time is cooled down."""
    wrong = [outcome("sure" if number % 2 else "other", "sure") for number in range(60)]
    assert Outcomes().after(wrong[:20]).steering(1).temperature == 1.0
    assert Outcomes().after(wrong).steering(1).temperature > 2


def counts(**changes: Any) -> Counts:
    """Return counts of three sources, of which one gets no selection."""
    seen = {"source": {"loud": 800.0, "soft": 150.0, "odd": 50.0}}
    return Counts(**{"seen": seen, "taken": {"source": {"loud": 40.0, "soft": 10.0}}, "routed": 1_000.0, **changes})


def test_a_source_that_the_signals_starve_is_drawn_from() -> None:
    """Half of its share of the stream: of 100 selections 2.5, and 5 in 100 records are its own."""
    found = shortfalls(counts(), short={}, fair=("source",), wanted=100.0, records=1_000.0)
    assert found == {"source": {"odd": pytest.approx(2.5 / 50)}}
    assert quota({"source": ["odd", "loud", None]}, found, 3).tolist() == [pytest.approx(0.05), 0, 0]


@pytest.mark.parametrize(("want", "expected"), [(12, 2.0), (10_000, MOST * 100), (10, 0.0)])
def test_a_quota_draws_until_it_has_what_it_wants(want: int, expected: float) -> None:
    """All of what lacks, as far as a quarter of the selections reaches; ten are there already."""
    short = left([Quota(column="source", value="soft", want=want)], {"source": {"soft": 10.0}})
    found = shortfalls(counts(), short=short, fair=(), wanted=100.0, records=1_000.0)
    assert found["source"].get("soft", 0.0) * 150 == pytest.approx(expected)


def test_what_a_lull_has_filled_is_not_spent_beyond_the_bucket() -> None:
    """After two weeks without a record a block expects what the bucket holds, not what the weeks would have brought."""
    budget = Budget(per_hour=60)
    spending = Spending(budget, 500, Purse(clock=0), [14 * 24 * HOUR], guessed=0.5)
    purse = spending.purse()
    income, _ = wanted(budget, Purse(parts=0, pace=purse.income), 500, 500.0)
    assert income <= capacity(budget, 500) / TOKEN


def test_the_audit_may_overdraw_a_bucket_and_no_more() -> None:
    """Whoever chooses ids that it draws cannot spend the budget of weeks."""
    budget = Budget(share=0.05)
    spending = Spending(budget, 500, Purse(), [0] * 5_000, guessed=0.5)
    taken = 0
    for place in range(5_000):
        if spending.must(place):
            spending.spend(place, guess=False)
            taken += 1
    assert taken <= 5_000 * 0.05 + capacity(budget, 500) / TOKEN + 1


def test_a_quota_counts_its_own_slice_only() -> None:
    """Or a column of names that never repeat would fill the checkpoint."""
    night = Quota(column="shift", value="night", want=5)
    names = {"shift": ["night", "x1", "night", "x2"]}
    assert filled([night], {"shift": {"night": 2.0}}, names, [0, 1, 3]) == {"shift": {"night": 3.0}}
