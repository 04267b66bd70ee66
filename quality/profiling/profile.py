"""A profile: what one column of a table holds."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from quality.profiling.shapes import Shape, shape
from quality.rules.columns import is_absent

# Numbers beyond this are not bounded: a margin around them could be beyond all floats.
GREATEST = 1e300
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
# What JSON can list.
PLAIN = frozenset({str, int, float, bool})

# Tells values apart that are equal but not the same: 1, 1.0 and true.
Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Range:
    """How the numbers of a column lie: the least, the greatest, and the quantiles of `QUANTILES`, all as floats."""

    low: float
    high: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class ColumnProfile:
    """What a column holds, whatever the order of its rows.

    `types` counts the present values by the name of their Python type. `values` are the different ones with their
    counts, the most common first. `numbers` describes the numbers among them, None without one or with one that has
    no bounds. `lengths` are the least and the greatest number of characters, and `shapes` counts what the values
    look like as text; both are empty unless all values are texts or numbers.
    """

    name: str
    rows: int
    nulls: int
    types: tuple[tuple[str, int], ...]
    values: tuple[tuple[object, int], ...]
    numbers: Range | None
    lengths: tuple[int, int] | None
    shapes: tuple[tuple[Shape, int], ...]

    @property
    def present(self) -> int:
        """How many rows have a value."""
        return self.rows - self.nulls

    @property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(self.values)

    @property
    def once(self) -> int:
        """How many of them one row alone has."""
        return sum(count == 1 for _, count in self.values)

    @property
    def unique(self) -> bool:
        """Whether no two rows have the same value."""
        return self.once == self.present > 0

    def count(self, *types: str) -> int:
        """Return how many values are of these types."""
        return sum(count for name, count in self.types if name in types)


def profile(name: str, values: Sequence[object]) -> ColumnProfile:
    """Return what a column holds; NaN is absent, as it is for rules."""
    present = [value for value in values if not is_absent(value)]
    counted = Counter(map(key, present))
    by_key = {key(value): value for value in present}
    different = tuple((by_key[each], count) for each, count in _common(counted, str))
    texts = [(str(value), count) for value, count in different] if all(map(is_text_like, by_key.values())) else []
    return ColumnProfile(
        name=name,
        rows=len(values),
        nulls=len(values) - len(present),
        types=_common(Counter(type(value).__name__ for value in present), str),
        values=different,
        numbers=_numbers([value for value in present if is_number(value)]),
        lengths=_lengths(texts),
        shapes=_shapes(texts),
    )


def key(value: object) -> Key:
    """Return what tells a value from all others."""
    return type(value).__name__, repr(value)


def is_number(value: object) -> bool:
    """Say whether a value is a number; truth values are none."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def is_text_like(value: object) -> bool:
    """Say whether a value is a text or a number, whose text says something."""
    return isinstance(value, str) or is_number(value)


def _common(counted: Counter[Any], shown: Callable[[Any], str]) -> tuple[tuple[Any, int], ...]:
    """Return what was counted, the most common first, and equally common ones in an order of their own."""
    return tuple(sorted(counted.items(), key=lambda two: (-two[1], shown(two[0]))))


def _lengths(texts: Sequence[tuple[str, int]]) -> tuple[int, int] | None:
    lengths = [len(text) for text, _ in texts]
    return (min(lengths), max(lengths)) if lengths else None


def _shapes(texts: Sequence[tuple[str, int]]) -> tuple[tuple[Shape, int], ...]:
    counted: Counter[Shape] = Counter()
    for text, count in texts:
        counted[shape(text)] += count
    return _common(counted, str)


def _numbers(values: Sequence[Any]) -> Range | None:
    if not values or not all(abs(value) <= GREATEST for value in values):
        return None
    ordered = sorted(float(value) + 0.0 for value in values)  # a zero is positive then
    last = len(ordered) - 1
    return Range(low=ordered[0], high=ordered[-1], quantiles=tuple(ordered[int(q * last)] for q in QUANTILES))
