"""The answer that labelers agree on, with its probability."""

from collections import Counter
from collections.abc import Sequence
from math import exp, fsum, log

from schemas.answers import Answer, ClassName
from schemas.labels import Consensus, Vote, ranked

METHOD = "one-coin"


def one_coin(
    votes: Sequence[Vote], classes: Sequence[ClassName], accuracy: float, guideline: int, *, choices: int | None = None
) -> Consensus:
    """Return the posterior mode over `classes` when every labeler is right with probability `accuracy`.

    Errors fall evenly on the other K-1 classes and classes are equally likely beforehand, so

        P(c | votes) ∝ ∏ over votes v of (accuracy if v = c else (1 - accuracy) / (K - 1))

    It depends on the counts n_c alone: with L = ln(accuracy (K - 1) / (1 - accuracy)), P(c) ∝ exp(n_c L).
    K is `choices`, how many classes labelers had to choose from, where these were more than `classes`: two agree by
    chance no more often once classes are merged. Ties go to the class that stands first in `classes`. Expects one vote
    a labeler, each for one of `classes`, and accuracy in (1/K, 1). Source: the one-coin special case of Dawid & Skene
    (1979), "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm", Applied Statistics 28(1).
    """
    best, confidence = leading(Counter(vote.answer for vote in votes), classes, accuracy, choices or len(classes))
    return Consensus(
        answer=best,
        confidence=confidence,
        method=METHOD,
        votes=ranked(votes),
        guideline=guideline,
    )


def leading(
    counts: Counter[Answer] | Counter[ClassName], classes: Sequence[ClassName], accuracy: float, choices: int
) -> tuple[ClassName, float]:
    """Return the class that was given most often and its posterior, as above; classes not in `counts` have none."""
    worth = log_odds(accuracy, choices)
    best = max(classes, key=lambda name: counts[name])
    most = counts[best]
    unnamed = max(0, choices - len(classes)) * exp(-most * worth)
    weight = fsum(exp((counts[name] - most) * worth) for name in classes) + unnamed
    return best, 1 / weight


def log_odds(accuracy: float, classes: int) -> float:
    """Return by how much one vote raises the log-odds of its class against any other of so many."""
    return log(accuracy * (classes - 1) / (1 - accuracy))
