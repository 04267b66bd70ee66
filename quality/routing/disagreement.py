"""Whether a second model says something else than the first."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def disagreement(tops: Sequence[str | None], seconds: Sequence[object]) -> NDArray[np.float64]:
    """Return 1 where the two models name different classes, 0 where they agree or either says nothing.

    Source: query by committee of two, Seung, Opper and Sompolinsky (1992), "Query by Committee".
    """
    differ = [
        top is not None and second is not None and top != str(second) for top, second in zip(tops, seconds, strict=True)
    ]
    return np.array(differ, np.float64)
