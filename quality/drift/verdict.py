"""What the labels that an alarm bought say: whether the model errs more than before, or something else is right now.

Data that has moved is a fact, and no harm by itself. An alarm is confirmed where labels show that it matters: where
predictions are contradicted more often than on the audit labels of before (Newcombe's interval of the difference lies
above 0, which chance does in one case of forty), or where the classes that people answer are others (Pearson's test of
homogeneity, at the same level). Else it is withdrawn: so many labels do not show that it matters.

Sources: Newcombe (1998), Statistics in Medicine 17, 873-890; Pearson (1900), Philosophical Magazine 50, the rarest
classes taken together until `EXPECTED` labels are to be expected of each (Cochran 1954, Biometrics 10).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from quality.drift.measured import Values
from quality.intervals import Interval, difference, wilson

# The chance that each of both tests confirms what is nothing.
LEVEL = 0.025
# Of labels of before fewer than this say nothing to compare with.
LEAST_BEFORE = 10
# The least labels of a class that are to be expected on either side.
EXPECTED = 5.0


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Labels: how many, how many of them contradict the prediction, and how many say what."""

    labels: int
    wrong: int
    answers: Mapping[str, int]

    @classmethod
    def of(cls, labels: Iterable[tuple[bool, str]]) -> "Heard":
        """Return labels, each by whether it contradicts the prediction and what it says."""
        known = list(labels)
        wrong, answers = sum(one for one, _ in known), Counter(said for _, said in known)
        return cls(labels=len(known), wrong=wrong, answers=dict(sorted(answers.items())))


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """By how much errors rose, with the interval of 95 %, and the p-value of the answers' being as before."""

    confirmed: bool
    errors: Interval
    answers: float


def verdict(now: Heard, before: Heard) -> Verdict:
    """Return what the labels that an alarm bought say beside those of before."""
    errors = difference(wilson(now.wrong, now.labels), wilson(before.wrong, before.labels))
    answers = homogeneity(now.answers, before.answers)
    return Verdict(confirmed=errors.low > 0.0 or answers <= LEVEL, errors=errors, answers=answers)


def homogeneity(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Return the p-value of Pearson's test that both counts are of one distribution; 1 where it cannot be asked."""
    names = sorted({*one, *other})
    table = np.array([[counts.get(name, 0) for name in names] for counts in (one, other)], np.float64)
    pooled = _pooled(table)
    expected = pooled.sum(axis=1, keepdims=True) * pooled.sum(axis=0) / max(1.0, table.sum())
    if pooled.shape[1] < 2 or not expected.all():  # noqa: PLR2004 - of one class there is nothing to compare
        return 1.0
    return float(chdtrc(pooled.shape[1] - 1, ((pooled - expected) ** 2 / expected).sum()))


def _pooled(table: Values) -> Values:
    """Return the counts (2, k) of classes with the rarest added up, until each may be expected often enough."""
    least = EXPECTED * table.sum() / max(1.0, table.sum(axis=1).min())
    groups: list[list[int]] = [[]]
    for place in np.argsort(table.sum(axis=0), kind="stable").tolist():
        if table[:, groups[-1]].sum() >= least:
            groups.append([])
        groups[-1].append(place)
    if len(groups) > 1 and table[:, groups[-1]].sum() < least:
        groups[-2:] = [groups[-2] + groups[-1]]
    return np.column_stack([table[:, group].sum(axis=1) for group in groups])
