"""Kinds: rules about the type of a value, by the names that Python has for it."""

from collections.abc import Mapping

import numpy as np

from quality.rules import arguments
from quality.rules.columns import Columns, Mask
from quality.rules.rule import Check, Compiled, Kwargs
from schemas.errors import InputError

# The names by which Great Expectations calls the types that a value of a sample can have; case does not matter.
NAMES: Mapping[str, type] = {
    "bool": bool,
    "int": int,
    "long": int,
    "float": float,
    "str": str,
    "string_types": str,
    "list": list,
    "dict": dict,
    "bytes": bytes,
    "complex": complex,
}


def of_type(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for values of a type; true is also an int, as in Python."""
    name = arguments.text(kwargs, "type_")
    wanted = _named([name])
    if not wanted:
        raise InputError(f"type_ {name!r} is of tables, and values have none of it: use one of {', '.join(NAMES)}.")
    return _typed(columns[0], wanted), f"a value of type {name}"


def in_type_list(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for values of any of the types; those that only tables have, such as int64, add nothing."""
    names = arguments.texts(kwargs, "type_list")
    wanted = _named(names)
    unknown = [name for name in names if not _named([name]) and not _is_of_tables(name)]
    if unknown or not wanted:
        named = ", ".join(map(repr, unknown or names))
        raise InputError(f"type_list names {named}, and no value is of that: use any of {', '.join(NAMES)}.")
    return _typed(columns[0], wanted), f"a value of one of the types {', '.join(names)}"


def _named(names: list[str]) -> tuple[type, ...]:
    return tuple(NAMES[name.lower()] for name in names if name.lower() in NAMES)


def _is_of_tables(name: str) -> bool:
    try:
        np.dtype(name)
    except (TypeError, ValueError):
        return False
    return True


def _typed(name: str, wanted: tuple[type, ...]) -> Check:
    def check(data: Columns) -> Mask:
        if all(issubclass(kind, (*wanted, type(None))) for kind in data.kinds(name)):
            return data.none
        return data.where(name, lambda value: not isinstance(value, wanted))

    return check
