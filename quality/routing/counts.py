"""Counts of what was routed, decayed block by block: of values of columns, of scores, of selections and hours."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quality.routing.bins import BINS, Bins

# What a block of history weighs once another has been folded: thresholds follow the stream within some blocks.
DECAY = 0.9
# A value seen less than this, in decayed counts, is forgotten: names that come once must not add up. Of the others the
# most frequent are kept, this many of a column.
FORGOTTEN, VALUES = 0.01, 1_000
# The most characters of a value that are told from others.
LONGEST = 200

# By column and value.
Values = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Sums over records: `seen` and `taken` by the signals, by column and value, and `scores` by reason and bin.

    `routed` counts records, `offered` what thresholds were to select of them, `chosen` what signals did select; there
    were so many `blocks`.
    """

    seen: Values = field(default_factory=dict)
    taken: Values = field(default_factory=dict)
    scores: Mapping[str, Bins] = field(default_factory=dict)
    routed: float = 0.0
    offered: float = 0.0
    chosen: float = 0.0
    blocks: float = 0.0

    def shares(self, column: str) -> dict[str, float]:
        """Return the share that each value of a column has of the records that have one."""
        counts = self.seen.get(column, {})
        total = sum(counts.values())
        return {value: count / total for value, count in counts.items()} if total else {}


def texts(values: Iterable[Any]) -> list[str | None]:
    """Return values as the names by which they are counted."""
    return [None if value is None else str(value)[:LONGEST] for value in values]


def tallied(before: Mapping[str, float], values: Sequence[str | None]) -> dict[str, float]:
    """Return counts with those of `values` added, absent ones aside."""
    if not values:
        return dict(before)
    counts = dict(before)
    for value, count in Counter(values).items():
        if value is not None:
            counts[value] = counts.get(value, 0) + count
    return counts


def added(one: Counts, other: Counts, *, weight: float = 1.0, scale: float = 1.0) -> Counts:
    """Return `scale * (weight * one + other)`, without what is forgotten.

    Names go in one order: sums of floats depend on it by their last bit.
    """

    def sum_of(first: float, second: float) -> float:
        return scale * (weight * first + second)

    def values(first: Values, second: Values) -> dict[str, dict[str, float]]:
        return {
            column: _remembered(first.get(column, {}), second.get(column, {}), sum_of)
            for column in sorted({*first, *second})
        }

    none = np.zeros(BINS)
    return Counts(
        seen=values(one.seen, other.seen),
        taken=values(one.taken, other.taken),
        scores={
            reason: scale * (weight * one.scores.get(reason, none) + other.scores.get(reason, none))
            for reason in sorted({*one.scores, *other.scores})
        },
        routed=sum_of(one.routed, other.routed),
        offered=sum_of(one.offered, other.offered),
        chosen=sum_of(one.chosen, other.chosen),
        blocks=sum_of(one.blocks, other.blocks),
    )


def _remembered(one: Mapping[str, float], other: Mapping[str, float], sum_of: Any) -> dict[str, float]:
    sums = {name: sum_of(one.get(name, 0.0), other.get(name, 0.0)) for name in sorted({*one, *other})}
    kept = {name: count for name, count in sums.items() if count >= FORGOTTEN}
    if len(kept) > VALUES:
        most = sorted(kept, key=lambda name: (-kept[name], name))[:VALUES]
        kept = {name: kept[name] for name in sorted(most)}
    return kept
