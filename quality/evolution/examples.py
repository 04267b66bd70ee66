"""Values that a place likely lets in, as plain JSON; not surely, for validators and patterns are not asked."""

from collections.abc import Callable
from typing import Any

from quality.evolution.constraints import highest, lowest
from quality.evolution.nodes import Node, choices

# Longer texts and lists are not built.
LONGEST = 10_000
# Deeper models are not filled in.
DEEPEST = 8


def example(node: Node, depth: int = 0) -> Any:
    """Return a value for a place; None for types that are not built here."""
    build = BUILT.get(node.type)
    return build(node, depth + 1) if build and depth < DEEPEST else None


def filled(node: Node, depth: int = 0) -> dict[str, Any]:
    """Return a model's required fields, with a value each."""
    return {name: example(field, depth) for name, field in fields(node).items() if field.type != "default"}


def fields(node: Node) -> dict[str, Node]:
    """Return the fields of a model by what producers call them."""
    inner = node.part("schema")
    while inner.type.startswith("function-"):
        inner = inner.part("schema")
    listed = inner.schema.get("fields", {})
    named = {str(each.get("validation_alias", name)): each["schema"] for name, each in listed.items()}
    return {name: inner.at(schema) for name, schema in named.items()}


def least(node: Node) -> int:
    """Return the least length that is let in."""
    return min(int(node.schema.get("min_length") or 0), LONGEST)


def _number(node: Node, _: int) -> Any:
    low, high, step = lowest(node), highest(node), node.schema.get("multiple_of")
    if low is not None and high is not None and node.type == "float":
        return (low[0] + high[0]) / 2
    bound = low or high or (0, 0)
    start = bound[0] + bound[1]
    return -(-start // step) * step if step else start


def _text(node: Node, _: int) -> str:
    return "" if node.schema.get("max_length") == 0 else "a" * max(1, least(node))


def _list(node: Node, depth: int) -> list[Any]:
    return [example(node.part("items_schema"), depth)] * least(node)


def _tuple(node: Node, depth: int) -> list[Any]:
    return [example(node.at(item), depth) for item in node.schema["items_schema"]]


def _mapping(node: Node, depth: int) -> dict[str, Any]:
    return {f"key{number}": example(node.part("values_schema"), depth) for number in range(least(node))}


def _first(node: Node, depth: int) -> Any:
    choice = node.schema["choices"][0]
    return example(node.at(choice[0] if isinstance(choice, tuple) else choice), depth)


def _within(node: Node, depth: int) -> Any:
    return example(node.part("schema"), depth)


BUILT: dict[str, Callable[[Node, int], Any]] = {
    "int": _number,
    "float": _number,
    "str": _text,
    "bool": lambda *_: False,
    "date": lambda *_: "2026-01-31",
    "datetime": lambda *_: "2026-01-31T12:00:00Z",
    "literal": lambda node, _: choices(node)[0],
    "enum": lambda node, _: choices(node)[0],
    "list": _list,
    "set": _list,
    "frozenset": _list,
    "tuple": _tuple,
    "dict": _mapping,
    "model": filled,
    "union": _first,
    **dict.fromkeys(("default", "function-after", "function-before", "function-wrap"), _within),
}
