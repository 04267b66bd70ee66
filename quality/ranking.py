"""What models predicted, ranked: the two best scores of each sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Scores = dict[str, float]
Ranked = tuple[str | None, float | None, float | None]


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Of each sample the best class, its score, and how far the second one lies below; None without prediction.

    Ties go to the name that sorts first; of a single class the margin is its score.
    """

    tops: Sequence[str | None]
    confidences: Sequence[float | None]
    margins: Sequence[float | None]


# From so many samples on a matrix pays.
MATRIX = 16


def rank(scores: Sequence[Scores | None]) -> Ranking:
    """Rank the scores of each sample."""
    names = tuple(scores[0]) if scores and scores[0] else ()
    if len(scores) >= MATRIX and len(names) > 1 and all(scores) and _are_alike(names, scores):  # type: ignore[arg-type]
        return _rank_alike(names, scores)  # type: ignore[arg-type]
    ranked = [_rank(one) for one in scores]
    return Ranking(
        tops=[one[0] for one in ranked],
        confidences=[one[1] for one in ranked],
        margins=[one[2] for one in ranked],
    )


def _are_alike(names: Sequence[str], scores: Sequence[Scores]) -> bool:
    """Say whether all scores are of these names, in this order.

    They are where their names, one after the other, are these again and again: none holds a name twice, so none holds
    more than all of them, and as many names as there are must be shared out to all.
    """
    return list(chain.from_iterable(scores)) == [*names] * len(scores)


def _rank(scores: Scores | None) -> Ranked:
    if not scores:
        return None, None, None
    names = sorted(scores)
    top = max(names, key=scores.__getitem__)
    return top, scores[top], scores[top] - max((scores[name] for name in names if name != top), default=0.0)


def _rank_alike(names: Sequence[str], scores: Sequence[Scores]) -> Ranking:
    """Rank scores of the same classes, at least two, in one matrix, whose rows are in the order of the names.

    Of equal scores that of the name that sorts first counts, here as in `_rank`: 0.0 and -0.0 are equal, and a tie of
    theirs must not depend on the frame.
    """
    order = sorted(range(len(names)), key=names.__getitem__)
    flat = np.fromiter(chain.from_iterable(map(dict.values, scores)), np.float64, len(scores) * len(names))
    matrix: NDArray[np.float64] = flat.reshape(-1, len(names)).T[order]
    samples = np.arange(len(scores))
    best = matrix.argmax(axis=0)
    first = matrix[best, samples]
    matrix[best, samples] = -1.0
    second = matrix[matrix.argmax(axis=0), samples]
    return Ranking(
        tops=np.array(names, np.object_)[order][best].tolist(),
        confidences=first.tolist(),
        margins=(first - second).tolist(),
    )
