"""Row-level rules of a Great Expectations suite, compiled to operations on columns.

The stream judges each sample by these; the dataset gate runs the same suite in Great Expectations itself. As there,
an absent value breaks no rule but the one that forbids it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from quality.columns import is_known
from quality.contracts import shown
from schemas.errors import InputError
from schemas.samples import Payload
from schemas.verdicts import Severity, Violation

Columns = Mapping[str, Sequence[object]]
# Says of each row whether it breaks the rule.
Check = Callable[[Columns], pl.Series]
Kwargs = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row-level expectation: `breaks` says of each row whether it breaks the rule."""

    type: str
    columns: tuple[str, ...]
    allowed: str
    severity: Severity
    breaks: Check

    def violation(self, row: Mapping[str, object]) -> Violation:
        """Return what `row`, which breaks the rule, did."""
        seen = [row.get(column) for column in self.columns]
        return Violation(
            rule=self.type,
            where=", ".join(self.columns),
            seen=shown(seen[0] if len(seen) == 1 else seen),
            allowed=self.allowed,
            severity=self.severity,
        )


def violations(rules: Sequence[Rule], rows: Sequence[Mapping[str, object]]) -> list[tuple[Violation, ...]]:
    """Return for each row every violation of it, in the order of the rules."""
    found: list[list[Violation]] = [[] for _ in rows]
    needed = {column for rule in rules for column in rule.columns}
    columns = {column: [row.get(column) for row in rows] for column in needed}
    for rule in rules if rows else ():
        for index in rule.breaks(columns).arg_true():
            found[index].append(rule.violation(rows[index]))
    return [tuple(of_row) for of_row in found]


def compile_suite(suite: Mapping[str, Any], payload: type[Payload]) -> tuple[Rule, ...]:
    """Return the suite's row-level rules, for samples with this payload.

    Raises:
        InputError: an expectation is not supported or not sound; one line for each.
    """
    problems: list[str] = []
    rules: list[Rule] = []
    for position, entry in enumerate(suite.get("expectations", [])):
        try:
            rules += _compile(entry, payload)
        except InputError as error:
            problems.append(f"expectation {position + 1}: {error}")
    if not rules and not problems:
        problems.append("the suite has no row-level expectation, so the stream would accept anything")
    if problems:
        raise InputError("\n".join(problems))
    return tuple(rules)


def _compile(entry: Mapping[str, Any], payload: type[Payload]) -> list[Rule]:
    name = entry.get("type", "")
    if name in GATE_ONLY:
        return []
    if name not in ROW_LEVEL:
        raise InputError(f"{name or 'an entry without type'} is not supported; supported are {_supported()}.")
    kwargs = entry.get("kwargs", {})
    _refuse_options(name, kwargs)
    columns = _columns(name, kwargs)
    for column in columns:
        if not is_known(column, payload):
            raise InputError(f"{name} names the column {column!r}, which samples of this contract do not have.")
    check, allowed = ROW_LEVEL[name](columns, kwargs)
    severity = Severity(entry.get("severity", "critical"))
    return [Rule(type=name, columns=columns, allowed=allowed, severity=severity, breaks=check)]


def _refuse_options(name: str, kwargs: Kwargs) -> None:
    for option in ("row_condition", "mostly"):
        if kwargs.get(option) not in (None, 1, 1.0):
            raise InputError(f"{name} sets {option}, which the stream does not judge yet: leave it out.")


def _columns(name: str, kwargs: Kwargs) -> tuple[str, ...]:
    wanted = ("column_A", "column_B") if "_pair_" in name else ("column",)
    missing = [key for key in wanted if not isinstance(kwargs.get(key), str)]
    if missing:
        raise InputError(f"{name} needs {' and '.join(missing)} among its kwargs.")
    return tuple(kwargs[key] for key in wanted)


def _supported() -> str:
    return ", ".join(sorted([*ROW_LEVEL, *GATE_ONLY]))


# Every factory takes the columns and kwargs of an expectation and returns its check, and what it allows in words.
Compiled = tuple[Check, str]
Factory = Callable[[tuple[str, ...], Kwargs], Compiled]


