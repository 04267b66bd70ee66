"""The classes that labelers agree on, where several may apply: each is a question of its own."""

from collections.abc import Mapping, Sequence
from math import exp, expm1, fsum, log, log1p

from schemas.answers import ClassName, several

METHOD = "one-coin by class"


def several_consensus(
    sets: Sequence[Sequence[ClassName]], classes: Sequence[ClassName], accuracy: float, *, empty: bool
) -> tuple[tuple[ClassName, ...], float]:
    """Return the likeliest set of classes, and its probability, when labelers name these `sets`.

    Each of K classes is asked for by itself: it applies or not, evenly likely beforehand. A labeler is right on all of
    them with probability `accuracy`, and errs on each alike and independently, so on one with a = accuracy^(1/K). With
    k of n labelers who name class c, its odds are

        r_c = (a / (1 - a))^(2k - n),   P(S) = Π_{c in S} r_c / Π_c (1 + r_c)

    so that S holds the classes with r_c > 1, those above one half. Where at least one class has to apply (not `empty`),
    the empty set has no probability: its share of the denominator, 1, is left out, and if no class is above one half
    the likeliest one is taken, the first in `classes` of equals. That classes err independently is an assumption: where
    labelers take one class for another, the two err together, and the probability is said a little too low.
    Source: Dawid & Skene (1979), Applied Statistics 28(1), the one-coin special case, for each class.
    """
    odds = _log_odds(sets, classes, accuracy)
    chosen = [name for name in classes if odds[name] > 0]
    whole = fsum(map(_log1p_exp, odds.values()))
    if empty:
        return several(chosen), exp(fsum(odds[name] for name in chosen) - whole)
    chosen = chosen or [max(classes, key=lambda name: odds[name])]
    return several(chosen), min(1.0, exp(fsum(odds[name] for name in chosen) - whole - log(-expm1(-whole))))


def _log_odds(
    sets: Sequence[Sequence[ClassName]], classes: Sequence[ClassName], accuracy: float
) -> Mapping[ClassName, float]:
    each = accuracy ** (1 / len(classes))
    worth = log(each) - log(-expm1(log(accuracy) / len(classes)))
    return {name: worth * (2 * sum(name in names for names in sets) - len(sets)) for name in classes}


def _log1p_exp(value: float) -> float:
    """Return ln(1 + e^value), for any value."""
    return max(value, 0.0) + log1p(exp(-abs(value)))
