"""Temperature scaling: scores that are right as often as they say, without another order of the classes.

Source: Guo, Pleiss, Sun and Weinberger (2017), "On Calibration of Modern Neural Networks".
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

# The least score, so that it has a logarithm.
LEAST = 1e-6
# The temperatures that are looked at, how many of them: an even grid of their logarithms.
COLDEST, HOTTEST, STEPS = 0.2, 5.0, 65


def calibrated(scores: Scores, temperature: float) -> Scores:
    """Return p ** (1 / temperature) of each score, scaled so that each row sums to what it did."""
    if temperature == 1.0:
        return scores
    sums: Scores = scores.sum(axis=1, keepdims=True)
    powers: Scores = np.maximum(scores, LEAST) ** (1.0 / temperature)
    found: Scores = powers * (sums / powers.sum(axis=1, keepdims=True))
    return found


def temperature(scores: Sequence[Sequence[float]], answers: Sequence[int], weights: Sequence[float]) -> float:
    """Return the temperature under which the answers are likeliest; 1 where there are none.

    `scores` has a row for each answer, with a score for each class that the model knew; `answers` are the places of the
    right ones, and `weights` make up for how samples were chosen. The temperature is looked for on a grid, which has
    no step to tune and cannot diverge.
    """
    if not scores:
        return 1.0
    logs = np.full((len(scores), max(map(len, scores))), -np.inf)
    for row, values in enumerate(scores):
        logs[row, : len(values)] = np.log(np.maximum(values, LEAST))
    right = logs[np.arange(len(logs)), answers]
    grid = np.geomspace(COLDEST, HOTTEST, STEPS)
    losses = [float(np.dot(weights, np.logaddexp.reduce(logs / one, axis=1) - right / one)) for one in grid]
    return float(grid[int(np.argmin(losses))])
