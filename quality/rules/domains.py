"""Domains: which rows a rule speaks of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from quality.rules import arguments
from quality.rules.columns import Columns, Mask
from quality.rules.conditions import Condition
from quality.rules.rule import Check, Kwargs

# How many of a row's values must be missing for the row to be left out; the first is what silence means.
PAIR_OPTIONS = ("both_values_are_missing", "either_value_is_missing", "neither")
MANY_OPTIONS = ("all_values_are_missing", "any_value_is_missing", "never")
_TOGETHER: Mapping[str, Callable[[Mask, Mask], Mask]] = {
    "both_values_are_missing": np.logical_and,
    "all_values_are_missing": np.logical_and,
    "either_value_is_missing": np.logical_or,
    "any_value_is_missing": np.logical_or,
}


@dataclass(frozen=True, kw_only=True)
class Domain:
    """The rows that hold the condition, and of those the ones that are not `missing` what the rule is about."""

    condition: Condition | None
    missing: Check | None

    def breaks(self, check: Check, *, alone: bool) -> Check:
        """Return a check of the domain's rows; `alone` says that `check` itself lets missing values be.

        A row of which the condition cannot be asked breaks the rule: Great Expectations would judge nothing.
        """
        condition, missing = self.condition, None if alone else self.missing
        if condition is None and missing is None:
            return check

        def breaks(data: Columns) -> Mask:
            found = check(data)
            if missing is not None:
                found = found & ~missing(data)
            if condition is None:
                return found
            holds, refused = condition.ask(data)
            return (found & holds) | refused

        return breaks

    def judges(self, data: Columns) -> Mask:
        """Say of each row whether it is in the domain; one of which the condition cannot be asked is."""
        rows = ~data.none if self.missing is None else ~self.missing(data)
        if self.condition is None:
            return rows
        holds, refused = self.condition.ask(data)
        return (rows & holds) | refused


def missing_value(columns: tuple[str, ...], _: Kwargs) -> Check:
    """Leave out the rows without a value."""
    return lambda data: data.absent(columns[0])


def missing_values(columns: tuple[str, ...], kwargs: Kwargs, options: tuple[str, ...]) -> Check | None:
    """Leave out the rows that `ignore_row_if` says."""
    option = arguments.choice(kwargs, "ignore_row_if", options)
    if option not in _TOGETHER:
        return None
    return lambda data: reduce(_TOGETHER[option], [data.absent(name) for name in columns])
