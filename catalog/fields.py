"""Which type the values of each of the payloads' fields share, found in one pass and with a few values in hand."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa
from pydantic import JsonValue

from catalog.canonical import canonical

# By what it tells of the type: a value that stands for all of its sort.
Witnesses = dict[str, Any]
# The type of each field by name; None of those whose values share none, and are told as JSON.
Types = Mapping[str, pa.DataType | None]


class Fields:
    """The fields that payloads have, with values of each that stand for all others: the type of these is that of all.

    Arrow takes the type from which sorts of values there are, and refuses integers by their size: the smallest and the
    largest tell.
    """

    def __init__(self) -> None:
        self._seen: dict[str, Witnesses] = {}

    def note(self, payloads: Sequence[Mapping[str, JsonValue]]) -> None:
        """Take payloads into account."""
        for name in dict.fromkeys(chain.from_iterable(payloads)):
            _note(self._seen.setdefault(name, {}), [payload[name] for payload in payloads if name in payload])

    @property
    def types(self) -> Types:
        """The type of each field, in the order of their names."""
        return {name: _shared(list(map(_told, witnesses.items()))) for name, witnesses in sorted(self._seen.items())}


def field_types(payloads: Iterable[Mapping[str, JsonValue]]) -> Types:
    """Return the type of each field of the payloads."""
    fields = Fields()
    fields.note(list(payloads))
    return fields.types


def column(values: list[JsonValue], of_type: pa.DataType | None) -> pa.Array:
    """Return a field's values as a column of the type that `field_types` found for it."""
    if of_type is None:
        return pa.array([as_text(value) for value in values], type=pa.string())
    return pa.array(values, type=of_type)


def as_text(value: JsonValue) -> str | None:
    """Return a value as JSON; absent ones stay so."""
    return None if value is None else canonical(value).decode()


def _note(seen: Witnesses, values: Sequence[Any]) -> None:
    kinds = {type(value): value for value in values}
    whole = [value for value in values if type(value) is int] if int in kinds else []
    if whole:
        whole += [seen[name] for name in ("least", "most") if name in seen]
        seen["least"], seen["most"] = min(whole), max(whole)
    if list in kinds:
        inside = chain.from_iterable(value for value in values if isinstance(value, list))
        _note(seen.setdefault("list", {}), list(inside))
    for kind, value in kinds.items():
        if kind not in (int, list):
            seen.setdefault(kind.__name__, value)


def _told(witness: tuple[str, Any]) -> Any:
    sort, value = witness
    return list(map(_told, value.items())) if sort == "list" else value


def _shared(witnesses: list[Any]) -> pa.DataType | None:
    """Return the type of these values; None where they share none, or one that Parquet's readers differ about."""
    if any(isinstance(value, dict) for value in witnesses):
        return None
    try:
        of_type = pa.array(witnesses).type
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return None
    inner = of_type.value_type if pa.types.is_list(of_type) else of_type
    return None if pa.types.is_null(inner) or pa.types.is_nested(inner) else of_type
