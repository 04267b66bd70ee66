"""What a sample looks like, where the project does not say: guessed from the types of the contract's fields."""

from collections.abc import Mapping
from math import isqrt
from typing import Any

from schemas.views import View, ViewKind

# Fewer numbers than this are no image, even where they make a square.
LEAST_PIXELS = 16
NUMBERS = frozenset({"integer", "number"})
# What a field that is no list of numbers and no free text can be drawn as, and what a list of numbers can.
LISTS = (ViewKind.IMAGE, ViewKind.SERIES)

Schema = Mapping[str, Any]


def completed(view: View, payload: Schema) -> View:
    """Return the view with its kind and field, by the JSON Schema of the payload; what the project says stays.

    As many numbers as a square has pixels, always, or rows of numbers are an image; any other list of numbers is a
    series; the only free text of a payload is a text. All else is a table.
    """
    if view.media is not None:
        return view.model_copy(update={"kind": ViewKind.IMAGE})
    fields: Mapping[str, Schema] = payload.get("properties", {})
    names = [view.field] if view.field is not None else list(fields)
    for name in names:
        able = _able(fields.get(name, {}))
        if able and (view.kind in able or (view.kind is None and _is_clear(name, fields))):
            return view.model_copy(update={"kind": view.kind or able[0], "field": name})
    return view.model_copy(update={"kind": ViewKind.TABLE, "field": None})


def _able(schema: Schema) -> tuple[ViewKind, ...]:
    """Return what a field can be drawn as, the most likely first."""
    if _is_free_text(schema):
        return (ViewKind.TEXT,)
    items = schema.get("items", {}) if schema.get("type") == "array" else {}
    if items.get("type") == "array" and items.get("items", {}).get("type") in NUMBERS:
        return (ViewKind.IMAGE,)
    if items.get("type") not in NUMBERS:
        return ()
    return LISTS if _is_square(schema) else LISTS[::-1]


def _is_clear(name: str, fields: Mapping[str, Schema]) -> bool:
    """Say whether a field is what the sample is about: of several texts nobody knows."""
    return not _is_free_text(fields.get(name, {})) or sum(map(_is_free_text, fields.values())) == 1


def _is_free_text(schema: Schema) -> bool:
    return schema.get("type") == "string" and "enum" not in schema and "format" not in schema


def _is_square(schema: Schema) -> bool:
    count = schema.get("minItems", 0)
    return bool(count == schema.get("maxItems") and count >= LEAST_PIXELS and isqrt(count) ** 2 == count)
