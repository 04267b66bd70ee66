"""Turns pydantic's schema of a contract into types that msgspec reads by, and refuses what has no equal there.

Pydantic stays the one definition. So everything here may refuse too much and nothing may accept too much: whatever a
schema holds that is not known below, the contract is not compiled.
"""

import math
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args

import msgspec
from pydantic import BaseModel, TypeAdapter

from quality.computed import gives_scalars, reads_only
from quality.instants import Instant
from schemas import samples

Schema = Mapping[str, Any]

# What a schema may say without changing what is accepted, or what a field's value is.
SILENT = frozenset({"type", "ref", "metadata", "strict"})
# What a model's configuration may say, likewise. A title says nothing; the others are about writing or changing.
SILENT_CONFIG = frozenset({"title", "strict", "allow_inf_nan", "frozen", "ser_json_inf_nan", "extra_fields_behavior"})
# Bounds of integers beyond these are not msgspec's.
INT64 = range(-(2**63), 2**63)
# What a model may not have of its own: they decide what it holds, and what is read of it.
TELLING = ("__new__", "__getattribute__", "__getattr__", "__setattr__", "model_dump")
# How many models deep the payload stands: it is the second, in the sample.
PAYLOAD_DEPTH = 2
# The sample's own time, which is read as text at first: of many samples together the times are read much faster.
OCCURRED_AT = "occurred_at"
# The one time that is compiled.
INSTANT = TypeAdapter(samples.Instant).core_schema


class Unsupported(Exception):  # noqa: N818 - not an error: pydantic reads what is not compiled
    """Part of a contract has no equal in msgspec."""


def compile_schema(schema: Schema) -> tuple[Any, bool]:
    """Return the type that reads what a schema accepts, and whether it may nest without end, for it holds any value.

    Raises:
        Unsupported: there is no such type. msgspec says so too, by a TypeError or ValueError.
    """
    compiler = _Compiler()
    return compiler.type_of(schema), compiler.deep


def holds(kind: Any, *wanted: type) -> bool:
    """Say whether values of a type may hold what is of the type wanted."""
    return (isinstance(kind, type) and issubclass(kind, wanted)) or any(holds(one, *wanted) for one in get_args(kind))


