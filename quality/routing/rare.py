"""How seldom the predicted class has been seen."""

from collections.abc import Mapping


def rare(predicted: str | None, shares: Mapping[str, float], rare_share: float) -> float:
    """Return max(0, 1 - q / rare_share) in [0, 1], for the class's share q of what was seen; 0 when nothing was.

    `shares` holds the share of each class. A class never seen scores 1, one with `rare_share` or more scores 0.
    """
    if predicted is None or not shares or not rare_share:
        return 0.0
    return max(0.0, 1.0 - shares.get(predicted, 0.0) / rare_share)
