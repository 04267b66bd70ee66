"""Priority: signals made comparable, age that always counts, and an audit that stays a uniform draw."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.priority import Scale, ahead, priority
from schemas.project import OverlapPolicy
from schemas.routing import Hits
from schemas.verdicts import Reason, Selection

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = OverlapPolicy(patience_hours=10)


def selected(*reasons: str, **scores: float) -> Selection:
    """Return a selection for these reasons."""
    return Selection(reasons=reasons, scores=scores, propensity=0.1)


def values(selections: list[Selection], **hits: tuple[float, float]) -> list[float]:
    """Return the priorities of selections among themselves; `hits` are labels and hits of reasons."""
    told = {reason: Hits(labels=labels, hits=hit) for reason, (labels, hit) in hits.items()}
    scale = Scale.of(selections, told)
    return [priority(f"s{number}", one, scale) for number, one in enumerate(selections)]


def test_scores_of_different_scales_count_by_their_places() -> None:
    """A signal whose scores are all small does not stand behind one whose scores are all large."""
    small = [selected("novel", novel=score) for score in (0.01, 0.02, 0.03)]
    large = [selected("uncertain", uncertain=score) for score in (0.7, 0.8, 0.9)]
    assert values([*small, *large]) == pytest.approx([1 / 6, 3 / 6, 5 / 6] * 2)


def test_a_reason_counts_by_how_often_its_labels_changed_something() -> None:
    """The best one spans all from 0 to 1, another one its part of that."""
    found = values([selected("rare", rare=0.5), selected("novel", novel=0.5)], rare=(1e9, 8e8), novel=(1e9, 2e8))
    assert found == pytest.approx([0.5, 0.125], rel=1e-3)


def test_of_several_reasons_the_strongest_counts() -> None:
    """And of one that has no score, its place among those that have none either."""
    both = selected("rare", "novel", rare=0.9, novel=0.1)
    others = [selected("rare", rare=0.1), selected("novel", novel=0.9)]
    assert values([both, *others])[0] == 0.75


def test_a_slice_that_is_short_of_labels_goes_before_equal_ones() -> None:
    """By the bonus."""
    plain, short = values([selected("rare", rare=0.5), selected("rare", Reason.QUOTA, rare=0.5)])
    assert short == plain + 0.5


@given(scores=st.lists(st.floats(0, 1), min_size=1, max_size=9), other=st.floats(0, 1))
def test_a_stronger_signal_of_the_same_reason_is_never_due_later(scores: list[float], other: float) -> None:
    """Wherever its scores lie."""
    found = values([selected("rare", rare=score) for score in [*scores, other]])
    order = np.argsort([*scores, other], kind="stable")
    assert (np.diff(np.array(found)[order]) >= 0).all()


@pytest.mark.parametrize("others", [{}, {"uncertain": 1.0}])
def test_tasks_of_the_audit_stand_where_a_hash_puts_them(others: dict[str, Any]) -> None:
    """Spread evenly over what signals can say, whatever else they were selected for."""
    audits = [selected(Reason.AUDIT, *others, Reason.QUOTA, **others)] * 2_000
    cells = np.bincount((np.array(values(audits)) * 10).astype(int), minlength=10)
    assert ((cells - 200) ** 2 / 200).sum() < 27.9  # chi-square, passed once in a thousand times


def test_what_an_alarm_buys_stands_before_all_that_signals_say() -> None:
    """Where a hash puts it among its like, whatever its scores; in the audit it stands as that does."""
    best, *drifted = values([selected("rare", rare=1.0), *[selected(Reason.DRIFT, "rare", rare=1.0)] * 200])
    assert best < 1.0 <= min(drifted)
    assert np.std(drifted) == pytest.approx(0.5 / np.sqrt(12), rel=0.2)
    assert values([selected(Reason.DRIFT, Reason.AUDIT)]) == values([selected(Reason.AUDIT)])


def test_nothing_starves_however_much_that_is_better_keeps_coming() -> None:
    """What is worth nothing goes before what is worth most and came more than the patience later."""
    due = NOW - ahead(0.0, POLICY)
    assert due > NOW + timedelta(hours=9) - ahead(1.0, POLICY)
    assert due < NOW + timedelta(hours=11) - ahead(1.0, POLICY)
