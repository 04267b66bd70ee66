"""A frame as columns, with the typed views that rules ask for: each column is converted at most once."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

# One truth value for each row.
Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]

# Integers below this have a float of their own; from it on, several share one.
EXACT = 2**53
_NUMERIC = frozenset({float, np.float64, int, bool, type(None)})
_TEXTUAL = frozenset({str, type(None)})


def is_absent(value: object) -> bool:
    """Say whether a value is absent; to Great Expectations NaN is, which only a computed field can give."""
    return value is None or (isinstance(value, float) and math.isnan(value))


class Columns:
    """Columns of one length by name; one that is missing is absent in every row, and an array holds floats.

    Views are shared between rules: never write to one.
    """

    def __init__(self, columns: Mapping[str, Sequence[object] | Numbers], count: int) -> None:
        self.count = count
        self.none: Mask = np.zeros(count, np.bool_)
        self._columns = columns
        self._listed: dict[str, list[object]] = {}
        self._kinds: dict[str, set[type]] = {}
        self._numbers: dict[str, Numbers | None] = {}
        self._absent: dict[str, Mask] = {}
        self._distinct: dict[str, set[object] | None] = {}

    def values(self, name: str) -> Sequence[object]:
        """Return the values as they are."""
        values = self._columns.get(name)
        if isinstance(values, np.ndarray):
            if name not in self._listed:
                self._listed[name] = values.tolist()
            return self._listed[name]
        return [None] * self.count if values is None else values

    def kinds(self, name: str) -> set[type]:
        """Return the types of a column's values."""
        if name not in self._kinds:
            is_array = isinstance(self._columns.get(name), np.ndarray)
            self._kinds[name] = {float} if is_array else set(map(type, self.values(name)))
        return self._kinds[name]

    def numbers(self, name: str) -> Numbers | None:
        """Return the column as floats, absent values as NaN; None where that would not be exact."""
        if name not in self._numbers:
            self._numbers[name] = self._as_numbers(name)
        return self._numbers[name]

    def _as_numbers(self, name: str) -> Numbers | None:
        values = self._columns.get(name)
        if isinstance(values, np.ndarray):
            return values
        kinds = self.kinds(name)
        if not kinds <= _NUMERIC:
            return None
        try:
            found = np.array(self.values(name), np.float64)
        except OverflowError:  # an integer beyond all floats
            return None
        return None if int in kinds and (np.abs(found) >= EXACT).any() else found

    def extremes(self, name: str) -> tuple[float, float] | None:
        """Return the least and the greatest of a column of floats, NaN aside; None of other columns, or no rows.

        Those of all such columns are found at once, which takes a frame of few records less time than one mask.
        """
        return self._extremes.get(name)

    @cached_property
    def _extremes(self) -> Mapping[str, tuple[float, float]]:
        floats = {name: column for name, column in self._columns.items() if isinstance(column, np.ndarray)}
        if not floats or not self.count:
            return {}
        matrix = np.array(list(floats.values()))
        least, most = np.fmin.reduce(matrix, axis=1), np.fmax.reduce(matrix, axis=1)
        return dict(zip(floats, zip(least.tolist(), most.tolist(), strict=True), strict=True))

    def absent(self, name: str) -> Mask:
        """Say of each row whether it lacks the column's value."""
        if name not in self._absent:
            self._absent[name] = self._as_absent(name)
        return self._absent[name]

    def _as_absent(self, name: str) -> Mask:
        kinds = self.kinds(name)
        if type(None) not in kinds and not any(issubclass(kind, float) for kind in kinds):
            return self.none
        numbers = self.numbers(name)
        return self.mask(map(is_absent, self.values(name))) if numbers is None else np.isnan(numbers)

    def lengths(self, name: str) -> Numbers | None:
        """Return how many characters the texts of a column have, absent ones NaN; None where others are among them."""
        if not self.kinds(name) <= _TEXTUAL:
            return None
        if type(None) not in self.kinds(name):
            return np.fromiter(map(len, cast("Sequence[str]", self.values(name))), np.float64, self.count)
        found = (np.nan if value is None else len(cast("str", value)) for value in self.values(name))
        return np.fromiter(found, np.float64, self.count)

    def mask(self, truths: Iterable[bool]) -> Mask:
        """Return one truth value for each row as an array."""
        return np.fromiter(truths, np.bool_, self.count)

    def where(self, name: str, bad: Callable[[object], bool]) -> Mask:
        """Say of each row whether its value is `bad`; absent ones are not, and what cannot be asked is.

        Where Great Expectations would raise, and judge nothing, only the value that it stumbles over counts as
        broken. Equal texts are asked once.
        """
        distinct = self._repeated(name)
        if distinct is None:
            return self._each(name, bad)
        found = {text: _is_bad(text, bad) for text in distinct}
        return self.mask(map(found.__getitem__, self.values(name))) if any(found.values()) else self.none

    def _each(self, name: str, bad: Callable[[object], bool]) -> Mask:
        values = self.values(name)
        try:
            if any(kind is type(None) or issubclass(kind, float) for kind in self.kinds(name)):
                return self.mask([not is_absent(value) and bad(value) for value in values])
            return self.mask(map(bad, values))
        except Exception:  # noqa: BLE001 - a parser or a comparison may raise anything; then each value is asked alone
            return self.mask([_is_bad(value, bad) for value in values])

    def _repeated(self, name: str) -> set[object] | None:
        """Return the different values of a column of texts that repeat; None for other columns.

        Numbers are others: 1, 1.0 and True are equal, and their texts and types are not.
        """
        if name not in self._distinct:
            distinct = set(self.values(name)) if self.kinds(name) <= _TEXTUAL else None
            self._distinct[name] = distinct if distinct is not None and 2 * len(distinct) <= self.count else None
        return self._distinct[name]

    def rows(self, names: Sequence[str], bad: Callable[[Sequence[object]], bool]) -> Mask:
        """Say of each row whether its values of `names` are `bad` together; what cannot be asked is."""
        several = zip(*(self.values(name) for name in names), strict=True)
        return self.mask([_raises_or(bad, values) for values in several])


def _is_bad(value: object, bad: Callable[[object], bool]) -> bool:
    return not is_absent(value) and _raises_or(bad, value)


def _raises_or(bad: Callable[[Any], bool], value: object) -> bool:
    try:
        return bad(value)
    except Exception:  # noqa: BLE001 - a parser or a comparison may raise anything; see `where`
        return True
