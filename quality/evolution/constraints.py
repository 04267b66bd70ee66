"""What a type lets in, beside what it is: bounds, lengths, patterns, coercion."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from quality.evolution.nodes import Node

# (lets in all that the old one did, lets in nothing that the old one did not)
Ways = tuple[bool, bool]
SAME, LOOSER, TIGHTER, OTHER = (True, True), (True, False), (False, True), (False, False)

COMPARED = {"ge", "gt", "le", "lt", "min_length", "max_length", "multiple_of", "pattern", "strict", "allow_inf_nan"}


@dataclass(frozen=True)
class Limit:
    """One aspect of what is let in, in words, before and after; `edges` are the bounds themselves."""

    was: str
    now: str
    ways: Ways
    decided: bool = True
    edges: tuple[Any, ...] = ()


def limits(old: Node, new: Node) -> Iterator[Limit]:
    """Yield each aspect in which the constraints of two places of one type differ."""
    for limit in (_lowest, _highest, _shortest, _longest, _multiple, _pattern, _strict, _finite):
        found = limit(old, new)
        if found.was != found.now:
            yield found


def lowest(node: Node) -> tuple[Any, int] | None:
    """Return the least number or time, with 1 where it is itself excluded; None where there is no bound."""
    at, above = node.schema.get("ge"), node.schema.get("gt")
    if node.type == "int" and above is not None:
        at, above = (above + 1 if at is None else max(at, above + 1)), None
    return max([(bound, out) for bound, out in ((at, 0), (above, 1)) if bound is not None], default=None)


def highest(node: Node) -> tuple[Any, int] | None:
    """Return the greatest number or time, with -1 where it is itself excluded; None where there is no bound."""
    at, below = node.schema.get("le"), node.schema.get("lt")
    if node.type == "int" and below is not None:
        at, below = (below - 1 if at is None else min(at, below - 1)), None
    return min([(bound, out) for bound, out in ((at, 0), (below, -1)) if bound is not None], default=None)


def _lowest(old: Node, new: Node) -> Limit:
    return _bound(lowest(old), lowest(new), ("at least", "above"), rises=True)


def _highest(old: Node, new: Node) -> Limit:
    return _bound(highest(old), highest(new), ("at most", "below"), rises=False)


def _shortest(old: Node, new: Node) -> Limit:
    was, now = (node.schema.get("min_length") or 0 for node in (old, new))
    return _bound((was, 0), (now, 0), ("a length of at least", ""), rises=True)


def _longest(old: Node, new: Node) -> Limit:
    was, now = (node.schema.get("max_length") for node in (old, new))
    return _bound(was if was is None else (was, 0), now if now is None else (now, 0), ("a length of at most", ""))


def _bound(
    was: tuple[Any, int] | None, now: tuple[Any, int] | None, words: tuple[str, str], *, rises: bool = False
) -> Limit:
    text = _worded(was, words), _worded(now, words)
    edges = tuple(bound[0] for bound in (was, now) if bound is not None)
    if was is None or now is None:
        return Limit(text[0], text[1], TIGHTER if was is None else LOOSER, edges=edges)
    try:
        tighter = now > was if rises else now < was
    except TypeError:  # times with a zone and times without
        return Limit(text[0], text[1], OTHER, decided=False)
    return Limit(text[0], text[1], TIGHTER if tighter else LOOSER, edges=edges)


def _worded(bound: tuple[Any, int] | None, words: tuple[str, str]) -> str:
    return "no bound" if bound is None else f"{words[bool(bound[1])]} {bound[0]}"


def _multiple(old: Node, new: Node) -> Limit:
    was, now = (node.schema.get("multiple_of") for node in (old, new))
    text = tuple(f"a multiple of {step}" if step else "any multiple" for step in (was, now))
    if not (was and now):
        return Limit(text[0], text[1], LOOSER if was else TIGHTER)
    whole = isinstance(was, int) and isinstance(now, int)
    return Limit(text[0], text[1], (whole and was % now == 0, whole and now % was == 0))


def _pattern(old: Node, new: Node) -> Limit:
    was, now = (node.schema.get("pattern") for node in (old, new))
    text = tuple(f"the pattern {each}" if each else "any text" for each in (was, now))
    if was and now:
        return Limit(text[0], text[1], OTHER, decided=False)
    return Limit(text[0], text[1], LOOSER if was else TIGHTER)


def _strict(old: Node, new: Node) -> Limit:
    text = tuple("no coercion" if node.strict else "coercion from other types" for node in (old, new))
    return Limit(text[0], text[1], LOOSER if old.strict else TIGHTER)


def _finite(old: Node, new: Node) -> Limit:
    was, now = (_lets_infinity(node) for node in (old, new))
    text = tuple("NaN and infinities" if lets else "finite numbers" for lets in (was, now))
    return Limit(text[0], text[1], TIGHTER if was else LOOSER)


def _lets_infinity(node: Node) -> bool:
    return node.type == "float" and bool(node.schema.get("allow_inf_nan", node.config.get("allow_inf_nan", True)))
