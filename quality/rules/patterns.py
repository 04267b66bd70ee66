"""Patterns: regular expressions, searched in the text of a value. A number's text is what Python prints."""

from collections.abc import Callable

from quality.contracts import shown
from quality.rules import arguments
from quality.rules.rule import Compiled, Kwargs

Found = Callable[[object], bool]


def matches(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for texts in which the pattern is found."""
    regex, name = arguments.text(kwargs, "regex"), columns[0]
    found = _found(regex)
    return lambda data: data.where(name, lambda value: not found(value)), f"text matching {regex}"


def matches_not(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for texts in which the pattern is not found."""
    regex, name = arguments.text(kwargs, "regex"), columns[0]
    found = _found(regex)
    return lambda data: data.where(name, found), f"text without {regex}"


def matches_several(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for texts in which any, or all, of the patterns are found."""
    regexes, name = arguments.texts(kwargs, "regex_list"), columns[0]
    match_on = arguments.choice(kwargs, "match_on", ("any", "all"))
    found, enough = [_found(regex) for regex in regexes], any if match_on == "any" else all
    allowed = f"text matching {match_on} of {shown(regexes)}"
    return lambda data: data.where(name, lambda value: not enough(one(value) for one in found)), allowed


def matches_none(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for texts in which none of the patterns is found."""
    regexes, name = arguments.texts(kwargs, "regex_list"), columns[0]
    found = [_found(regex) for regex in regexes]
    allowed = f"text without any of {shown(regexes)}"
    return lambda data: data.where(name, lambda value: any(one(value) for one in found)), allowed


def _found(regex: str) -> Found:
    pattern = arguments.pattern(regex)
    return lambda value: pattern.search(str(value)) is not None
