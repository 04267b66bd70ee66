"""A payload model as pydantic validates it: the one description that leaves nothing out.

JSON Schema does not say whether a field coerces, which validators it has, or what a union tries first; pydantic's core
schema (pydantic_core.core_schema) says all of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import CodeType, FunctionType, MethodType
from typing import Any

from pydantic import BaseModel

# Says nothing of what is let in or how it is read.
SILENT = {
    "metadata",
    "ref",
    "title",
    "model_name",
    "custom_error_type",
    "custom_error_message",
    "custom_error_context",
    "cls",
}
# Hold values of the payload, not parts of its description.
VALUES = {"default", "expected"}
# What JSON calls the values that each core type takes; others may take several.
JSON_KINDS = {
    "int": "number",
    "float": "number",
    "str": "string",
    "bool": "boolean",
    "none": "null",
    "list": "array",
    "set": "array",
    "frozenset": "array",
    "tuple": "array",
    "dict": "object",
    "model": "object",
    "datetime": "string",
    "date": "string",
}
ANY = "any"
CHOICES = {"literal", "enum"}


@dataclass(frozen=True)
class Node:
    """One place of a core schema, with the definitions and the model configuration that hold there."""

    schema: Mapping[str, Any]
    definitions: Mapping[str, Any]
    config: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The core type, such as `int` or `model`."""
        return str(self.schema["type"])

    @property
    def ref(self) -> str | None:
        """What other places call this one by; recursive models come back to it."""
        return self.schema.get("ref")

    @property
    def strict(self) -> bool:
        """Whether nothing is coerced here."""
        return bool(self.schema.get("strict", self.config.get("strict", False)))

    def at(self, schema: Mapping[str, Any] | None) -> "Node":
        """Return what stands below this place; anything goes where nothing is said."""
        return resolved(Node(schema or {"type": ANY}, self.definitions, self.config))

    def part(self, name: str) -> "Node":
        """Return what the key `name` of this place holds."""
        return self.at(self.schema.get(name))


def root(model: type[BaseModel]) -> Node:
    """Return the whole of a model."""
    return resolved(Node(model.__pydantic_core_schema__, {}, {}))


def resolved(node: Node) -> Node:
    """Return the node itself, whatever names or envelopes stand for it: JSON comes in, never Python values."""
    schema, definitions = node.schema, node.definitions
    while True:
        match schema["type"]:
            case "definitions":
                definitions = {**definitions, **{each["ref"]: each for each in schema["definitions"]}}
                schema = schema["schema"]
            case "definition-ref" if "serialization" not in schema:
                schema = definitions[schema["schema_ref"]]
            case "json-or-python" if "serialization" not in schema:
                schema = schema["json_schema"]
            case "model":  # a model's own configuration rules in it, never that of the model around it
                return Node(schema, definitions, schema.get("config", {}))
            case _:
                return Node(schema, definitions, node.config)


def alternatives(node: Node) -> Mapping[str, Node] | None:
    """Return what a value may be, by what JSON calls it; None where that does not tell the alternatives apart."""
    flat = list(_flat(node))
    found = {_kind(each): each for each in flat}
    if len(flat) == 1:
        return found
    coerces = any(not each.strict for kind, each in found.items() if kind != "null")
    return None if len(found) < len(flat) or ANY in found or (coerces and len(found.keys() - {"null"}) > 1) else found


def _flat(node: Node) -> Iterator[Node]:
    if "serialization" in node.schema:
        yield node
    elif node.type == "nullable":
        yield node.at({"type": "none"})
        yield from _flat(node.part("schema"))
    elif node.type == "union":
        for choice in node.schema["choices"]:
            yield from _flat(node.at(choice[0] if isinstance(choice, tuple) else choice))
    else:
        yield node


def _kind(node: Node) -> str:
    if node.type in CHOICES:
        return "string" if all(isinstance(value, str) for value in choices(node)) else ANY
    return JSON_KINDS.get(node.type, ANY)


def choices(node: Node) -> list[Any]:
    """Return the values of a literal or an enumeration, as JSON says them."""
    listed = node.schema["expected" if node.type == "literal" else "members"]
    return [value.value if isinstance(value, Enum) else value for value in listed]


