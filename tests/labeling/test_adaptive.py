"""Adaptive overlap: what labels are worth, how far votes are believed, when it is enough, and whom to ask."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.adaptive import AdaptiveRule, assisted, believe, enough, helpful
from labeling.consensus import calibration
from labeling.consensus.dawid_skene import UNKNOWN, dawid_skene
from labeling.consensus.votes import Numbers, VoteTable
from labeling.worth import gain, separation

AT_ONCE = AdaptiveRule(warm_up=0.0)


def one_coin(*accuracies: float) -> Numbers:
    """Return confusion matrices (R, 2, 2) of labelers who are right so often."""
    return np.array([[[right, 1 - right], [1 - right, right]] for right in accuracies]).reshape(-1, 2, 2)


def gained(confidence: float, *accuracies: float) -> float:
    """Return what labels of such labelers are worth to one item."""
    posterior, items = np.array([[confidence, 1 - confidence]]), np.zeros(len(accuracies), np.int64)
    return float(gain(posterior, items, separation(posterior, items, one_coin(*accuracies)))[0])


def crowd(*, items: int = 400, overlap: int = 4, together: float = 0.0) -> VoteTable:
    """Return simulated votes; on a share `together` of the items all labelers copy one who guesses."""
    rng = np.random.default_rng(0)
    truth, fate = rng.integers(0, 2, items), rng.integers(0, 2, items)
    hard = rng.random(items) < together
    rows = []
    for item in range(items):
        for who in rng.permutation(10)[:overlap]:
            believed = fate[item] if hard[item] else truth[item]
            rows.append((item, who, believed if rng.random() < (0.6 if hard[item] else 0.9) else 1 - believed))
    columns = np.array(rows, np.int64).T
    return VoteTable(
        items=columns[0], labelers=columns[1], answers=columns[2], item_count=items, labeler_count=10, class_count=2
    )


def test_labels_of_guessing_labelers_are_worth_nothing() -> None:
    """Whatever is believed before."""
    assert gained(0.6, 0.5, 0.5, 0.5) == pytest.approx(0.0, abs=1e-6)


@given(st.floats(0.5, 0.999), st.floats(0.55, 0.95), st.integers(1, 9))
def test_labels_are_never_worth_more_than_what_is_missing_to_certainty(
    confidence: float, accuracy: float, count: int
) -> None:
    """Nor less than nothing."""
    assert 0.0 <= gained(confidence, *[accuracy] * count) <= 1.0 - confidence + 1e-9


def test_a_sure_item_gains_less_than_a_disputed_one() -> None:
    """By the same labels."""
    assert gained(0.99, 0.8, 0.8) < gained(0.9, 0.8, 0.8) < gained(0.6, 0.8, 0.8)


def test_nothing_more_to_be_had_is_worth_nothing() -> None:
    """So an item without a further labeler has enough."""
    assert gained(0.6) == 0.0


def test_votes_that_err_together_are_trusted_less() -> None:
    """Simulated: on some items all labelers are as good as guessing, on the same answer."""
    trusts = [
        calibration.trust(votes, dawid_skene(votes).labelers) for votes in (crowd(), crowd(overlap=8, together=0.5))
    ]
    assert trusts[1] < trusts[0]


def test_a_classifier_that_knows_nothing_gets_no_weight() -> None:
    """Random scores beside good votes."""
    votes = crowd()
    scores = np.random.default_rng(1).dirichlet([0.3, 0.3], votes.item_count)
    assert calibration.weight(votes, dawid_skene(votes).labelers, scores) <= 0.1


def test_features_that_tell_the_classes_mend_what_votes_leave_open() -> None:
    """One vote an item, right nine times in ten; eight features that show the class; gold of every fourth item."""
    votes = crowd(overlap=1)
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, votes.item_count)
    features = truth[:, None] + 0.7 * rng.normal(size=(votes.item_count, 8))
    belief = believe(votes, np.where(np.arange(votes.item_count) % 4 == 0, truth, UNKNOWN))
    right = [(one.posterior.argmax(axis=1) == truth).mean() for one in (belief, assisted(votes, belief, features))]
    assert right[1] > right[0] + 0.01


def test_nothing_is_stopped_before_labelers_are_known() -> None:
    """While they have given few labels on the average."""
    votes = crowd()
    belief = believe(votes, np.full(votes.item_count, UNKNOWN))
    pool = replace(votes, labelers=(votes.labelers + 1) % 10)
    assert not enough(votes, belief, pool, AdaptiveRule(warm_up=1e9, share=0.9)).any()
    assert enough(votes, belief, pool, AT_ONCE).any()


def test_items_on_which_labelers_agree_have_enough_before_those_on_which_they_do_not() -> None:
    """Four votes alike, or two against two."""
    votes = crowd()
    belief = believe(votes, np.full(votes.item_count, UNKNOWN))
    stopped = enough(votes, belief, votes, AT_ONCE)
    counts = np.sort(votes.counts(), axis=1)
    assert stopped[counts[:, 1] == 4].mean() > stopped[counts[:, 1] == 2].mean()


def test_the_labeler_who_errs_least_is_asked_first() -> None:
    """Of two, on gold that one of them gets wrong half of the time."""
    rows = [(item, who, item % 2 if who or item % 4 < 2 else 1 - item % 2) for item in range(40) for who in (0, 1)]
    columns = np.array(rows, np.int64).T
    votes = VoteTable(
        items=columns[0], labelers=columns[1], answers=columns[2], item_count=41, labeler_count=2, class_count=2
    )
    belief = believe(votes, np.append(np.arange(40) % 2, UNKNOWN))
    unsure, better = helpful(belief, replace(votes, items=np.array([40, 40]), labelers=np.array([0, 1])).rows([0, 1]))
    assert better > unsure
