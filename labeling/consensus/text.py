"""The text that labelers agree on: the medoid, which somebody wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from labeling.agreement.text import normalized, similarity
from schemas.errors import InputError

METHOD = "medoid"
# To which sums of similarities are told apart: beyond it they differ by rounding.
DIGITS = 9


@dataclass(frozen=True, kw_only=True)
class TextConsensus:
    """The text that is nearest to all; `agreement` is its mean similarity to the others, by weight, in [0, 1].

    `backed` is the similarity to it that half of the others reach at least: a careless text among several does not
    take from it. A single text agrees with nobody: both are None.
    """

    text: str
    agreement: float | None
    backed: float | None


def text_consensus(
    texts: Sequence[str], *, weights: Sequence[float] | None = None, punctuation: bool = True
) -> TextConsensus:
    """Return the text whose normalized form is the most similar to all others', as it was written.

    `weights` say what each labeler is worth (1). Of equals the one written most often, then the first in the order
    of characters, so that the order of labelers does not matter. It is one of the texts, never a mixture that nobody
    wrote. Source: Kaufman & Rousseeuw (1990), "Finding Groups in Data", chapter 2, for the medoid.
    """
    if not texts:
        raise InputError("A consensus needs one text at least: have the task labeled.")
    worth = np.ones(len(texts)) if weights is None else np.asarray(weights, dtype=np.float64)
    plain = [normalized(text, punctuation=punctuation) for text in texts]
    likeness = _likeness(plain)
    nearness: list[float] = (likeness @ worth).tolist()
    best = min(
        range(len(texts)), key=lambda place: (-round(nearness[place], DIGITS), -texts.count(texts[place]), texts[place])
    )
    others = worth.sum() - worth[best]
    agreement = float((nearness[best] - worth[best]) / others) if others > 0 else None
    like = sorted(np.delete(likeness[best], best).tolist(), reverse=True)
    backed = like[(len(like) - 1) // 2] if like else None
    return TextConsensus(text=texts[best], agreement=agreement, backed=backed)


def _likeness(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the similarity of each two texts."""
    found = np.eye(len(texts))
    for (one, a), (other, b) in combinations(enumerate(texts), 2):
        found[one, other] = found[other, one] = 1.0 if a == b else similarity(a, b)
    return found
