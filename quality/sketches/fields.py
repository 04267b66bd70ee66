"""Which fields of a sample are sketched, and as what; each becomes one or several series of numbers or names."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.columns import kinds
from quality.routing.batch import named
from quality.sketches.vectors import projected
from schemas.samples import Payload

Column = Sequence[Any] | NDArray[np.float64]
# Of a record a number, NaN where there is none; a name or None; or several names.
Series = NDArray[np.float64] | Sequence[str | None] | Sequence[tuple[str, ...] | None]

# The most words of a text that are counted, and the most characters of one.
WORDS, WORD = 64, 40


class Kind(StrEnum):
    """What a field's values are taken for."""

    NUMBER = "number"  # a number; whatever is none counts as missing
    CATEGORY = "category"  # a short text, a truth value: counted as it is
    TEXT = "text"  # its length and its words
    VECTOR = "vector"  # a list of numbers: its length, its size and its place on a few fixed axes
    PRESENCE = "presence"  # only whether there is a value


@dataclass(frozen=True, kw_only=True, order=True)
class Field:
    """One field of a sample, by the name of its column."""

    name: str
    kind: Kind


# Of the envelope: the scores of the model, as numbers, and what it predicts.
PREDICTED = (
    Field(name="prediction.top", kind=Kind.CATEGORY),
    Field(name="prediction.confidence", kind=Kind.NUMBER),
    Field(name="prediction.margin", kind=Kind.NUMBER),
    Field(name="embedding", kind=Kind.VECTOR),
)
# What JSON calls values, and what they are taken for; what is several of these is only present or not.
KINDS: Mapping[frozenset[str], Kind] = {
    frozenset({"number"}): Kind.NUMBER,
    frozenset({"integer"}): Kind.NUMBER,
    frozenset({"number", "integer"}): Kind.NUMBER,
    frozenset({"string"}): Kind.CATEGORY,
    frozenset({"boolean"}): Kind.CATEGORY,
    frozenset({"array"}): Kind.VECTOR,
}


def fields_of(payload: type[Payload], names: Iterable[str], texts: Collection[str] = ()) -> tuple[Field, ...]:
    """Return fields of a payload by their names, in their order, as what the contract says they are.

    Those of `texts` count by words. What the contract does not know, such as attributes, counts as it is.
    """
    return tuple(
        Field(name=name, kind=Kind.TEXT if name in texts else _kind(name, payload)) for name in sorted(set(names))
    )


def _kind(name: str, payload: type[Payload]) -> Kind:
    if name in payload.model_fields or name in payload.model_computed_fields:
        return KINDS.get(kinds(name, payload), Kind.PRESENCE)
    return next((field.kind for field in PREDICTED if field.name == name), Kind.CATEGORY)


def series(field: Field, column: Column) -> Iterator[tuple[str, Series]]:
    """Yield what is sketched of a field, by the names of the sketches.

    A text `t` gives `t.length` and `t.words`; a vector `v` gives `v.length`, `v.size` and `v.axis1`, `v.axis2`, ...;
    of others there is one of the field's own name.
    """
    if field.kind is Kind.NUMBER:
        yield field.name, numbers(column)
    elif field.kind is Kind.TEXT:
        yield f"{field.name}.length", numbers([len(one) if isinstance(one, str) else None for one in column])
        yield f"{field.name}.words", [words(one) if isinstance(one, str) else None for one in column]
    elif field.kind is Kind.VECTOR:
        yield from ((f"{field.name}.{part}", found) for part, found in projected(column))
    elif field.kind is Kind.CATEGORY:
        yield field.name, named(field.name, list(column))
    else:
        yield field.name, [None if one is None else "present" for one in column]


def words(text: str) -> tuple[str, ...]:
    """Return the first words of a text, in small letters."""
    return tuple(word[:WORD] for word in islice(text.lower().split(), WORDS))


def numbers(column: Column) -> NDArray[np.float64]:
    """Return a column as numbers, NaN where there is none."""
    if isinstance(column, np.ndarray):
        return column
    try:
        return np.array(column, np.float64)
    except (TypeError, ValueError, OverflowError):  # some are no numbers
        return np.array([_number(one) for one in column], np.float64)


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) else np.nan
    except OverflowError:
        return np.inf if value > 0 else -np.inf  # type: ignore[operator]
