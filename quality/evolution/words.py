"""A place of a contract in a few words, as its author wrote it."""

from collections.abc import Callable

from quality.evolution.nodes import Node, choices

CONSTRAINTS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")
# Further choices of an enumeration are many, and the class says them.
SHOWN = 8


def told(node: Node) -> str:
    """Return type and constraints, such as `list[int ge=0] max_length=64`."""
    limits = [f"{name}={node.schema[name]!r}" for name in CONSTRAINTS if node.schema.get(name) is not None]
    lax = ["strict=False"] if node.schema.get("strict") is False else []
    return " ".join([_type(node), *limits, *lax])


def _type(node: Node) -> str:
    word = WORDED.get(node.type)
    return word(node) if word else node.type


def _within(node: Node) -> str:
    return told(node.part("schema"))


def _union(node: Node) -> str:
    return " | ".join(told(node.at(one[0] if isinstance(one, tuple) else one)) for one in node.schema["choices"])


def _list(node: Node) -> str:
    return f"{node.type}[{told(node.part('items_schema'))}]"


def _tuple(node: Node) -> str:
    items = ", ".join(told(node.at(item)) for item in node.schema["items_schema"])
    return f"tuple[{items}{', ...' if 'variadic_item_index' in node.schema else ''}]"


def _mapping(node: Node) -> str:
    return f"dict[{told(node.part('keys_schema'))}, {told(node.part('values_schema'))}]"


def _choices(node: Node) -> str:
    listed = [repr(value) for value in choices(node)]
    return "one of " + ", ".join(listed[:SHOWN]) + (", ..." if len(listed) > SHOWN else "")


WORDED: dict[str, Callable[[Node], str]] = {
    "nullable": lambda node: f"{_within(node)} | None",
    "union": _union,
    "tuple": _tuple,
    "dict": _mapping,
    "model": lambda node: str(node.schema["cls"].__name__),
    **dict.fromkeys(("default", "function-after", "function-before", "function-wrap"), _within),
    **dict.fromkeys(("list", "set", "frozenset"), _list),
    **dict.fromkeys(("literal", "enum"), _choices),
}
