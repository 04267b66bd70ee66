"""Row-level rules of a Great Expectations suite, compiled to operations on columns.

The stream judges each sample by these; the dataset gate runs the same suite in Great Expectations itself. As there,
an absent value breaks no rule but the one that forbids it.
"""

import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from quality.columns import is_known, kinds
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


def compile_suite(suite: Mapping[str, Any], payload: type[Payload] | None) -> tuple[Rule, ...]:
    """Return the suite's row-level rules, for samples with this payload; None leaves the columns unchecked.

    Raises:
        InputError: an expectation is not supported or not sound; one line for each.
    """
    entries = suite.get("expectations")
    if not isinstance(entries, list):
        raise InputError("the suite has no list of `expectations`")
    problems: list[str] = []
    rules: list[Rule] = []
    for position, entry in enumerate(entries):
        try:
            rules += _compile(entry, payload)
        except InputError as error:
            problems.append(f"expectation {position + 1}: {error}")
    if not rules and not problems:
        problems.append("the suite has no row-level expectation, so the stream would accept anything")
    if problems:
        raise InputError("\n".join(problems))
    return tuple(rules)


def _compile(entry: Any, payload: type[Payload] | None) -> list[Rule]:
    name, kwargs, severity = _parts(entry)
    if payload is not None:
        _refuse_unknown_columns(name, kwargs, payload)
    if name in GATE_ONLY:
        return []
    _refuse_options(name, kwargs)
    if not isinstance(kwargs.get("column"), str):
        raise InputError(f"{name} needs column among its kwargs.")
    columns = (kwargs["column"],)
    check, allowed = ROW_LEVEL[name](columns, kwargs)
    if payload is not None:
        _refuse_kinds(name, columns[0], payload)
    return [Rule(type=name, columns=columns, allowed=allowed, severity=severity, breaks=check)]


def _parts(entry: Any) -> tuple[str, Kwargs, Severity]:
    """Return type, kwargs and severity of an entry of the suite; it must be supported."""
    if not isinstance(entry, dict):
        raise InputError("it must be an object with `type` and `kwargs`.")
    name, kwargs, severity = entry.get("type"), entry.get("kwargs") or {}, entry.get("severity") or "critical"
    if not isinstance(name, str) or (name not in ROW_LEVEL and name not in GATE_ONLY):
        supported = ", ".join(sorted([*ROW_LEVEL, *GATE_ONLY]))
        raise InputError(f"{name or 'an entry without type'} is not supported; supported are {supported}.")
    if not isinstance(kwargs, dict):
        raise InputError(f"{name} needs an object of kwargs.")
    if severity not in list(Severity):
        raise InputError(f"{name} has the severity {severity!r}; there are {', '.join(Severity)}.")
    return name, kwargs, Severity(severity)


def _refuse_unknown_columns(name: str, kwargs: Kwargs, payload: type[Payload]) -> None:
    several = kwargs.get("column_list")
    for column in (kwargs.get("column"), *(several if isinstance(several, list) else ())):
        if isinstance(column, str) and not is_known(column, payload):
            raise InputError(f"{name} names the column {column!r}, which samples of this contract do not have.")


def _refuse_options(name: str, kwargs: Kwargs) -> None:
    for option in ("row_condition", "mostly"):
        if kwargs.get(option) not in (None, 1):
            raise InputError(f"{name} sets {option}, which the stream does not judge yet: leave it out.")
    known = EVERYWHERE | OPTIONS.get(name, frozenset())
    unknown = sorted(key for key, value in kwargs.items() if value is not None and key not in known)
    if unknown:
        raise InputError(f"{name} does not know {', '.join(unknown)}; it knows {', '.join(sorted(known))}.")


def _refuse_kinds(name: str, column: str, payload: type[Payload]) -> None:
    """Refuse a rule that no value of the column can keep, or that says something else than it seems to."""
    found = kinds(column, payload) or ({"time"} if column == "occurred_at" else set())
    if name == BETWEEN and found and not found & {"integer", "number", "boolean"}:
        raise InputError(f"{name} compares numbers, and {column!r} holds {' or '.join(sorted(found))} values.")
    if name in LENGTHS and found & {"array", "object"}:
        raise InputError(f"{name} counts characters, and {column!r} is not text: let a computed field count.")


# Every factory takes the columns and kwargs of an expectation and returns its check, and what it allows in words.
Compiled = tuple[Check, str]
Factory = Callable[[tuple[str, ...], Kwargs], Compiled]


