"""The fixed model, the better ones that it is held against, and what each makes of labels."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from labeling.consensus.votes import Codes, Numbers

# The inverse strength of the fixed model's penalty, for every set; what the tuned one chooses it from, and by how many
# folds.
INVERSE_PENALTY = 0.1
TUNED, FOLDS = (0.001, 0.01, 0.1, 1.0), 3
# Where L-BFGS stops.
TOLERANCE, ROUNDS = 1e-3, 200
TREES, LEAF = 60, 3
HIDDEN, NETWORK_PENALTY, EPOCHS = 64, 1.0, 40


def fixed(_: int = 0) -> Any:
    """Return the model that stays the same: standardized features and logistic regression."""
    return make_pipeline(StandardScaler(), _regression())


def tuned(seed: int) -> Any:
    """Return the fixed model with its penalty chosen by cross-validation on the labels at hand."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return GridSearchCV(fixed(), {"logisticregression__C": TUNED}, cv=folds)


def trees(seed: int) -> Any:
    """Return extremely randomized trees (Geurts, Ernst and Wehenkel 2006)."""
    return ExtraTreesClassifier(TREES, min_samples_leaf=LEAF, random_state=seed)


def network(seed: int) -> Any:
    """Return a network of one hidden layer, stopped early on a tenth of the labels."""
    layer = MLPClassifier((HIDDEN,), alpha=NETWORK_PENALTY, max_iter=EPOCHS, early_stopping=True, random_state=seed)
    return make_pipeline(StandardScaler(), layer)


BETTER: Mapping[str, Callable[[int], Any]] = {"tuned": tuned, "trees": trees, "network": network}


def _regression() -> LogisticRegression:
    return LogisticRegression(C=INVERSE_PENALTY, tol=TOLERANCE, max_iter=ROUNDS)


def predicted(model: Any, features: Numbers, answers: Codes, asked: Numbers) -> Codes:
    """Return what a model says of `asked` (m, d) that has learnt answers (n,) to features (n, d)."""
    if len(np.unique(answers)) == 1:
        return np.full(len(asked), answers[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The least populated class|The number of unique classes")
        found: Codes = model.fit(features, answers).predict(asked)
    return found
