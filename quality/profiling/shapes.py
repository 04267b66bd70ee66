"""Shapes: what texts look like, all letters and all digits being alike, and the pattern that texts of a shape keep."""

import re
from collections.abc import Iterable
from functools import cache
from itertools import groupby

# A run of one class of characters, and how long it is.
Run = tuple[str, int]
# The classes of a text's runs; a character of no class is a run of its own.
Shape = tuple[str, ...]

_CLASSES = {"a": "[a-z]", "A": "[A-Z]", "9": "[0-9]", "é": r"[^\W\d_a-zA-Z]"}


def runs(text: str) -> tuple[Run, ...]:
    """Return the runs of a text: of small letters, of capitals, of digits, of other letters, of one other sign."""
    return tuple((kind, len(list(some))) for kind, some in groupby(map(_class, text)))


def shape(text: str) -> Shape:
    """Return the classes of a text's runs."""
    return tuple(kind for kind, _ in runs(text))


def pattern(texts: Iterable[str]) -> str:
    """Return a regular expression, without anchors, that texts of one shape keep.

    A run that is equally long in all of them keeps that length, any other has one character or more.
    """
    columns = zip(*(runs(text) for text in texts), strict=True)
    return "".join(_part(column[0][0], {length for _, length in column}) for column in columns)


@cache
def _class(character: str) -> str:
    """Return the class of a character: a, A, 9, é, or for one of none a dot and itself."""
    if character.isascii() and character.isalnum():
        return "9" if character.isdigit() else "A" if character.isupper() else "a"
    return "é" if re.fullmatch(_CLASSES["é"], character) else f".{character}"


def _part(kind: str, lengths: set[int]) -> str:
    one = _CLASSES.get(kind) or _plain(kind[1:])
    if len(lengths) > 1:
        return f"{one}+"
    (length,) = lengths
    return one if length == 1 else f"{one}{{{length}}}"


def _plain(character: str) -> str:
    """Return a character as a pattern; a space stays one, for people read these."""
    return " " if character == " " else re.escape(character)
