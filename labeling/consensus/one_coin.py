"""The answer that labelers agree on, with its probability."""

from collections import Counter
from collections.abc import Sequence
from math import exp, fsum, log

from schemas.labels import Answer, Consensus, Vote

METHOD = "one-coin"


def one_coin(
    votes: Sequence[Vote], classes: Sequence[Answer], accuracy: float, guideline: int, *, choices: int | None = None
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
    counts = Counter(vote.answer for vote in votes)
    others = (choices or len(classes)) - 1
    worth = log_odds(accuracy, others + 1)
    best = max(classes, key=lambda name: counts[name])
    unnamed = max(0, others + 1 - len(classes)) * exp(-counts[best] * worth)
    weight = fsum(exp((counts[name] - counts[best]) * worth) for name in classes) + unnamed
    return Consensus(
        answer=best,
        confidence=1 / weight,
        method=METHOD,
        votes=tuple(sorted(votes, key=lambda vote: (vote.labeler, vote.answer))),
        guideline=guideline,
    )


def log_odds(accuracy: float, classes: int) -> float:
    """Return by how much one vote raises the log-odds of its class against any other of so many."""
    return log(accuracy * (classes - 1) / (1 - accuracy))
