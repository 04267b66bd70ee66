"""Arguments: what an expectation is given, read strictly; whatever is not sound is refused with what to do."""

import re
import sys
from typing import Any

from quality.contracts import shown
from quality.rules.rule import Kwargs
from schemas.errors import InputError


def number(kwargs: Kwargs, name: str) -> float | None:
    """Return a number, None where it is absent; as a float, for so Great Expectations reads it."""
    found = kwargs.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) <= sys.float_info.max:
        raise InputError(f"{name} must be a finite number, not {shown(found)}.")
    return float(found)


def needed_number(kwargs: Kwargs, name: str) -> float:
    """Return a number that must be there."""
    found = number(kwargs, name)
    if found is None:
        raise InputError(f"the expectation needs a number as `{name}`.")
    return found


def flag(kwargs: Kwargs, name: str) -> bool:
    """Return a truth value; absence is false."""
    found = kwargs.get(name) or False
    if not isinstance(found, bool):
        raise InputError(f"{name} must be true or false, not {shown(found)}.")
    return found


def choice(kwargs: Kwargs, name: str, allowed: tuple[str, ...]) -> str:
    """Return one of several words; the first stands for absence."""
    found = kwargs.get(name) or allowed[0]
    if found not in allowed:
        raise InputError(f"{name} must be one of {', '.join(allowed)}, not {shown(found)}.")
    return str(found)


def text(kwargs: Kwargs, name: str) -> str:
    """Return a text that must be there."""
    found = kwargs.get(name)
    if not isinstance(found, str):
        raise InputError(f"a `{name}` is missing among the kwargs: it must be a text.")
    return found


def scalars(kwargs: Kwargs, name: str) -> list[Any]:
    """Return a list of plain values."""
    found = kwargs.get(name)
    if not isinstance(found, list) or any(isinstance(value, list | dict) for value in found):
        raise InputError(f"{name} must be a list of texts, numbers, true or false.")
    return found


def texts(kwargs: Kwargs, name: str) -> list[str]:
    """Return a list of at least one text."""
    found = kwargs.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(value, str) for value in found):
        raise InputError(f"{name} must be a list of at least one text.")
    return found


def pattern(regex: str) -> re.Pattern[str]:
    """Return a regular expression that may be searched with."""
    try:
        return re.compile(regex)
    except re.error as error:
        raise InputError(f"the regex {regex!r} is not valid: {error}.") from error