def _absent(value: object) -> bool:
    """Say whether a value is absent; to Great Expectations NaN is, which only a computed field can give."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _each(column: str, good: Callable[[Any], bool]) -> Check:
    """Break where a present value is not good, or is of a type the rule cannot be asked of."""

    def bad(value: object) -> bool:
        if _absent(value):
            return False
        try:
            return not good(value)
        except (TypeError, ValueError):
            return True

    return lambda columns: pl.Series([bad(value) for value in columns[column]], dtype=pl.Boolean)


def _not_null(columns: tuple[str, ...], _: Kwargs) -> Compiled:
    return lambda data: pl.Series([_absent(value) for value in data[columns[0]]], dtype=pl.Boolean), "a value"


def _null(columns: tuple[str, ...], _: Kwargs) -> Compiled:
    return lambda data: pl.Series([not _absent(value) for value in data[columns[0]]], dtype=pl.Boolean), "no value"


def _number(kwargs: Kwargs, name: str) -> float | None:
    """Return a bound; as a float, for so Great Expectations reads it."""
    bound = kwargs.get(name)
    if bound is None:
        return None
    if isinstance(bound, bool) or not isinstance(bound, int | float) or not abs(bound) <= sys.float_info.max:
        raise InputError(f"{name} must be a finite number, not {shown(bound)}.")
    return float(bound)


def _strict(kwargs: Kwargs, name: str) -> bool:
    strict = kwargs.get(name) or False
    if not isinstance(strict, bool):
        raise InputError(f"{name} must be true or false, not {shown(strict)}.")
    return strict


def _bounds(kwargs: Kwargs, what: str) -> tuple[Callable[[Any], bool], str]:
    low, high = _number(kwargs, "min_value"), _number(kwargs, "max_value")
    if low is None and high is None:
        raise InputError(f"the bounds of {what} are missing: give min_value, max_value or both.")
    if low is not None and high is not None and low > high:
        raise InputError(f"min_value {low:g} is above max_value {high:g}, so nothing would be allowed.")
    strict_low, strict_high = _strict(kwargs, "strict_min"), _strict(kwargs, "strict_max")

    def inside(value: Any) -> bool:
        above = low is None or (value > low if strict_low else value >= low)
        return above and (high is None or (value < high if strict_high else value <= high))

    parts = [f"{'>' if strict_low else '>='} {low:g}"] if low is not None else []
    parts += [f"{'<' if strict_high else '<='} {high:g}"] if high is not None else []
    return inside, f"{what} {' and '.join(parts)}"


def _between(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    inside, allowed = _bounds(kwargs, "a value")
    return _each(columns[0], inside), allowed


# As in Great Expectations, the length of a number is that of its text.
def _lengths_between(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    inside, allowed = _bounds(kwargs, "a length")
    return _each(columns[0], lambda value: inside(len(str(value)))), allowed


def _length(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    wanted = _number(kwargs, "value")
    if wanted is None:
        raise InputError("expect_column_value_lengths_to_equal needs a number as `value`.")
    return _each(columns[0], lambda value: len(str(value)) == wanted), f"a length of {wanted:g}"


def _value_set(kwargs: Kwargs) -> list[Any]:
    values = kwargs.get("value_set")
    if not isinstance(values, list) or any(isinstance(value, list | dict) for value in values):
        raise InputError("value_set must be a list of texts, numbers, true or false.")
    return values


def _in_set(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    values = _value_set(kwargs)
    return _each(columns[0], lambda value: value in values), f"one of {shown(values)}"


def _not_in_set(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    values = _value_set(kwargs)
    return _each(columns[0], lambda value: value not in values), f"none of {shown(values)}"


def _pattern(kwargs: Kwargs) -> re.Pattern[str]:
    regex = kwargs.get("regex")
    if not isinstance(regex, str):
        raise InputError("a `regex` is missing among the kwargs.")
    try:
        return re.compile(regex)
    except re.error as error:
        raise InputError(f"the regex {regex!r} is not valid: {error}.") from error


def _matches(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    pattern = _pattern(kwargs)
    return _each(columns[0], lambda value: pattern.search(str(value)) is not None), f"text matching {pattern.pattern}"


def _matches_not(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    pattern = _pattern(kwargs)
    return _each(columns[0], lambda value: pattern.search(str(value)) is None), f"text without {pattern.pattern}"


BETWEEN = "expect_column_values_to_be_between"
LENGTHS = frozenset({"expect_column_value_lengths_to_be_between", "expect_column_value_lengths_to_equal"})

# What every expectation may be given; the last three say how Great Expectations reports, and change no verdict.
EVERYWHERE = frozenset({"column", "mostly", "row_condition", "condition_parser", "result_format", "catch_exceptions"})
_BOUNDS = frozenset({"min_value", "max_value", "strict_min", "strict_max"})
# What an expectation may be given beside that: a misspelt bound must not be a missing one.
OPTIONS: Mapping[str, frozenset[str]] = {
    "expect_column_value_lengths_to_be_between": _BOUNDS,
    "expect_column_value_lengths_to_equal": frozenset({"value"}),
    "expect_column_values_to_be_between": _BOUNDS,
    "expect_column_values_to_be_in_set": frozenset({"value_set"}),
    "expect_column_values_to_match_regex": frozenset({"regex"}),
    "expect_column_values_to_not_be_in_set": frozenset({"value_set"}),
    "expect_column_values_to_not_match_regex": frozenset({"regex"}),
}

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
