"""Gold decides which method a project trusts, and the choice says on what it was made."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from labeling.consensus.votes import Codes, Numbers
from schemas.errors import InputError

# An answer that a method thinks impossible costs no more than this probability would.
FLOOR = 1e-3
# With fewer gold items a difference between methods is mostly chance.
LEAST_GOLD = 20


@dataclass(frozen=True, kw_only=True)
class Score:
    """How a method does on gold: the share of right answers, and the mean log loss in nats."""

    accuracy: float
    log_loss: float


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The method that is trusted, how every method does on gold, and on how many gold items that was seen."""

    method: str
    scores: Mapping[str, Score]
    gold: int
    by_default: bool = False  # there was too little gold to go by


def choose(posteriors: Mapping[str, Numbers], gold: Codes) -> Choice:
    """Choose among methods by their posteriors (G, C) of gold items, whose right classes are `gold` (G,).

    The most right answers win; of equals the least log loss, as it is the better confidence; of those, the first. The
    posteriors must come from the votes alone, without this gold. Raises InputError without methods or gold.
    """
    if not posteriors or not len(gold):
        raise InputError(
            f"{len(posteriors)} consensus methods cannot be compared on {len(gold)} gold items: label some gold items, "
            "and give at least one method"
        )
    scores = {method: _score(posterior, gold) for method, posterior in posteriors.items()}
    best = max(scores, key=lambda method: (scores[method].accuracy, -scores[method].log_loss))
    return Choice(method=best, scores=scores, gold=len(gold))


def choose_or(default: str, posteriors: Mapping[str, Numbers], gold: Codes) -> Choice:
    """Choose as `choose` does where there are `LEAST_GOLD` items or more, and the default where there are not."""
    if not len(gold):
        return Choice(method=default, scores={}, gold=0, by_default=True)
    choice = choose(posteriors, gold)
    return choice if len(gold) >= LEAST_GOLD else replace(choice, method=default, by_default=True)


def _score(posterior: Numbers, gold: Codes) -> Score:
    leading = np.isclose(posterior, posterior.max(axis=1, keepdims=True), rtol=0, atol=1e-9)
    right = leading[np.arange(len(gold)), gold] / leading.sum(axis=1)
    losses = -np.log(np.maximum(posterior[np.arange(len(gold)), gold], FLOOR))
    return Score(accuracy=float(right.mean()), log_loss=float(losses.mean()))