def alike(old: Node, new: Node) -> bool:
    """Say whether both let in the same and read it the same; no where it cannot be told."""
    ruling = ("strict", "allow_inf_nan")
    if any(old.config.get(name) != new.config.get(name) for name in ruling):
        return False
    return _alike(old.schema, new.schema, (old, new), frozenset())


def _alike(old: Any, new: Any, at: tuple[Node, Node], under: frozenset[tuple[str, str]]) -> bool:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return _mappings_alike(old, new, at, under)
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return len(old) == len(new) and all(_alike(a, b, at, under) for a, b in zip(old, new, strict=True))
    if isinstance(old, Enum) and isinstance(new, Enum):
        return (old.name, old.value) == (new.name, new.value)
    if callable(old) and callable(new):
        return same_code(old, new)
    return type(old) is type(new) and bool(old == new)


def _mappings_alike(
    old: Mapping[Any, Any], new: Mapping[Any, Any], at: tuple[Node, Node], under: frozenset[tuple[str, str]]
) -> bool:
    silent = {"title"} if "extra_fields_behavior" in old else set()  # a configuration names its class
    if isinstance(old.get("type"), str) and isinstance(new.get("type"), str):
        one, other = (node.at(schema) for node, schema in zip(at, (old, new), strict=True))
        pair = (str(one.ref), str(other.ref))
        if one.ref and pair in under:
            return True
        at, old, new, under, silent = (one, other), one.schema, other.schema, under | {pair}, SILENT
        if not _behave_alike(old, new):
            return False
    keys, others = old.keys() - silent, new.keys() - silent
    return keys == others and all(_part_alike(key, old[key], new[key], at, under) for key in keys)


def _part_alike(key: Any, old: Any, new: Any, at: tuple[Node, Node], under: frozenset[tuple[str, str]]) -> bool:
    return same_value(old, new) if key in VALUES else _alike(old, new, at, under)


def same_value(old: object, new: object) -> bool:
    """Say whether two values are equal, also in type: true is not 1."""
    return bool(old == new) and repr(old) == repr(new)


def _behave_alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Compare what a class adds to its core schema; models and enumerations are compared by their parts."""
    one, other = old.get("cls"), new.get("cls")
    if one is other:
        return True
    if old["type"] == new["type"] == "model":
        return not old.get("custom_init") and methods_alike(one, other)
    return bool(old["type"] == new["type"] == "enum")


def methods_alike(old: Any, new: Any) -> bool:
    """Say whether two models compute the same columns and do the same after validation."""
    computed = old.model_computed_fields, new.model_computed_fields
    after = same_code(old.model_post_init, new.model_post_init)
    return after and all(
        name in computed[1] and same_code(getter(field), getter(computed[1][name]))
        for name, field in computed[0].items()
    )


def getter(field: Any) -> Any:
    """Return the function of a computed field."""
    wrapped = field.wrapped_property
    return getattr(wrapped, "fget", None) or getattr(wrapped, "func", wrapped)


def same_code(old: Any, new: Any) -> bool:
    """Say whether two functions are one, or the same text in the same module; what they call is not followed."""
    one, other = (each.__func__ if isinstance(each, MethodType) else each for each in (old, new))
    if one is other:
        return True
    if not (isinstance(one, FunctionType) and isinstance(other, FunctionType)):
        return False
    return (
        one.__globals__ is other.__globals__
        and one.__closure__ is other.__closure__ is None
        and (one.__defaults__, one.__kwdefaults__) == (other.__defaults__, other.__kwdefaults__)
        and _text(one.__code__, one.__doc__) == _text(other.__code__, other.__doc__)
    )


def _text(code: CodeType, doc: str | None = None) -> tuple[object, ...]:
    """Return what a function does, without where it stands and how it is documented."""
    documented = doc is not None and code.co_consts[:1] == (doc,)
    constants = (None, *code.co_consts[1:]) if documented else code.co_consts
    told = [_text(each) if isinstance(each, CodeType) else (type(each), repr(each)) for each in constants]
    return (code.co_code, code.co_names, code.co_varnames, *told)
