"""Labels that alarms of drift buy: uniform draws from the slice of each, until it has what it wants.

All alarms share the draw of a sample: it counts for each alarm whose slice it is in and whose chance lies above the
draw. So what is selected for an alarm is a uniform draw from its slice, whatever other alarms are open.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from quality.routing.counts import Counts, Values
from schemas.routing import Confirming

# Alarms together take at most this part of what is not the audit's: they want few labels, and soon.
MOST = 0.5
# Where `Values` count what was selected for alarms, by their numbers: no column has an empty name.
ALARMS = ""

# By column, the samples' values.
Names = Mapping[str, Sequence[str | None]]


def chances(
    alarms: Sequence[Confirming], counts: Counts, filled: Values, *, wanted: float, records: float
) -> dict[int, float]:
    """Return the chance with which a sample of each alarm's slice is drawn; alarms that have what they want are absent.

    `wanted` is how many selections there are to be among `records`, and `filled` what was selected of slices. A slice
    of which nothing was counted yet has no chance: a block later it has.
    """
    have = filled.get(ALARMS, {})
    lacks = {one: one.want - have.get(str(one.alarm), 0.0) for one in alarms}
    lacks = {one: lack for one, lack in lacks.items() if lack > 0}
    total = sum(lacks.values())
    scale = min(1.0, MOST * wanted / total) if total else 0.0
    known = {one: _share(one, counts) * records for one in lacks}
    return {one.alarm: min(1.0, scale * lack / known[one]) for one, lack in lacks.items() if known[one]}


def expected(alarms: Sequence[Confirming], chances: Mapping[int, float], counts: Counts, records: float) -> float:
    """Return how many samples are drawn among so many records, if no slice lies in another."""
    return sum(chances.get(one.alarm, 0.0) * _share(one, counts) * records for one in alarms)


def _share(alarm: Confirming, counts: Counts) -> float:
    """Return the share of the stream that an alarm's slice is."""
    return 1.0 if alarm.column is None else counts.shares(alarm.column).get(str(alarm.value), 0.0)


def of_alarms(
    alarms: Sequence[Confirming], chances: Mapping[int, float], names: Names, count: int
) -> dict[int, NDArray[np.float64]]:
    """Return, by alarm, the chance of each of `count` samples."""
    return {one.alarm: chances[one.alarm] * _inside(one, names, count) for one in alarms if one.alarm in chances}


def _inside(alarm: Confirming, names: Names, count: int) -> NDArray[np.float64]:
    if alarm.column is None:
        return np.ones(count)
    return np.array([value == alarm.value for value in names[alarm.column]], np.float64)


def filled(
    alarms: Sequence[Confirming], before: Values, selected: Iterable[Sequence[int]]
) -> dict[str, dict[str, float]]:
    """Return how many were selected for each of the alarms, once those are that `selected` names the alarms of."""
    found = {str(one.alarm): before.get(ALARMS, {}).get(str(one.alarm), 0.0) for one in alarms}
    for numbers in selected:
        for number in numbers:
            found[str(number)] += 1.0
    return {ALARMS: found} if found else {}
