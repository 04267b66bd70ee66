"""A classifier that learns from the consensus, and judges items it has not seen."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from labeling.consensus.votes import Codes, Mask, Numbers

# Each item is judged by a classifier that has learnt from the other folds.
FOLDS = 5
# The inverse strength of the penalty on standardized features, small since most features say little.
INVERSE_PENALTY = 0.01
ROUNDS = 100


def held_out_scores(features: Numbers, posterior: Numbers, voted: Mask) -> Numbers:
    """Return the probability of each class of each item (I, C), by a logistic regression that has not seen the item.

    It learns from the leading class of the items that have votes (I,), each weighted by its posterior. Folds follow
    the place of an item. Classes that the leading ones lack share a little of the probability.
    """
    scaled = StandardScaler().fit_transform(features)
    leading, sure = posterior.argmax(axis=1), posterior.max(axis=1)
    fold = np.arange(len(posterior)) % FOLDS
    scores = np.full(posterior.shape, 1e-3)
    for held_out in range(FOLDS):
        taught = np.flatnonzero((fold != held_out) & voted)
        judged = np.flatnonzero(fold == held_out)
        _judge(scores, judged, scaled, taught=taught, leading=leading, sure=sure)
    found: Numbers = scores / scores.sum(axis=1, keepdims=True)
    return found


def _judge(scores: Numbers, judged: Codes, scaled: Numbers, *, taught: Codes, leading: Codes, sure: Numbers) -> None:
    if len(np.unique(leading[taught])) <= 1:  # nothing to tell apart
        return
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=ROUNDS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(scaled[taught], leading[taught], sample_weight=sure[taught])
    scores[np.ix_(judged, model.classes_)] += model.predict_proba(scaled[judged])
