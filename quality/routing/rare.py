"""How seldom a value has been seen: of the predicted class, or of a slice."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def rare(values: Sequence[str | None], shares: Mapping[str, float], below: float) -> NDArray[np.float64]:
    """Return max(0, 1 - q / below) in [0, 1] for the share q that each value has of what was seen.

    A value never seen scores 1, one with the share `below` or more scores 0. So does an absent one; and where nothing
    was seen at all, nothing is rare.
    """
    if not shares:
        return np.zeros(len(values))
    known = {value: _rare(value, shares, below) for value in set(values)}
    return np.fromiter(map(known.__getitem__, values), np.float64, len(values))


def _rare(value: str | None, shares: Mapping[str, float], below: float) -> float:
    return 0.0 if value is None else max(0.0, 1.0 - shares.get(value, 0.0) / below)
