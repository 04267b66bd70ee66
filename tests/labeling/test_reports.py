"""Labeler reports: fair to newcomers, silent about others."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.reports import Confused, Judged, Prior, prior, reports, told_in_steps

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)


def answers(labeler: str, right: int, wrong: int, *, week: int = 0) -> list[Judged]:
    """Return answers to gold "a", of which so many are right."""
    at = MONDAY + timedelta(weeks=week)
    return [
        Judged(labeler=labeler, answer="a" if number < right else "b", labeled_at=at, gold="a", seconds=float(number))
        for number in range(right + wrong)
    ]


def test_a_newcomer_has_the_accuracy_of_all_until_their_own_is_known() -> None:
    """With an interval as wide as labelers differ; one mistake does not make a bad labeler."""
    team = [*answers("ann", 90, 10), *answers("ben", 70, 30), *answers("cat", 0, 1)]
    dan = Judged(labeler="dan", answer="a", labeled_at=MONDAY)
    found = reports([*team, dan])
    pooled = found["dan"].accuracy
    assert pooled.estimate == pytest.approx((90 + 70 + 1) / (201 + 2))
    assert found["dan"].answered == 0
    assert pooled.estimate / 2 < found["cat"].accuracy.estimate < pooled.estimate
    assert pooled.low < found["ben"].accuracy.estimate < pooled.estimate < found["ann"].accuracy.estimate
    assert found["ann"].accuracy.high - found["ann"].accuracy.low < pooled.high - pooled.low


@given(st.integers(0, 50), st.integers(0, 50))
def test_shrinking_lies_between_the_own_and_the_pooled_accuracy(right: int, wrong: int) -> None:
    """And its interval holds it."""
    found = Prior(right=8, wrong=2).shrunk(right, wrong)
    own = right / (right + wrong) if right + wrong else 0.8
    assert min(own, 0.8) - 1e-12 <= found.estimate <= max(own, 0.8) + 1e-12
    assert 0 <= found.low < found.estimate < found.high <= 1


def test_labelers_who_are_alike_are_shrunk_more_than_those_who_differ() -> None:
    """The prior's worth is fitted; counts are drawn from a known one."""
    alike, apart = prior([(80, 20)] * 8), prior([(99, 1), (40, 60)] * 4)
    assert alike.right + alike.wrong > 100
    assert apart.right + apart.wrong < 10
    assert alike.right / (alike.right + alike.wrong) == pytest.approx(0.8, abs=0.01)


def test_the_fitted_prior_is_the_one_that_labelers_were_drawn_from() -> None:
    """200 simulated labelers of accuracy Beta(16, 4), 50 answers each."""
    random = np.random.default_rng(7)
    right = random.binomial(50, random.beta(16, 4, 200))
    found = prior([(int(each), 50 - int(each)) for each in right])
    assert (found.right + found.wrong, found.right / (found.right + found.wrong)) == (
        pytest.approx(20, rel=0.35),
        pytest.approx(0.8, abs=0.02),
    )


def test_confusion_speed_and_agreement_with_others_are_counted() -> None:
    """Speed is a median, which one break does not move."""
    seconds = [3.0, 4.0, 600.0, None]
    labels = [
        Judged(labeler="ann", answer=answer, labeled_at=MONDAY, gold="a", consensus="b", seconds=time)
        for answer, time in zip("aabb", seconds, strict=True)
    ]
    found = reports(labels)["ann"]
    assert found.confusion == (Confused(gold="a", answer="a", times=2), Confused(gold="a", answer="b", times=2))
    assert (found.labels, found.answered, found.compared, found.seconds) == (4, 4, 4, 4.0)
    assert found.agreement.estimate == pytest.approx(0.5)


def test_drift_is_the_last_week_against_those_before() -> None:
    """Told with an interval; weeks begin on Mondays, and one week alone drifts nowhere."""
    steady, worse = answers("ann", 40, 10), [*answers("ben", 40, 10), *answers("ben", 12, 28, week=2)]
    found = reports([*steady, *answers("ann", 42, 8, week=1), *worse])
    assert [(week.begins, week.answered) for week in found["ben"].weeks] == [
        (date(2026, 1, 5), 50),
        (date(2026, 1, 19), 40),
    ]
    fallen, calm = found["ben"].drift, found["ann"].drift
    assert fallen is not None
    assert calm is not None
    assert fallen.low < fallen.estimate < fallen.high < 0
    assert calm.low < 0 < calm.high
    assert reports(steady)["ann"].drift is None


def test_a_report_does_not_change_with_the_names_of_others() -> None:
    """Nor with the order of labels."""
    ann, ben = answers("ann", 9, 1), answers("ben", 5, 5)
    renamed = [Judged(**{**vars(each), "labeler": "zoe"}) for each in ben]
    assert reports([*ann, *ben])["ann"] == reports([*renamed, *ann])["ann"]
    assert "ben" not in str(reports([*ann, *ben])["ann"])


def test_what_a_labeler_is_told_grows_in_steps_and_not_with_each_answer() -> None:
    """Of gold and of others' consensus alike; what the others did is left as it is."""
    ann, ben = answers("ann", 7, 0), answers("ben", 3, 0)
    compared = [Judged(labeler="ann", answer="a", labeled_at=MONDAY, consensus="a") for _ in range(6)]
    told = told_in_steps([*ann, *ben, *compared], "ann", 5)
    found = reports(told)
    assert (found["ann"].answered, found["ann"].compared, found["ann"].labels) == (5, 5, 13)
    assert found["ben"].answered == 3


def test_an_answer_that_was_taken_back_is_judged_and_is_no_label() -> None:
    """So that an undo tells nothing."""
    slip = Judged(labeler="ann", answer="b", labeled_at=MONDAY, gold="a", stands=False)
    found = reports([*answers("ann", 1, 0), slip])["ann"]
    assert (found.labels, found.answered) == (1, 2)
