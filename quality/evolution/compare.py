"""What changed between two versions of a payload model, place by place."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from quality.evolution.changes import ChangeKind
from quality.evolution.constraints import COMPARED, LOOSER, OTHER, TIGHTER, Ways, highest, limits, lowest
from quality.evolution.fields import model_differences
from quality.evolution.nodes import ANY, CHOICES, SILENT, Node, alike, alternatives, choices, same_code, same_value
from quality.evolution.places import ITEM, KEY, VALUE, Difference, Place

# Up to this every integer is a float of its own.
EXACT = 2**53
SCALARS = {"int", "float", "str", "bool", "none", "date", "datetime", "time", "timedelta"}
LISTS = {"list", "set", "frozenset"}
# What stands below a place, and is compared there.
BELOW = {"type", "items_schema", "keys_schema", "values_schema", "variadic_item_index", "serialization"}


def differences(at: Place) -> Iterator[Difference]:
    """Yield every difference at a place and below it."""
    if alike(at.old, at.new):
        return
    old, new = alternatives(at.old), alternatives(at.new)
    if old is None or new is None:
        yield at.unknown("the alternatives of a union overlap, and it changed")
    elif len(old) == len(new) == 1:
        yield from _one(at.here(*old.values(), *new.values()))
    else:
        yield from _several(at, old, new)


def _several(at: Place, old: Mapping[str, Node], new: Mapping[str, Node]) -> Iterator[Difference]:
    gone, come = [kind for kind in old if kind not in new], [kind for kind in new if kind not in old]
    if ANY in old or ANY in new:
        yield from _into_any(at)
    elif gone or come:
        ways = (not gone, not come)
        yield at.found(_type_kind(ways), ways, _why(ways, gone=" or ".join(gone), come=" or ".join(come)))
    for kind in old.keys() & new.keys() - {ANY}:
        yield from differences(at.here(old[kind], new[kind]))


def _type_kind(ways: Ways) -> ChangeKind:
    return {LOOSER: ChangeKind.TYPE_WIDENED, TIGHTER: ChangeKind.TYPE_NARROWED}.get(ways, ChangeKind.TYPE_CHANGED)


def _why(ways: Ways, *, gone: str, come: str) -> str:
    told = [f"{gone} was let in and is refused now"] * (not ways[0]) + [f"{come} is let in now"] * (not ways[1])
    return ", ".join(told)


def _one(at: Place) -> Iterator[Difference]:
    """Compare two places neither of which is a union."""
    old, new = at.old.type, at.new.type
    if "serialization" in at.old.schema or "serialization" in at.new.schema:
        yield at.unknown("it has a serializer, and it changed")
    elif old.startswith("function-") or new.startswith("function-"):
        yield from _functions(at)
    elif old in CHOICES or new in CHOICES:
        yield from _choices(at)
    elif ANY in {old, new}:
        yield from _into_any(at)
    elif {old, new} == {"int", "float"}:
        yield from _integers(at)
    elif old != new:
        yield at.found(ChangeKind.TYPE_CHANGED, OTHER, f"{old} was let in and is refused now, or read otherwise")
    elif old == "model":
        yield from model_differences(at, differences)
    else:
        yield from _same_type(at)


def _functions(at: Place) -> Iterator[Difference]:
    """Compare validators, which are taken for what they are written as, and then what they are wrapped around."""
    (validators, old), (others, new) = _peeled(at.old), _peeled(at.new)
    if len(validators) != len(others) or not all(map(_same_validator, validators, others)):
        yield at.unknown("a validator changed, and no program can tell what it lets in")
    if old is not None and new is not None:
        yield from differences(at.here(old, new))


def _peeled(node: Node) -> tuple[list[Mapping[str, Any]], Node | None]:
    validators = []
    while node.type.startswith("function-"):
        validators.append(node.schema)
        if "schema" not in node.schema:
            return validators, None
        node = node.part("schema")
    return validators, node


def _same_validator(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    one, other = old["function"], new["function"]
    same = (old["type"], one["type"]) == (new["type"], other["type"])
    return (
        same
        and "serialization" not in old
        and "serialization" not in new
        and same_code(one["function"], other["function"])
    )


def _choices(at: Place) -> Iterator[Difference]:
    if any("missing" in node.schema for node in (at.old, at.new)):
        yield at.unknown("an enumeration that looks for missing values itself changed")
        return
    old, new = (choices(node) if node.type in CHOICES else None for node in (at.old, at.new))
    listed = [*(old or ()), *(new or ())]
    same_type = at.old.type == at.new.type and at.old.strict == at.new.strict
    if not (all(isinstance(one, str) for one in listed) or (same_type and all(type(one) is int for one in listed))):
        yield at.unknown("choices of several types changed")
    elif old is None or new is None:
        yield from _text_and_choices(at)
    else:
        gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
        ways = (not gone, not come)
        if gone or come:
            yield at.found(_type_kind(ways), ways, _why(ways, gone=_listed(gone), come=_listed(come)))


def _listed(values: list[Any]) -> str:
    return ", ".join(map(repr, values))


def _text_and_choices(at: Place) -> Iterator[Difference]:
    """Compare a list of texts with texts of any kind."""
    widened = at.old.type in CHOICES
    listed, free = (at.old, at.new) if widened else (at.new, at.old)
    if free.type != "str":
        yield at.found(ChangeKind.TYPE_CHANGED, OTHER, f"{at.old.type} was let in and is refused now")
        return
    refused = [text for text in choices(listed) if not _takes(free, text)]
    ways = (widened and not refused, not widened and not refused)
    gone = (_listed(refused) or "any of the texts") if widened else "any other text"
    yield at.found(_type_kind(ways), ways, _why(ways, gone=gone, come="other text"))


def _takes(node: Node, text: str) -> bool:
    reads: Any = SchemaValidator(dict(node.schema), dict(node.config))  # type: ignore[arg-type]
    try:
        return bool(reads.validate_python(text) == text)
    except ValidationError:
        return False


def _into_any(at: Place) -> Iterator[Difference]:
    """Whatever comes is kept as it came, so only what was read as it came is read the same."""
    ways = (at.new.type == ANY and _plain(at.old), at.old.type == ANY and _plain(at.new))
    yield at.found(
        _type_kind(ways),
        ways,
        "values were checked or read otherwise" if ways == OTHER else _why(ways, gone="anything", come="anything"),
    )


def _plain(node: Node) -> bool:
    """Say whether a value is read just as JSON says it."""
    if node.type in {"list", "nullable"}:
        return node.strict and _plain(node.part("items_schema" if node.type == "list" else "schema"))
    return node.type in {"int", "str", "bool", "none"} and node.strict and not _rewrites(node)


def _rewrites(node: Node) -> bool:
    return any(name.startswith(("strip", "to_", "str_")) for name in (*node.schema, *node.config))


def _integers(at: Place) -> Iterator[Difference]:
    """A float holds an integer exactly up to 2 ** 53 only; beyond, it is read as a neighbour."""
    widened = at.old.type == "int"
    whole, real = (at.old, at.new) if widened else (at.new, at.old)
    low, high = lowest(whole), highest(whole)
    exact = whole.strict and low and high and low[0] >= -EXACT and high[0] <= EXACT
    fits = (
        exact
        and not real.schema.get("multiple_of")
        and all(
            limit.ways[0 if widened else 1]
            for limit in limits(at.old, at.new)
            if "multiple" not in limit.was + limit.now
        )
    )
    ways = (bool(widened and fits), bool(not widened and fits))
    gone = "a fraction" if not widened else "an integer outside the bounds" if exact else "an integer beyond 2**53"
    why = f"{gone} is refused, or read as another number" if not ways[0] else _why(ways, gone="", come="a fraction")
    yield at.found(_type_kind(ways), ways, why)


def _same_type(at: Place) -> Iterator[Difference]:
    if at.old.type not in SCALARS | LISTS | {"tuple", "dict"} or _otherwise(at.old, at.new):
        yield at.unknown(f"how {at.old.type} values are checked or read changed")
        return
    for limit in limits(at.old, at.new):
        if not limit.decided:
            yield at.unknown(f"{limit.was} became {limit.now}, and neither can be said to hold the other")
            continue
        kind = ChangeKind.LOOSENED if limit.ways[0] else ChangeKind.TIGHTENED
        why = _why(limit.ways, gone="what is outside", come="more")
        yield replace(at.found(kind, limit.ways, why, limit.was, limit.now), edges=limit.edges)
    yield from _below(at)


def _otherwise(old: Node, new: Node) -> bool:
    """Say whether anything differs that is compared neither as a constraint nor below."""
    rest = [{k: v for k, v in node.schema.items() if k not in COMPARED | BELOW | SILENT} for node in (old, new)]
    return not same_value(*rest)


def _below(at: Place) -> Iterator[Difference]:
    if at.old.type in LISTS:
        yield from differences(at.to(ITEM, at.old.part("items_schema"), at.new.part("items_schema")))
    elif at.old.type == "dict":
        yield from differences(at.to(KEY, at.old.part("keys_schema"), at.new.part("keys_schema")))
        yield from differences(at.to(VALUE, at.old.part("values_schema"), at.new.part("values_schema")))
    elif at.old.type == "tuple":
        yield from _tuple(at)


def _tuple(at: Place) -> Iterator[Difference]:
    old, new = at.old.schema["items_schema"], at.new.schema["items_schema"]
    if len(old) != len(new) or at.old.schema.get("variadic_item_index") != at.new.schema.get("variadic_item_index"):
        yield at.found(ChangeKind.TYPE_CHANGED, OTHER, "tuples of another length are let in")
        return
    for one, other in zip(old, new, strict=True):
        yield from differences(at.to(ITEM, at.old.at(one), at.new.at(other)))