class _Compiler:
    """Makes types of schemas. `deep` says that one of them holds any value, which may nest without end."""

    def __init__(self) -> None:
        self.deep = False
        self._definitions: dict[str, Schema] = {}
        # The references that are being followed.
        self._open: set[str] = set()
        # How many models deep the schema stands that is being compiled.
        self._models = 0

    def type_of(self, schema: Schema) -> Any:
        """Return the type of what a schema accepts."""
        compile_ = _TYPES.get(schema["type"])
        if compile_ is None:
            raise Unsupported(schema["type"])
        return compile_(self, schema)

    def definitions(self, schema: Schema) -> Any:
        _only(schema, "definitions", "schema")
        self._definitions |= {one["ref"]: one for one in schema["definitions"]}
        return self.type_of(schema["schema"])

    def reference(self, schema: Schema) -> Any:
        _only(schema, "schema_ref")
        name = schema["schema_ref"]
        if name in self._open:
            raise Unsupported("recursion")
        self._open.add(name)
        found = self.type_of(self._definitions[name])
        self._open.remove(name)
        return found

    def function(self, schema: Schema) -> Any:
        """Return the type below a check that is known to hold of what is read here; project's own are not."""
        _only(schema, "function", "schema")
        check = schema["function"]["function"]
        if check is samples.within_utc and _same(schema, INSTANT):
            return Instant
        if check is not samples.names_are_plain:
            raise Unsupported("a validator")
        return self.type_of(schema["schema"])

    def any_(self, schema: Schema) -> Any:
        _only(schema)
        self.deep = True
        return Any

    def json(self, schema: Schema) -> Any:
        _only(schema, "json_schema", "python_schema")
        return self.type_of(schema["json_schema"])

    def model(self, schema: Schema) -> Any:
        _only(schema, "cls", "config", "custom_init", "root_model", "schema", "generic_origin")
        config = schema.get("config", {})
        if schema.get("custom_init") or schema.get("root_model") or set(config) - SILENT_CONFIG:
            raise Unsupported("a model of its own ways")
        if any(getattr(schema["cls"], name, None) is not getattr(BaseModel, name, None) for name in TELLING):
            raise Unsupported("a model that tells otherwise what it holds")
        if config.get("extra_fields_behavior") != "forbid":
            raise Unsupported("unknown fields")
        self._models += 1
        found = self._struct(schema["cls"], schema["schema"])
        self._models -= 1
        return found

    def _struct(self, cls: type, schema: Schema) -> Any:
        _only(schema, "fields", "model_name", "computed_fields")
        if schema["type"] != "model-fields":
            raise Unsupported(schema["type"])
        fields = [self._field(name, field) for name, field in schema["fields"].items()]
        plain = {name for name, kind, _ in fields if not holds(kind, msgspec.Struct, Instant)}
        computed = {one["property_name"]: _property(cls, one, plain) for one in schema.get("computed_fields", ())}
        if computed and self._models > PAYLOAD_DEPTH:
            raise Unsupported("computed fields within the payload")
        return msgspec.defstruct(
            schema["model_name"], fields, namespace=computed, forbid_unknown_fields=True, kw_only=True, gc=False
        )

    def _field(self, name: str, schema: Schema) -> tuple[str, Any, Any]:
        _only(schema, "schema", "validation_alias", "serialization_alias", "frozen")
        alias = schema.get("validation_alias", name)
        if not isinstance(alias, str):
            raise Unsupported("several aliases")
        inner: Schema = schema["schema"]
        if inner["type"] != "default":
            kind = self.type_of(inner)
            if kind is Instant and (self._models, name) == (1, OCCURRED_AT):
                kind = str
            return name, kind, msgspec.field(name=alias)
        _only(inner, "schema", "default", "default_factory", "default_factory_takes_data", "copy_default")
        return name, self.type_of(inner["schema"]), msgspec.field(name=alias, **_default(inner))

    def nullable(self, schema: Schema) -> Any:
        _only(schema, "schema")
        return Union[self.type_of(schema["schema"]), None]  # noqa: UP007 - the type is known while running only

    def list_(self, schema: Schema) -> Any:
        _only(schema, "items_schema", "min_length", "max_length")
        return _with(list[self._items(schema)], _lengths(schema))  # type: ignore[misc]

    def _items(self, schema: Schema) -> Any:
        return self.type_of(schema.get("items_schema", {"type": "any"}))

    def tuple_(self, schema: Schema) -> Any:
        _only(schema, "items_schema", "variadic_item_index", "min_length", "max_length")
        items = tuple(self.type_of(one) for one in schema["items_schema"])
        if "variadic_item_index" not in schema and not _lengths(schema):
            return tuple[items]  # type: ignore[valid-type]
        if len(items) != 1:
            raise Unsupported("a tuple with a part of any length")
        return _with(tuple[items[0], ...], _lengths(schema))  # type: ignore[valid-type]

    def dict_(self, schema: Schema) -> Any:
        _only(schema, "keys_schema", "values_schema", "min_length", "max_length")
        if schema.get("keys_schema", {}).get("type") != "str":
            raise Unsupported("keys that are no texts")
        values = self.type_of(schema.get("values_schema", {"type": "any"}))
        return _with(dict[self.type_of(schema["keys_schema"]), values], _lengths(schema))  # type: ignore[misc]

    def union(self, schema: Schema) -> Any:
        _only(schema, "choices")
        plain = {"str", "int", "float", "bool", "none"}
        if any(isinstance(one, tuple) or one["type"] not in plain or set(one) - SILENT for one in schema["choices"]):
            raise Unsupported("a union of more than plain values")
        return Union[tuple(self.type_of(one) for one in schema["choices"])]  # noqa: UP007 - see nullable


def _only(schema: Schema, *known: str) -> None:
    """Refuse a schema that says more than what is known here."""
    if unknown := set(schema) - SILENT - set(known):
        raise Unsupported(", ".join(sorted(unknown)))


def _with(kind: Any, bounds: Mapping[str, Any]) -> Any:
    return Annotated[kind, msgspec.Meta(**bounds)] if bounds else kind


