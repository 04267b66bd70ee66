"""Texts and long feature vectors in few dimensions, found without labels."""

from collections.abc import Sequence
from typing import Any

from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from bench.routing.moments import Numbers

# Beyond so many dimensions neither the model nor distances would gain from few labels.
DIMENSIONS = 100
# The seed of the decomposition's random start.
SEED = 0
# Words and pairs of words count if this many texts have them.
TEXTS = 2


def reduced(features: Any) -> Numbers:
    """Return rows (n, d), sparse or dense, on the first 100 right singular vectors of all of them; short ones as is.

    Fitted to all rows, also those still to come and those held out: no label tells it anything, but it has seen them.
    """
    rows: Numbers = features
    if features.shape[1] > DIMENSIONS:
        rows = TruncatedSVD(DIMENSIONS, random_state=SEED).fit_transform(features)
    return rows


def text_features(texts: Sequence[str]) -> Numbers:
    """Return n texts as rows (n, 100): TF-IDF of words and pairs of words, reduced."""
    weights = TfidfVectorizer(ngram_range=(1, 2), min_df=TEXTS, sublinear_tf=True).fit_transform(texts)
    return reduced(weights)
