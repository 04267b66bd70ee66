"""What a labeler's work says of them: accuracy, confusion, agreement with consensus, speed, drift."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from math import log
from statistics import median
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import betaincinv, betaln

from quality.intervals import Interval, difference
from schemas.answers import Answer, in_order

# How many answers the pooled accuracy may be worth beside a labeler's own: bounds of what is fitted.
LEAST_WORTH, MOST_WORTH = 2.0, 200.0
# What it is worth while nobody has told labelers apart: fewer than two have answered what can be judged.
USUAL_WORTH = 10.0


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One answer of a labeler; `gold` and `consensus` are what it should have been, None where that is not known.

    `consensus` is that of the others' labels, or it agrees with the answer for its own sake. `seconds` is the time from
    claim to answer. An answer that was taken back does not `stand`: it is judged, but is no label.
    """

    labeler: str
    answer: Answer
    labeled_at: datetime
    gold: Answer | None = None
    consensus: Answer | None = None
    seconds: float | None = None
    stands: bool = True


@dataclass(frozen=True, kw_only=True)
class Prior:
    """What is known of a labeler before their first answer: Beta(right, wrong), in numbers of answers."""

    right: float
    wrong: float

    def shrunk(self, right: int, wrong: int) -> Interval:
        """Return the posterior mean of the accuracy with its central 95 % interval."""
        a, b = self.right + right, self.wrong + wrong
        low, high = (float(betaincinv(a, b, bound)) for bound in (0.025, 0.975))
        return Interval(estimate=a / (a + b), low=low, high=high)


@dataclass(frozen=True, kw_only=True)
class Week:
    """A labeler's accuracy on gold in the week that begins on this Monday (UTC), shrunk to the pooled one."""

    begins: date
    answered: int
    accuracy: Interval


@dataclass(frozen=True, kw_only=True)
class Confused:
    """How often a labeler answered what where gold was what."""

    gold: Answer
    answer: Answer
    times: int


@dataclass(frozen=True, kw_only=True)
class LabelerReport:
    """One labeler's own work; nothing in it says what any other did.

    `accuracy` is that on gold, shrunk to all labelers' pooled one: with no gold answers it is theirs, with an interval
    that is as wide as labelers differ. `confusion` counts what was answered to gold. `agreement` is that with the
    consensus of the others, shrunk likewise. `drift` is by how much the accuracy of the last week exceeds that of those
    before; None with gold answers in fewer than two weeks. `skipped` counts tasks that were given back with a reason.
    """

    labeler: str
    labels: int
    answered: int
    accuracy: Interval
    confusion: tuple[Confused, ...]
    compared: int
    agreement: Interval
    seconds: float | None
    weeks: tuple[Week, ...]
    drift: Interval | None
    skipped: int = 0
    simulated: bool = False


def prior(counts: Sequence[tuple[int, int]]) -> Prior:
    """Return what all labelers' (right, wrong) say of another one: a beta distribution around the pooled accuracy.

    Its mean m is the share of right answers, one of each kind added (Laplace); its worth s, by how much labelers are
    alike, maximizes the beta-binomial likelihood

        Σ over labelers of ln B(m s + right, (1 - m) s + wrong) - ln B(m s, (1 - m) s),  s in [2, 200]

    So labelers who differ much are shrunk little. Source: Gelman et al. (2013), "Bayesian Data Analysis", 3rd edition,
    section 5.3; empirical Bayes as in Efron & Morris (1975), JASA 70.
    """
    known = np.array([pair for pair in counts if sum(pair)], dtype=np.float64).reshape(-1, 2)
    right, wrong = known.sum(axis=0)
    mean = float((right + 1) / (right + wrong + 2))
    if len(known) <= 1:
        return Prior(right=mean * USUAL_WORTH, wrong=(1 - mean) * USUAL_WORTH)

    def unlikely(log_worth: float) -> float:
        a, b = mean * np.exp(log_worth), (1 - mean) * np.exp(log_worth)
        return -float((betaln(a + known[:, 0], b + known[:, 1]) - betaln(a, b)).sum())

    fitted = minimize_scalar(unlikely, bounds=(log(LEAST_WORTH), log(MOST_WORTH)), method="bounded")
    worth = float(np.exp(fitted.x))
    return Prior(right=mean * worth, wrong=(1 - mean) * worth)


