"""What labels say of a window: how often they contradict predictions, scores and gold answers."""

from collections.abc import Sequence

import numpy as np

from quality.drift.measured import Measured


def errors(wrong: int, labels: int) -> Measured:
    """Return what audit labels say of predictions, or labels of gold: so many of them contradict."""
    return Measured(count=labels, sums=np.array([wrong], np.float64))


def confidence(tops: Sequence[float], right: Sequence[bool]) -> Measured:
    """Return by how much top scores exceed how often they are right, and the square: calibration, and Brier's score.

    Source: Brier (1950), "Verification of forecasts expressed in terms of probability", of the top class.
    """
    off = np.asarray(tops, np.float64) - np.asarray(right, np.float64)
    return Measured(count=len(off), sums=np.array([off.sum(), (off**2).sum()]))