def _each(column: str, good: Callable[[Any], bool]) -> Check:
    """Break where a present value is not good, or is of a type the rule cannot be asked of."""

    def bad(value: object) -> bool:
        if value is None:
            return False
        try:
            return not good(value)
        except TypeError:
            return True

    return lambda columns: pl.Series([bad(value) for value in columns[column]], dtype=pl.Boolean)


def _not_null(columns: tuple[str, ...], _: Kwargs) -> Compiled:
    return lambda data: pl.Series([value is None for value in data[columns[0]]], dtype=pl.Boolean), "a value"


def _null(columns: tuple[str, ...], _: Kwargs) -> Compiled:
    return lambda data: pl.Series([value is not None for value in data[columns[0]]], dtype=pl.Boolean), "no value"


def _bounds(kwargs: Kwargs, what: str) -> tuple[Callable[[Any], bool], str]:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if low is None and high is None:
        raise InputError(f"the bounds of {what} are missing: give min_value, max_value or both.")
    strict_low, strict_high = bool(kwargs.get("strict_min")), bool(kwargs.get("strict_max"))

    def inside(value: Any) -> bool:
        above = low is None or (value > low if strict_low else value >= low)
        return above and (high is None or (value < high if strict_high else value <= high))

    parts = [f"{'>' if strict_low else '>='} {low}"] if low is not None else []
    parts += [f"{'<' if strict_high else '<='} {high}"] if high is not None else []
    return inside, f"{what} {' and '.join(parts)}"


def _between(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    inside, allowed = _bounds(kwargs, "a value")
    if any(isinstance(kwargs.get(key), date) for key in ("min_value", "max_value")):
        raise InputError("bounds must be numbers or texts.")
    return _each(columns[0], inside), allowed


def _lengths_between(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    inside, allowed = _bounds(kwargs, "a length")
    return _each(columns[0], lambda value: inside(len(value))), allowed


def _length(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    wanted = kwargs.get("value")
    if not isinstance(wanted, int):
        raise InputError("expect_column_value_lengths_to_equal needs an integer `value`.")
    return _each(columns[0], lambda value: len(value) == wanted), f"a length of {wanted}"


def _value_set(kwargs: Kwargs) -> list[Any]:
    values = kwargs.get("value_set")
    if not isinstance(values, list):
        raise InputError("value_set must be a list.")
    return values


def _in_set(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    values = _value_set(kwargs)
    return _each(columns[0], lambda value: value in values), f"one of {shown(values)}"


def _not_in_set(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    values = _value_set(kwargs)
    return _each(columns[0], lambda value: value not in values), f"none of {shown(values)}"


def _pattern(kwargs: Kwargs) -> re.Pattern[str]:
    try:
        return re.compile(kwargs.get("regex", ""))
    except (re.error, TypeError) as error:
        raise InputError(f"the regex {kwargs.get('regex')!r} is not valid: {error}.") from error


def _matches(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    pattern = _pattern(kwargs)
    return _each(columns[0], lambda value: pattern.search(str(value)) is not None), f"text matching {pattern.pattern}"


def _matches_not(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    pattern = _pattern(kwargs)
    return _each(columns[0], lambda value: pattern.search(str(value)) is None), f"text without {pattern.pattern}"


# The row-level expectations of Great Expectations that the stream judges.
ROW_LEVEL: Mapping[str, Factory] = {
    "expect_column_value_lengths_to_be_between": _lengths_between,
    "expect_column_value_lengths_to_equal": _length,
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_be_null": _null,
    "expect_column_values_to_match_regex": _matches,
    "expect_column_values_to_not_be_in_set": _not_in_set,
    "expect_column_values_to_not_be_null": _not_null,
    "expect_column_values_to_not_match_regex": _matches_not,
}

# Statements about many rows, which only the dataset gate can judge.
GATE_ONLY = frozenset(
    {
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_distinct_values_to_contain_set",
        "expect_column_mean_to_be_between",
        "expect_column_stdev_to_be_between",
        "expect_column_unique_value_count_to_be_between",
        "expect_column_values_to_be_unique",
        "expect_compound_columns_to_be_unique",
        "expect_table_row_count_to_be_between",
    }
)
