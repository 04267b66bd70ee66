"""Slices that are short of labels: those that a quota names, and any that the signals would starve."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from quality.routing.counts import Counts, Values, texts
from schemas.routing import Quota, Steering

# No slice gets less from the signals than this part of its share of the stream.
FAIR = 0.5
# Quotas and fairness take at most this part of what the signals have.
MOST = 0.25

# By column and value.
Chances = Mapping[str, Mapping[str, float]]


def shortfalls(
    counts: Counts, *, short: Values, fair: Sequence[str], wanted: float, records: float
) -> dict[str, dict[str, float]]:
    """Return the chance with which to draw a sample of each slice that is short, by column and value.

    `short` says how many labels quotas still want, and `wanted` is how many selections the signals are to make among
    `records`. A slice whose share of the stream is q and of the signals' selections s lacks `(FAIR * q - s) * wanted`
    of them. Where all together lack more than `MOST * wanted`, each gets its part of that.
    """
    lacks: dict[str, dict[str, float]] = {column: _unfair(counts, column, wanted) for column in fair}
    for column, left in short.items():
        lacking = lacks.setdefault(column, {})
        lacking |= {value: max(lacking.get(value, 0.0), lack) for value, lack in left.items()}
    total = sum(sum(lacking.values()) for lacking in lacks.values())
    scale = min(1.0, MOST * wanted / total) if total else 0.0
    found = {}
    for column, lacking in lacks.items():
        expected = {value: share * records for value, share in counts.shares(column).items()}
        found[column] = {
            value: min(1.0, scale * lack / expected[value])
            for value, lack in lacking.items()
            if lack > 0 and expected.get(value)
        }
    return found


def filled(
    quotas: Sequence[Quota], before: Values, names: Mapping[str, Sequence[str | None]], selected: Iterable[int]
) -> dict[str, dict[str, float]]:
    """Return how many were selected of each quota's slice, once those at the places `selected` are too.

    `names` are the samples' values by column.
    """
    places = list(selected)
    found: dict[str, dict[str, float]] = {}
    for one in quotas:
        (value,) = texts([one.value])
        more = sum(names[one.column][place] == value for place in places)
        found.setdefault(one.column, {})[str(value)] = _filled(one, before) + more
    return found


def left(quotas: Sequence[Quota], filled: Values) -> dict[str, dict[str, float]]:
    """Return how many labels the quotas still want, by column and value; `filled` is what was selected of them.

    Of several quotas of one slice the largest counts: a label serves them all.
    """
    lacking: dict[str, dict[str, float]] = {}
    for one in quotas:
        of_column, lack = lacking.setdefault(one.column, {}), one.want - _filled(one, filled)
        (value,) = texts([one.value])
        of_column[str(value)] = max(0.0, lack, of_column.get(str(value), 0.0))
    return lacking


def renewed(told: Steering, before: Steering, filled: Values) -> Steering:
    """Return steering as a partition takes it up after `before`, when so many were selected of slices with quotas.

    What a dataset version asks for is wanted beyond what was selected by then, so its quotas are raised by that, once:
    steering that only says something new of hits leaves them as they are. So is what is asked for in between, of
    another slice.
    """
    kept = before.quotas if told.asked_by == before.asked_by else ()
    known = {(one.column, one.value): one for one in kept}
    raised = (known.get((one.column, one.value)) or _raised(one, filled) for one in told.quotas)
    return told.model_copy(update={"quotas": tuple(raised)})


def _raised(one: Quota, filled: Values) -> Quota:
    return one.model_copy(update={"want": one.want + int(_filled(one, filled))})


def _filled(one: Quota, filled: Values) -> float:
    (value,) = texts([one.value])
    return filled.get(one.column, {}).get(str(value), 0.0)


def _unfair(counts: Counts, column: str, wanted: float) -> dict[str, float]:
    taken = counts.taken.get(column, {})
    total = sum(taken.values())
    if not total:
        return {}
    lacking = {
        value: (FAIR * share - taken.get(value, 0.0) / total) * wanted for value, share in counts.shares(column).items()
    }
    return {value: lack for value, lack in lacking.items() if lack > 0}


def quota(slices: Mapping[str, Sequence[str | None]], chances: Chances, count: int) -> NDArray[np.float64]:
    """Return the chance of each of `count` samples, the largest of its slices'; `slices` are their values by column."""
    found = np.zeros(count)
    for column, values in slices.items():
        known = chances.get(column)
        if known:
            found = np.maximum(found, [known.get(value, 0.0) if value is not None else 0.0 for value in values])
    return found
