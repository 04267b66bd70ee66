"""What windows hold of a measure: sums over records, so that a longer window is the sum of shorter ones."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """The sums of k components, (k,), over the `count` records of a window that had a value."""

    count: int
    sums: Values


def together(windows: Iterable[Measured]) -> Measured:
    """Return what windows, at least one, hold together."""
    each = list(windows)
    return Measured(
        count=sum(one.count for one in each), sums=np.sum([one.sums for one in each], axis=0, dtype=np.float64)
    )
