"""Formats: texts that hold something else: a time, a date, JSON. What is not text breaks these rules."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dateutil import parser
from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for
from referencing import Registry

from quality.contracts import shown
from quality.rules import arguments
from quality.rules.rule import Compiled, Kwargs
from schemas.errors import InputError

# What a date leaves out is taken from here, not from today: a replay must judge as the first run did. The year is a
# leap year and the month has 31 days, so that every day that some date could mean is one.
DEFAULT = datetime(2000, 1, 1)  # noqa: DTZ001 - zones are left out


def strftime(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for times as the format writes them."""
    form, name = arguments.text(kwargs, "strftime_format"), columns[0]
    try:
        datetime.strptime(datetime(2000, 1, 1, tzinfo=UTC).strftime(form), form)  # noqa: DTZ007 - only the form counts
    except ValueError as error:
        raise InputError(f"the strftime_format {form!r} is not valid: {error}.") from error
    return lambda data: data.where(name, lambda value: not _is_written(value, form)), f"a time written as {form}"


def _is_written(value: Any, form: str) -> bool:
    return bool(datetime.strptime(value, form))  # noqa: DTZ007 - only the form counts


def dateutil(columns: tuple[str, ...], _: Kwargs) -> Compiled:
    """Ask for texts in which dateutil finds a date."""
    return lambda data: data.where(columns[0], lambda value: not _is_date(value)), "a date"


def _is_date(value: Any) -> bool:
    # A zone changes no verdict, and dateutil would compare its name with this machine's.
    return isinstance(value, str) and bool(parser.parse(value, default=DEFAULT, ignoretz=True))


def json_text(columns: tuple[str, ...], _: Kwargs) -> Compiled:
    """Ask for JSON; as Python reads it, so NaN and infinities are JSON."""
    return lambda data: data.where(columns[0], lambda value: not _is_json(value)), "JSON"


def _is_json(value: Any) -> bool:
    json.loads(value)
    return True


def json_schema(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for JSON that keeps a JSON Schema, which must be whole in itself: the stream fetches nothing."""
    schema, name = kwargs.get("json_schema"), columns[0]
    if not isinstance(schema, dict):
        raise InputError("a `json_schema` is missing among the kwargs: it must be an object.")
    outside = [where for where in _references(schema) if not where.startswith("#")]
    if outside:
        raise InputError(f"json_schema refers to {shown(outside[0])}: copy what it needs into its own $defs.")
    kind = validator_for(schema)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise InputError(f"the json_schema is not valid: {error.message}.") from error
    judge = kind(schema, registry=Registry())
    return lambda data: data.where(
        name, lambda value: not judge.is_valid(json.loads(value))
    ), "JSON that keeps the schema"


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key in {"$ref", "$dynamicRef", "$recursiveRef"} and isinstance(value, str):
                yield value
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)
