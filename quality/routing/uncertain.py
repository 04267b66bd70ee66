"""How little the model prefers its best class."""

from schemas.samples import Prediction


def uncertain(prediction: Prediction | None) -> float:
    """Return 1 - (p1 - p2) in [0, 1], for the two best scores p1 >= p2; 0 without a prediction.

    Source: margin sampling, Scheffer, Decomain and Wrobel (2001), "Active Hidden Markov Models for
    Information Extraction".
    """
    return 0.0 if prediction is None else min(1.0, max(0.0, 1.0 - prediction.margin))