def _lengths(schema: Schema) -> dict[str, Any]:
    return {name: schema[name] for name in ("min_length", "max_length") if name in schema}


def _bounds(schema: Schema) -> dict[str, Any]:
    return {name: schema[name] for name in ("ge", "gt", "le", "lt") if name in schema}


def _text(_: _Compiler, schema: Schema) -> Any:
    _only(schema, "min_length", "max_length")
    return _with(str, _lengths(schema))


def _integer(_: _Compiler, schema: Schema) -> Any:
    _only(schema, "ge", "gt", "le", "lt")
    if any(not isinstance(bound, int) or bound not in INT64 for bound in _bounds(schema).values()):
        raise Unsupported("a bound that is no integer of 64 bits")
    return _with(int, _bounds(schema))


def _number(_: _Compiler, schema: Schema) -> Any:
    _only(schema, "ge", "gt", "le", "lt", "allow_inf_nan")
    return _with(float, _bounds(schema))


def _plain(kind: Any) -> Callable[[_Compiler, Schema], Any]:
    def of(_: _Compiler, schema: Schema) -> Any:
        _only(schema)
        return kind

    return of


def _literal(_: _Compiler, schema: Schema) -> Any:
    _only(schema, "expected")
    if any(type(one) is not str and (type(one) is not int or one not in INT64) for one in schema["expected"]):
        raise Unsupported("a literal that is no text, nor an integer of 64 bits")
    return Literal[tuple(schema["expected"])]


def _enum(_: _Compiler, schema: Schema) -> Any:
    _only(schema, "cls", "members", "sub_type")
    cls: type[Enum] = schema["cls"]
    if schema["members"] != list(cls) or {type(one.value) for one in cls} != {str}:
        raise Unsupported("an enum of other values than texts")
    return cls


def _default(schema: Schema) -> dict[str, Any]:
    """Return what an absent field becomes; a mutable default must be made anew for each sample."""
    if "default_factory" in schema:
        if schema["default_factory"] not in (dict, list):
            raise Unsupported("a default that code makes")
        return {"default_factory": schema["default_factory"]}
    default = schema["default"]
    if not _can_be_kept(default.value if isinstance(default, Enum) else default):
        raise Unsupported("a default that is no plain value, or cannot be kept")
    return {"default": default}


def _can_be_kept(value: object) -> bool:
    """Say whether a plain value can be written: no NUL, lone surrogate or infinity, nor an integer without end."""
    if isinstance(value, str):
        return type(value) is str and value.isprintable()
    if isinstance(value, float):
        return type(value) is float and math.isfinite(value)
    return value is None or isinstance(value, bool) or (type(value) is int and value in INT64)


def _property(cls: type, schema: Schema, plain: Collection[str]) -> property:
    """Return a computed field, to be computed from a struct as it is from the model; `plain` are alike in both."""
    _only(schema, "property_name", "return_schema", "alias")
    found = getattr(cls, schema["property_name"], None)
    if type(found) is not property or not reads_only(found.fget, plain):
        raise Unsupported("a computed field that is no property of plain fields")
    if not gives_scalars(schema["return_schema"]):
        raise Unsupported("a computed field of more than a plain value")
    return found


def _same(schema: Any, other: Any) -> bool:
    """Say whether two schemas are the same but for what they say to others than pydantic."""
    if not isinstance(schema, dict) or not isinstance(other, dict):
        return bool(schema == other)
    names = (schema.keys() | other.keys()) - {"metadata"}
    return all(name in schema and name in other and _same(schema[name], other[name]) for name in names)


_TYPES: Mapping[str, Callable[[_Compiler, Schema], Any]] = {
    "any": _Compiler.any_,
    "bool": _plain(bool),
    "definition-ref": _Compiler.reference,
    "definitions": _Compiler.definitions,
    "dict": _Compiler.dict_,
    "enum": _enum,
    "float": _number,
    "function-after": _Compiler.function,
    "int": _integer,
    "json-or-python": _Compiler.json,
    "list": _Compiler.list_,
    "literal": _literal,
    "model": _Compiler.model,
    "none": _plain(None),
    "nullable": _Compiler.nullable,
    "str": _text,
    "tuple": _Compiler.tuple_,
    "union": _Compiler.union,
}
