"""The fixed model: standardized features and logistic regression, the same for every selector and every set."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from bench.routing.moments import Features, Moments, Numbers

Codes = NDArray[np.int64]

# Where L-BFGS stops, converged or not: a fit takes some 20 ms at most, and a run needs about 60.
ROUNDS = 100


@dataclass(frozen=True, kw_only=True)
class Model:
    """A fitted model; `known` are the codes of the classes of its scores, in ascending order."""

    known: Codes
    moments: Moments
    regression: Any

    def scores(self, features: Features) -> Numbers:
        """Return the probabilities (n, C) of the known classes for rows (n, d); 1 if only one is known."""
        if self.regression is None:
            return np.ones((len(features), 1))
        scores: Numbers = self.regression.predict_proba(self.moments.standardized(features).astype(np.float64))
        return scores

    def predicted(self, features: Features) -> Codes:
        """Return the code of the most probable class of each row (n, d)."""
        codes: Codes = self.known[self.scores(features).argmax(axis=1)]
        return codes


def fit(features: Features, codes: Codes, moments: Moments) -> Model:
    """Fit to labeled rows (n, d) and the codes (n,) of their classes, standardized by the stream's moments.

    Moments of the few labeled rows would say little, and those of the stream need no label.
    """
    known: Codes = np.unique(codes)
    regression = LogisticRegression(max_iter=ROUNDS) if len(known) > 1 else None
    if regression is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", "The number of unique classes")  # so it is while labels are few
            regression.fit(moments.standardized(features).astype(np.float64), codes)
    return Model(known=known, moments=moments, regression=regression)
