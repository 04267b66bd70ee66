"""A payload that shows what a change breaks: the old version lets it in, the new one refuses it or reads it otherwise.

Candidates are built from the bounds of both versions at the place of the change and tried on both models, so a witness
is never wrong; that none is found proves nothing.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import from_json, to_json

from quality.evolution.changes import ChangeKind
from quality.evolution.examples import LONGEST, example, fields, filled, least
from quality.evolution.nodes import CHOICES, Node, alternatives, choices
from quality.evolution.places import ITEM, KEY, VALUE, Difference, Path

# Stands for a field that is left out.
ABSENT = object()
PRESENCE = {ChangeKind.FIELD_ADDED, ChangeKind.NOW_REQUIRED, ChangeKind.DEFAULT_CHANGED, ChangeKind.UNKNOWN}
# What some type refuses and some other lets in.
USUAL: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 0.5, 2**53 + 1, "", "a", "other", "2026-01-31", "2026-01-31T12:00:00Z"),
    *([], {}, [0], {"a": 0}),
)
# Names a key of a mapping, and a field that no version knows.
SOME = "some_key"


def witness(found: Difference, root: Node, old: type[BaseModel], new: type[BaseModel]) -> dict[str, JsonValue] | None:
    """Return a payload that shows the difference `found` between two models; `root` is the whole of `old`."""
    beside = [(*found.path, SOME)] if found.old.type == "model" else []
    for path in [*filter(None, [found.path]), *beside]:
        for candidate in _candidates(found):
            payload = _placed(root, path, candidate)
            if isinstance(payload, dict) and _shows(payload, found.path, old, new):
                return payload
    return None


def _shows(payload: dict[str, Any], path: Path, old: type[BaseModel], new: type[BaseModel]) -> bool:
    sent = to_json(payload)
    try:
        before = old.model_validate_json(sent)
    except Exception:  # noqa: BLE001 - a project's validators may raise anything
        return False
    try:
        after = new.model_validate_json(sent)
    except ValidationError as error:
        return any(_leads(path, detail["loc"]) for detail in error.errors(include_url=False, include_input=False))
    except Exception:  # noqa: BLE001 - a project's validators may raise anything
        return False
    was, now = (_found(_written(read, by_alias=True), path) for read in (before, after))
    return was is not ABSENT and not holds(was, now) and not holds(_written(before), _written(after))


def _found(value: Any, path: Path) -> Any:
    """Return what was read at the path, of its first item or value; `ABSENT` where there is none."""
    for step in path:
        if step == KEY:
            return value
        if step in {ITEM, VALUE}:
            value = next(iter(value.values() if isinstance(value, dict) else _listed(value)), ABSENT)
        else:
            value = value.get(step, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _written(read: BaseModel, *, by_alias: bool = False) -> Any:
    return from_json(read.model_dump_json(by_alias=by_alias, exclude_computed_fields=True, warnings=False))


def holds(before: Any, after: Any) -> bool:
    """Say whether what was read `before` is read so `after`, where there may be more fields."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(name in after and holds(value, after[name]) for name, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(holds, before, after))
    return bool(before == after)


def _leads(path: Path, place: tuple[int | str, ...]) -> bool:
    """Say whether an error stands at or below the path; unions add steps of their own."""
    rest = iter(place)
    return all(any(_is_step(step, each) for each in rest) for step in path)


def _is_step(step: str, each: int | str) -> bool:
    return isinstance(each, int) if step == ITEM else step in {VALUE, KEY, each}


def _candidates(found: Difference) -> Iterator[Any]:
    """Yield what might be refused now; that the field is left out shows only what is about its presence."""
    if found.change.kind in PRESENCE:
        yield ABSENT
    for node in (found.old, found.new):
        for each in (alternatives(node) or {"": node}).values():
            yield from _edges(each, found.edges)
            yield example(each)
    yield from USUAL


def _edges(node: Node, edges: tuple[Any, ...]) -> Iterator[Any]:
    """Yield values at and beside the bounds that moved, and every choice."""
    if node.type in CHOICES:
        yield from choices(node)
    for edge in edges:
        if node.type in {"int", "float"}:
            yield from (edge + step for step in (0, -1, 1, -0.5, 0.5))
        else:
            yield from (_long(node, length) for length in (edge - 1, edge, edge + 1) if 0 <= length <= LONGEST)


def _long(node: Node, length: int) -> Any:
    """Return a text or a list of this length."""
    if node.type == "dict":
        return {f"{SOME}{number}": example(node.part("values_schema")) for number in range(length)}
    return [example(node.part("items_schema"))] * length if node.type == "list" else "a" * length


def _placed(node: Node, path: Path, value: Any) -> Any:
    """Return an example of `node` with `value` at the path; `ABSENT` leaves the field out."""
    if not path:
        return value
    while node.type in {"default", "nullable", "function-after", "function-before", "function-wrap"}:
        node = node.part("schema")
    step, rest = path[0], path[1:]
    if value is ABSENT and not rest and step in {ITEM, VALUE, KEY}:
        return None
    built = (_below(each, step, rest, value) for each in (alternatives(node) or {"": node}).values())
    return next((each for each in built if each is not None), None)


def _below(node: Node, step: str, rest: Path, value: Any) -> Any:
    """Return an example of one alternative with `value` below it; None where the step does not lead into it."""
    if node.type == "model" and step not in {ITEM, VALUE, KEY}:
        return _with_field(node, (step, *rest), value)
    if node.type in {"list", "set", "frozenset"} and step == ITEM:
        return [_placed(node.part("items_schema"), rest, value)] * max(1, least(node))
    if node.type == "dict" and step == VALUE:
        return {SOME: _placed(node.part("values_schema"), rest, value)}
    if node.type == "dict" and step == KEY and isinstance(value, str):
        return {value: example(node.part("values_schema"))}
    return None


def _with_field(node: Node, path: Path, value: Any) -> dict[str, Any]:
    whole, step = filled(node), path[0]
    if len(path) == 1 and value is ABSENT:
        return {name: each for name, each in whole.items() if name != step}
    below = fields(node).get(step, node.at(None))
    return {**whole, step: _placed(below, path[1:], value)}