def reports(labels: Sequence[Judged], also: Sequence[str] = ()) -> dict[str, LabelerReport]:
    """Return the report of every labeler, by name; `also` of these, who may have no labels."""
    by_labeler = {
        name: tuple(own)
        for name, own in groupby(sorted(labels, key=lambda each: each.labeler), lambda each: each.labeler)
    }
    by_labeler = {**dict.fromkeys(also, ()), **by_labeler}
    gold = prior([_on_gold(own) for own in by_labeler.values()])
    consensus = prior([_on_consensus(own) for own in by_labeler.values()])
    return {name: _report(name, own, gold, consensus) for name, own in by_labeler.items()}


def _report(name: str, own: Sequence[Judged], gold: Prior, consensus: Prior) -> LabelerReport:
    right, wrong = _on_gold(own)
    agreed, differed = _on_consensus(own)
    seconds = [each.seconds for each in own if each.seconds is not None]
    return LabelerReport(
        labeler=name,
        labels=sum(each.stands for each in own),
        answered=right + wrong,
        accuracy=gold.shrunk(right, wrong),
        confusion=_confusion(own),
        compared=agreed + differed,
        agreement=consensus.shrunk(agreed, differed),
        seconds=median(seconds) if seconds else None,
        weeks=_weeks(own, gold),
        drift=_drift(own, gold),
    )


def told_in_steps(labels: Sequence[Judged], labeler: str, step: int) -> list[Judged]:
    """Return the answers with as much of what they should have been as their labeler may be told.

    Of the labeler's answers to gold, and of those that others answered too, only full steps are told, oldest first:
    told after each, it would say which task was gold, or what others answered.
    """
    own = sorted((each for each in labels if each.labeler == labeler), key=lambda each: each.labeled_at)
    of_gold = [place for place, each in enumerate(own) if each.gold is not None]
    of_consensus = [place for place, each in enumerate(own) if each.consensus is not None]
    for place in of_gold[len(of_gold) // step * step :]:
        own[place] = replace(own[place], gold=None)
    for place in of_consensus[len(of_consensus) // step * step :]:
        own[place] = replace(own[place], consensus=None)
    return [*(each for each in labels if each.labeler != labeler), *own]


def _confusion(own: Sequence[Judged]) -> tuple[Confused, ...]:
    counts = Counter((each.gold, each.answer) for each in own if each.gold is not None)
    return tuple(
        Confused(gold=gold, answer=answer, times=times)
        for (gold, answer), times in sorted(counts.items(), key=_in_order)
    )


def _in_order(counted: tuple[tuple[Answer, Answer], int]) -> tuple[Any, ...]:
    return tuple(in_order(answer) for answer in counted[0])


def _on_gold(labels: Sequence[Judged]) -> tuple[int, int]:
    return _counts([each.answer == each.gold for each in labels if each.gold is not None])


def _on_consensus(labels: Sequence[Judged]) -> tuple[int, int]:
    return _counts([each.answer == each.consensus for each in labels if each.consensus is not None])


def _counts(right: Sequence[bool]) -> tuple[int, int]:
    """Return how many are right, and how many wrong."""
    return sum(right), len(right) - sum(right)


def _monday(label: Judged) -> date:
    day = label.labeled_at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def _by_week(own: Sequence[Judged]) -> list[tuple[date, tuple[int, int]]]:
    """Return the (right, wrong) on gold of each week that has any, oldest first."""
    known = sorted((each for each in own if each.gold is not None), key=_monday)
    return [(begins, _on_gold(tuple(labels))) for begins, labels in groupby(known, _monday)]


def _weeks(own: Sequence[Judged], gold: Prior) -> tuple[Week, ...]:
    return tuple(
        Week(begins=begins, answered=right + wrong, accuracy=gold.shrunk(right, wrong))
        for begins, (right, wrong) in _by_week(own)
    )


def _drift(own: Sequence[Judged], gold: Prior) -> Interval | None:
    *before, last = [counts for _, counts in _by_week(own)] or [(0, 0)]
    if not before:
        return None
    right, wrong = (sum(kind) for kind in zip(*before, strict=True))
    return difference(gold.shrunk(*last), gold.shrunk(right, wrong))
