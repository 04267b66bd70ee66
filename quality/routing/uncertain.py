"""How little the model prefers its best class."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def uncertain(margins: Sequence[float | None]) -> NDArray[np.float64]:
    """Return 1 - (p1 - p2) in [0, 1] for the margins p1 - p2 of the two best scores; 0 without a prediction.

    Source: margin sampling, Scheffer, Decomain and Wrobel (2001), "Active Hidden Markov Models for
    Information Extraction".
    """
    known = np.array(margins, np.float64)  # None becomes NaN
    return np.where(np.isnan(known), 0.0, np.clip(1.0 - known, 0.0, 1.0))
