"""Holm's way to share a level among tests, whatever depends on what.

Source: Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.
"""

from collections.abc import Sequence

import numpy as np

from quality.drift.measured import Values


def rejected(p_values: Sequence[float] | Values, level: float) -> tuple[int, ...]:
    """Return the places of the tests that stand out, the most significant first.

    The i-th smallest of m p-values, counted from 0, must be at most level / (m - i), and all smaller ones theirs. The
    chance that any test without a cause stands out is at most `level`.
    """
    order = np.argsort(np.asarray(p_values, np.float64), kind="stable")
    limits = level / (len(order) - np.arange(len(order)))
    kept = np.cumprod(np.asarray(p_values, np.float64)[order] <= limits).astype(bool)
    return tuple(int(place) for place in order[kept])
