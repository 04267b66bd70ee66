"""Label errors: answers that a model which has not seen their items contradicts more surely than it usually agrees."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labeling.consensus.votes import Codes, Mask, Numbers
from schemas.answers import ClassName
from schemas.errors import InputError

METHOD = "confident-learning"
# A mean of equal probabilities may exceed them by rounding.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """An answer that is probably wrong, to be looked at by people: about one in two of such answers is right.

    - item: its row; given, likely: the codes of its answer and of the class that the model would give it
    - doubted, believed: the model's probabilities of the two
    - usual: the mean probability that the model gives to `likely` where it is the answer
    """

    item: int
    given: int
    likely: int
    doubted: float
    believed: float
    usual: float

    @property
    def score(self) -> float:
        """How much likelier the model finds the other class, in (0, 1]."""
        return self.believed - self.doubted

    def reason(self, classes: Sequence[ClassName]) -> str:
        """Say why in words, with the names of the classes by their codes."""
        given, likely = classes[self.given], classes[self.likely]
        return (
            f"It is labeled {given!r}, to which a model that has not seen it gives {self.doubted:.2f}; it gives "
            f"{self.believed:.2f} to {likely!r}, and on average {self.usual:.2f} to what is labeled so."
        )


def suspects(answers: Codes, scores: Numbers) -> tuple[Suspect, ...]:
    """Return the answers (I,) that are probably wrong, the most suspicious first; of equals the first.

    `scores` (I, C) are probabilities by a model that has not seen the item (cross-fitted). Each class has a threshold
    of its own, so that one of which the model is seldom sure suspects neither too much nor too little:

        t_c = mean of p_c over the items whose answer is c
        suspect: an item whose answer is c, and likeliest class k among those with p_k >= t_k is another, p_k > p_c

    Most suspicious is the greatest p_k - p_c. A class that no item has as its answer is never the likely one. Raises
    InputError if shapes differ, or scores are no probabilities.

    Source: Northcutt, Jiang and Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels", Journal
    of Artificial Intelligence Research 70, the off-diagonals of the confident joint (section 3.1), ranked by their
    margin (section 3.2). That p_k exceeds p_c is cleanlab's addition.
    """
    _check(answers, scores)
    if not len(answers):
        return ()
    usual = _usual(answers, scores)
    confident = scores >= usual - ROUNDING
    likely = np.where(confident, scores, -1.0).argmax(axis=1)
    rows = np.arange(len(answers))
    doubted, believed = scores[rows, answers], scores[rows, likely]
    suspected: Mask = confident[rows, likely] & (believed > doubted)
    order = np.argsort(doubted - believed, kind="stable")
    return tuple(
        Suspect(
            item=int(item),
            given=int(answers[item]),
            likely=int(likely[item]),
            doubted=float(doubted[item]),
            believed=float(believed[item]),
            usual=float(usual[likely[item]]),
        )
        for item in order[suspected[order]]
    )


def _usual(answers: Codes, scores: Numbers) -> Numbers:
    """Return the threshold of each class (C,); infinity for one that is nobody's answer."""
    classes = scores.shape[1]
    counts = np.bincount(answers, minlength=classes)
    summed = np.bincount(answers, weights=scores[np.arange(len(answers)), answers], minlength=classes)
    found: Numbers = np.where(counts > 0, summed / np.maximum(counts, 1), np.inf)
    return found


def _check(answers: Codes, scores: Numbers) -> None:
    if scores.ndim != 2 or len(scores) != len(answers):  # noqa: PLR2004  items and classes
        raise InputError(
            f"{len(answers)} answers cannot be held against scores of the shape {scores.shape}: give each item a row, "
            "and each class a column"
        )
    if len(answers) and not 0 <= answers.min() <= answers.max() < scores.shape[1]:
        raise InputError(f"An answer is none of the {scores.shape[1]} classes with scores: leave its item out")
    if not (np.isfinite(scores).all() and (scores >= 0).all() and np.allclose(scores.sum(axis=1), 1.0, atol=1e-3)):
        raise InputError("Scores must be probabilities: at least 0, and 1 in the sum over an item's classes")
