"""What changed between two models: their fields, what they do with others, and the columns they compute."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from quality.evolution.changes import ChangeKind
from quality.evolution.constraints import LOOSER, OTHER, SAME, TIGHTER
from quality.evolution.nodes import SILENT, Node, getter, same_code, same_value
from quality.evolution.places import Difference, Place
from quality.evolution.words import told

Compare = Callable[[Place], Iterator[Difference]]

# What becomes of a field that the model does not know, from the least let in to the most.
EXTRAS = ("forbid", "ignore", "allow")
EXTRAS_TOLD = {"forbid": "refused", "ignore": "dropped", "allow": "kept"}
# Of a model's configuration: compared elsewhere, or without effect on what is let in and read.
COMPARED = {"title", "strict", "allow_inf_nan", "extra_fields_behavior"}


@dataclass(frozen=True)
class _Field:
    """One field of a model: its schema, with the default apart."""

    name: str
    schema: Mapping[str, Any]
    node: Node

    @property
    def required(self) -> bool:
        return self.node.type != "default"

    @property
    def value(self) -> Node:
        return self.node if self.required else self.node.part("schema")

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """What producers may call it, first choice first; empty where they reach into it by a path."""
        alias, config = self.schema.get("validation_alias", self.name), self.node.config
        paths = [[alias]] if isinstance(alias, str) else alias if isinstance(alias[0], list) else [alias]
        if any(len(path) > 1 or not isinstance(path[0], str) for path in paths):
            return ()
        by_name = config.get("populate_by_name") or config.get("validate_by_name")
        named = [path[0] for path in paths] if config.get("validate_by_alias", True) else []
        return tuple(dict.fromkeys([*named, *([self.name] if by_name or not named else [])]))

    @property
    def step(self) -> str:
        return self.keys[0] if self.keys else self.name

    @property
    def told(self) -> str:
        if self.required:
            return "required"
        default = self.node.schema.get("default_factory")
        return f"default {default.__name__}()" if default else f"default {self.node.schema['default']!r}"


@dataclass(frozen=True)
class _Model:
    """One version of a model: `node` is its place, `inner` what its own validators are wrapped around."""

    node: Node

    @property
    def extras(self) -> str:
        return str(self.node.config.get("extra_fields_behavior") or "ignore")

    @cached_property
    def inner(self) -> Node:
        return self.node.part("schema")

    @cached_property
    def fields(self) -> Mapping[str, _Field]:
        node = self.inner
        while node.type.startswith("function-"):
            node = node.part("schema")
        listed = node.schema.get("fields", {})
        return {name: _Field(name, each, node.at(each["schema"])) for name, each in listed.items()}

    @property
    def keys(self) -> set[str]:
        return {key for field in self.fields.values() for key in field.keys}


def model_differences(at: Place, compare: Compare) -> Iterator[Difference]:
    """Yield every difference between two models; `compare` compares what stands below them."""
    pair = (str(at.old.ref), str(at.new.ref))
    if at.old.ref and pair in at.under:
        return
    at = at.within(pair)
    old, new = (_Model(node) for node in (at.old, at.new))
    if at.old.schema.get("root_model") or at.new.schema.get("root_model"):
        yield at.unknown("a root model changed")
        return
    yield from map(at.unknown, list(_opaque(at, old, new)))
    yield from _extras(at, old, new)
    yield from _columns(at)
    for name in [*old.fields, *(name for name in new.fields if name not in old.fields)]:
        if name not in old.fields:
            yield _added(at, new.fields[name], old)
        elif name not in new.fields:
            yield _removed(at, old.fields[name], new)
        else:
            yield from _kept(at, _Pair(old, new, old.fields[name], new.fields[name]), compare)


def _opaque(at: Place, old: _Model, new: _Model) -> Iterator[str]:
    """Yield why nobody can tell what changed, beside fields and columns."""
    one, other = at.old.schema["cls"], at.new.schema["cls"]
    configs = [{k: v for k, v in model.node.config.items() if k not in COMPARED} for model in (old, new)]
    if not same_value(*configs):
        yield "its configuration changed"
    if at.old.schema.get("custom_init") or at.new.schema.get("custom_init"):
        yield "it has an __init__ of its own"
    if not same_code(one.model_post_init, other.model_post_init):
        yield "its model_post_init changed"
    if not _same_wrapping(old.inner, new.inner):
        yield "a validator of the whole changed, and no program can tell what it lets in"
    named = {(key, field.name) for model in (old, new) for field in model.fields.values() for key in field.keys}
    if len({key for key, _ in named}) < len(named):
        yield "one name stands for several fields"


def _same_wrapping(old: Node, new: Node) -> bool:
    while old.type.startswith("function-") and new.type.startswith("function-"):
        one, other = old.schema["function"], new.schema["function"]
        if (old.type, one["type"]) != (new.type, other["type"]) or not same_code(one["function"], other["function"]):
            return False
        old, new = old.part("schema"), new.part("schema")
    rest = [
        {k: v for k, v in node.schema.items() if k not in SILENT | {"fields", "computed_fields"}} for node in (old, new)
    ]
    return same_value(*rest)


def _extras(at: Place, old: _Model, new: _Model) -> Iterator[Difference]:
    was, now = EXTRAS.index(old.extras), EXTRAS.index(new.extras)
    if was == now:
        return
    words = [EXTRAS_TOLD[model.extras] for model in (old, new)]
    why = f"fields that the contract does not name were {words[0]} and are {words[1]} now"
    # One that is kept under the name of a field which producers call otherwise takes its place.
    hides = "forbid" not in (old.extras, new.extras) and any(
        field.name not in field.keys for model in (old, new) for field in model.fields.values()
    )
    ways = OTHER if hides else LOOSER if now > was else TIGHTER
    yield at.found(ChangeKind.EXTRAS_CHANGED, ways, why, words[0], words[1])


def _columns(at: Place) -> Iterator[Difference]:
    old, new = (node.schema["cls"].model_computed_fields for node in (at.old, at.new))
    for name in [*old, *(name for name in new if name not in old)]:
        place = at.to(name, at.old, at.new)
        if name not in new:
            why = "an expectation that names this column would find none"
            yield place.found(ChangeKind.COLUMN_REMOVED, TIGHTER, why, "computed", "-")
        elif name not in old:
            yield place.found(ChangeKind.COLUMN_ADDED, SAME, "producers send nothing for it", "-", "computed")
        elif not same_code(getter(old[name]), getter(new[name])) or old[name].alias != new[name].alias:
            why = "its code changed, so the column may have other values: breaking, to be safe"
            yield place.found(ChangeKind.UNKNOWN, OTHER, why, "computed", "computed")


def _added(at: Place, field: _Field, old: _Model) -> Difference:
    place = at.to(field.step, at.old, field.value)
    if field.required:
        ways, why = OTHER, "samples of the old version do not have it"
    elif old.extras != "forbid":
        ways, why = OTHER, f"the old version {EXTRAS_TOLD[old.extras]} it unchecked, so it may hold anything"
    elif not field.keys or old.keys & set(field.keys):
        ways, why = OTHER, "the old version may have had another field under its name"
    else:
        ways, why = LOOSER, "samples of the old version leave it out, and that is allowed"
    return place.found(ChangeKind.FIELD_ADDED, ways, why, "-", _told(field))


def _removed(at: Place, field: _Field, new: _Model) -> Difference:
    place = at.to(field.step, field.value, at.new)
    free = new.extras == "forbid" and field.keys and not new.keys & set(field.keys)
    ways = TIGHTER if free and not field.required else OTHER
    fate = EXTRAS_TOLD[new.extras]
    why = f"it is {fate} where a sample has it, and an expectation on it finds no column"
    return place.found(ChangeKind.FIELD_REMOVED, ways, why, _told(field), "-")


def _told(field: _Field) -> str:
    return f"{told(field.value)}, {field.told}"


@dataclass(frozen=True)
class _Pair:
    """One field in both versions."""

    before: _Model
    after: _Model
    old: _Field
    new: _Field


def _kept(at: Place, pair: _Pair, compare: Compare) -> Iterator[Difference]:
    place = at.to(pair.old.step, pair.old.value, pair.new.value)
    yield from _naming(place, pair)
    yield from _presence(place, pair.old, pair.new)
    yield from compare(place)


def _naming(at: Place, pair: _Pair) -> Iterator[Difference]:
    """Compare what producers call the field, and what it is called where it is stored."""
    names = ("serialization_alias", "serialization_exclude")
    stored = [[field.schema.get(name) for name in names] for field in (pair.old, pair.new)]
    if pair.old.schema.get("validation_alias") != pair.new.schema.get("validation_alias"):
        old, new = (" or ".join(field.keys) or "a path" for field in (pair.old, pair.new))
        if _also_called(pair):
            why = "producers may call it otherwise now, and what they called it holds"
            yield at.found(ChangeKind.LOOSENED, LOOSER, why, old, new)
        else:
            yield at.found(ChangeKind.TYPE_CHANGED, OTHER, "producers must call it otherwise", old, new)
    if stored[0] != stored[1]:
        yield at.unknown("it is stored under another name, or no longer")


def _also_called(pair: _Pair) -> bool:
    """Say whether samples that name the field as before are read as before."""
    further = set(pair.new.keys) - set(pair.old.keys)
    one = len(pair.old.keys) == 1 and pair.old.keys[0] in pair.new.keys
    return one and pair.before.extras == "forbid" and not further & pair.before.keys


def _presence(at: Place, old: _Field, new: _Field) -> Iterator[Difference]:
    if old.required and new.required:
        return
    if new.required:
        yield at.found(ChangeKind.NOW_REQUIRED, TIGHTER, "samples may lack it", old.told, new.told)
    elif old.required:
        yield at.found(ChangeKind.NOW_OPTIONAL, LOOSER, "samples have it, though they need not now", old.told, new.told)
    elif not _same_default(old, new):
        why = "a sample that leaves it out is read otherwise"
        yield at.found(ChangeKind.DEFAULT_CHANGED, OTHER, why, old.told, new.told)


def _same_default(old: _Field, new: _Field) -> bool:
    """Compare defaults and how they are made; the value's own schema is compared elsewhere."""
    bare = [{k: v for k, v in field.node.schema.items() if k not in SILENT | {"schema"}} for field in (old, new)]
    factories = [each.pop("default_factory", None) for each in bare]
    made = same_code(*factories) if all(factories) else factories[0] is factories[1]
    return made and same_value(*bare)
