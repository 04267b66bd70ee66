"""A suite: a Great Expectations suite as its JSON file has it, compiled to the rules that the stream judges by."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from quality.columns import is_known, kinds
from quality.contracts import shown
from quality.rules import arguments, queries
from quality.rules.conditions import Condition
from quality.rules.domains import MANY_OPTIONS, PAIR_OPTIONS, Domain, missing_value, missing_values
from quality.rules.expectations import EXPECTATIONS, Asks, Expectation, Place
from quality.rules.rule import Check, Kwargs, Rule
from schemas.errors import InputError
from schemas.samples import Payload
from schemas.verdicts import Severity

_NULLITY = frozenset({"expect_column_values_to_be_null", "expect_column_values_to_not_be_null"})
_TEXTS = frozenset({"string"})
_NUMBERS = frozenset({"integer", "number", "boolean"})


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


def columns_named(suite: Mapping[str, Any]) -> dict[str, bool]:
    """Return the columns that a suite names, and of each whether a table must hold its values as they are.

    That is so where an expectation's verdict on one row would depend on the type that all rows give the column.
    What is not sound names nothing.
    """
    named: dict[str, bool] = {}
    for entry in suite.get("expectations") or ():
        expectation = EXPECTATIONS.get(entry.get("type", ""))
        if expectation is not None:
            kwargs = entry.get("kwargs") or {}
            for column in (*_domain(expectation, kwargs), *_conditioned(kwargs)):
                named[column] = named.get(column, False) or expectation.as_is
    return named


def _conditioned(kwargs: Kwargs) -> frozenset[str]:
    try:
        condition = queries.condition(kwargs)
    except InputError:
        return frozenset()
    return condition.columns if condition else frozenset()


def _domain(expectation: Expectation, kwargs: Kwargs) -> tuple[str, ...]:
    """Return the columns that an expectation is about."""
    found: list[Any] = []
    for name in expectation.domain:
        value = kwargs.get(name)
        found += value if isinstance(value, list) else [value]
    return tuple(column for column in found if isinstance(column, str))


def _compile(entry: Any, payload: type[Payload] | None) -> Iterator[Rule]:
    name, kwargs, severity = _parts(entry)
    expectation = EXPECTATIONS[name]
    columns = _domain(expectation, kwargs)
    if payload is not None:
        _refuse_unknown(name, columns, payload)
    _refuse_options(name, expectation, kwargs)
    if expectation.make is None:
        return
    _refuse_domain(name, expectation, columns)
    condition, mostly = queries.condition(kwargs), _mostly(name, kwargs)
    check, allowed = expectation.make(columns, kwargs)
    if payload is not None:
        _refuse_condition(name, condition, payload)
        _refuse_kinds(name, expectation.asks, columns, payload)
    domain = Domain(condition=condition, missing=_missing(name, expectation, columns, kwargs))
    yield Rule(
        type=name,
        columns=columns,
        allowed=allowed,
        severity=severity,
        breaks=domain.breaks(check, alone=expectation.domain == ("column",)),
        judges=domain.judges,
        reads=frozenset(columns) | (condition.columns if condition else frozenset()),
        mostly=mostly,
        key=_key(name, kwargs),
    )


def _parts(entry: Any) -> tuple[str, Kwargs, Severity]:
    """Return type, kwargs and severity of an entry of the suite; it must be supported."""
    if not isinstance(entry, dict):
        raise InputError("it must be an object with `type` and `kwargs`.")
    name, kwargs, severity = entry.get("type"), entry.get("kwargs") or {}, entry.get("severity") or "critical"
    if not isinstance(name, str) or name not in EXPECTATIONS:
        raise InputError(f"{name or 'an entry without type'} is not supported: docs/expectations.md lists what is.")
    if EXPECTATIONS[name].place is Place.REFUSED:
        raise InputError(f"{name} is not supported: {EXPECTATIONS[name].note}.")
    if not isinstance(kwargs, dict):
        raise InputError(f"{name} needs an object of kwargs.")
    if severity not in list(Severity):
        raise InputError(f"{name} has the severity {severity!r}; there are {', '.join(Severity)}.")
    return name, kwargs, Severity(severity)


def _refuse_options(name: str, expectation: Expectation, kwargs: Kwargs) -> None:
    unknown = sorted(key for key, value in kwargs.items() if value is not None and key not in expectation.options)
    if unknown:
        known = ", ".join(sorted(expectation.options))
        raise InputError(f"{name} does not know {', '.join(unknown)}; it knows {known}.")
    awaited = sorted(key for key, value in kwargs.items() if isinstance(value, dict) and "$PARAMETER" in value)
    if awaited:
        raise InputError(
            f"{name} waits for a parameter as {', '.join(awaited)}, which nothing gives it: write a value."
        )
    lacking = sorted(key for key in expectation.needs if kwargs.get(key) is None)
    if lacking and expectation.make is None:
        raise InputError(f"{name} needs {', '.join(lacking)} among its kwargs.")


def _refuse_domain(name: str, expectation: Expectation, columns: tuple[str, ...]) -> None:
    several = expectation.domain == ("column_list",)
    if several and (len(columns) < 2 or len(set(columns)) < len(columns)):  # noqa: PLR2004 - to compare takes two
        raise InputError(f"{name} needs a column_list of at least two different columns.")
    if not several and len(columns) < len(expectation.domain):
        raise InputError(f"{name} needs {' and '.join(expectation.domain)} among its kwargs.")


def _refuse_unknown(name: str, columns: tuple[str, ...], payload: type[Payload]) -> None:
    for column in columns:
        if not is_known(column, payload):
            raise InputError(f"{name} names the column {column!r}, which samples of this contract do not have.")


def _refuse_condition(name: str, condition: Condition | None, payload: type[Payload]) -> None:
    if condition is None:
        return
    _refuse_unknown(name, tuple(sorted(condition.columns)), payload)
    for column in sorted(condition.compared):
        if _kinds(column, payload) == {"time"}:
            raise InputError(f"{name} has a row_condition that compares the time {column!r}: only nullity is judged.")


def _refuse_kinds(name: str, asks: Asks, columns: tuple[str, ...], payload: type[Payload]) -> None:
    """Refuse a rule that no value of the column can keep, or that says something else than it seems to."""
    for column in columns:
        found = _kinds(column, payload)
        said = " or ".join(sorted(found))
        if asks is Asks.NUMBERS and found and not found & _NUMBERS:
            raise InputError(f"{name} compares numbers, and {column!r} holds {said} values.")
        if asks is Asks.TEXT and found and not found & _TEXTS:
            raise InputError(f"{name} reads text, and {column!r} holds {said} values.")
        if asks is Asks.CHARACTERS and found & {"array", "object"}:
            raise InputError(f"{name} counts characters, and {column!r} is not text: let a computed field count.")
        if asks is Asks.NO_TIMES and found == {"time"}:
            raise InputError(f"{name} lists values, and {column!r} holds times, which JSON does not have.")


def _kinds(column: str, payload: type[Payload]) -> frozenset[str]:
    return kinds(column, payload) or frozenset({"time"} if column == "occurred_at" else ())


def _mostly(name: str, kwargs: Kwargs) -> float:
    mostly = arguments.number(kwargs, "mostly")
    if mostly is None:
        return 1.0
    if not 0 <= mostly <= 1:
        raise InputError(f"{name} sets mostly to {mostly:g}: it is a share of the rows, from 0 to 1.")
    return mostly


def _missing(name: str, expectation: Expectation, columns: tuple[str, ...], kwargs: Kwargs) -> Check | None:
    if name in _NULLITY:
        return None
    if expectation.domain == ("column",):
        return missing_value(columns, kwargs)
    return missing_values(columns, kwargs, MANY_OPTIONS if expectation.domain == ("column_list",) else PAIR_OPTIONS)


def _key(name: str, kwargs: Kwargs) -> str:
    """Return 12 hex digits that stay the same while the expectation does."""
    plain = {key: value for key, value in kwargs.items() if value is not None}
    return hashlib.sha256(json.dumps([name, plain], sort_keys=True, default=shown).encode()).hexdigest()[:12]
