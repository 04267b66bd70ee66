"""How little a model trusts its best class."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from quality.routing.calibration import calibrated

Scores = NDArray[np.float64]


def margin(probabilities: Scores) -> Scores:
    """Return 1 - (p1 - p2) for the two best scores of each row.

    Source: Scheffer, Decomain and Wrobel (2001), "Active Hidden Markov Models for Information Extraction".
    """
    if probabilities.shape[1] == 1:
        return 1.0 - probabilities[:, 0]
    best = np.partition(probabilities, -2, axis=1)
    found: Scores = 1.0 - (best[:, -1] - best[:, -2])
    return found


def entropy(probabilities: Scores) -> Scores:
    """Return -sum(p log p) / log(number of classes) of each row; 0 of a single class.

    Source: Shannon (1948), "A Mathematical Theory of Communication"; as a query strategy in Settles (2009), "Active
    Learning Literature Survey", 3.1.
    """
    classes = probabilities.shape[1]
    if classes == 1:
        return np.zeros(len(probabilities))
    logs = np.log(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
    found: Scores = -(probabilities * logs).sum(axis=1) / np.log(classes)
    return found


def least_confidence(probabilities: Scores) -> Scores:
    """Return (1 - p1) * k / (k - 1) of each row of k scores; 0 of a single class.

    Source: Lewis and Gale (1994), "A Sequential Algorithm for Training Text Classifiers"; scaled to [0, 1].
    """
    classes = probabilities.shape[1]
    if classes == 1:
        return np.zeros(len(probabilities))
    found: Scores = (1.0 - probabilities.max(axis=1)) * classes / (classes - 1)
    return found


MEASURES: Mapping[str, Callable[[Scores], Scores]] = {
    "margin": margin,
    "entropy": entropy,
    "least_confidence": least_confidence,
}


def of_margins(margins: Sequence[float | None]) -> Scores:
    """Return what `margin` does of the margins p1 - p2 themselves; 0 without prediction."""
    known = np.array(margins, np.float64)  # None becomes NaN
    return np.where(np.isnan(known), 0.0, np.clip(1.0 - known, 0.0, 1.0))


def uncertain(scores: Sequence[Mapping[str, float] | None], measure: str, temperature: float) -> Scores:
    """Return the measure, in [0, 1], of the calibrated scores of each sample; 0 without prediction."""
    found = np.zeros(len(scores))
    for width, rows in _by_width(scores).items():
        table = np.array([values for _, values in rows], np.float64).reshape(-1, width)
        measured = MEASURES[measure](calibrated(table, temperature))
        found[[place for place, _ in rows]] = np.clip(measured, 0.0, 1.0)
    return found


def _by_width(scores: Sequence[Mapping[str, float] | None]) -> Mapping[int, list[tuple[int, list[float]]]]:
    """Return the samples with scores, as place and values, by how many classes are scored."""
    found: dict[int, list[tuple[int, list[float]]]] = {}
    for place, one in enumerate(scores):
        if one:
            found.setdefault(len(one), []).append((place, list(one.values())))
    return found
