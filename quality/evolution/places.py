"""Two places of two contracts that are compared, and what is found there."""

from dataclasses import dataclass
from typing import Any

from quality.evolution.changes import Change, ChangeKind
from quality.evolution.constraints import OTHER, Ways
from quality.evolution.nodes import Node
from quality.evolution.words import told

# Steps of a path to any item of a list, and to any value or key of a mapping; written as they are.
ITEM, VALUE, KEY = "[]", "{}", "{key}"
Path = tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """A change, with the steps that lead to it from the payload and what stands there in either version.

    `edges` are the bounds that moved: numbers, or lengths.
    """

    change: Change
    path: Path
    old: Node
    new: Node
    edges: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Place:
    """Two places that are compared, and how one comes to them; `under` holds the pairs of models around them."""

    old: Node
    new: Node
    path: Path = ()
    under: frozenset[tuple[str, str]] = frozenset()

    def here(self, old: Node, new: Node) -> "Place":
        """Return the same place, without what was around its two sides."""
        return Place(old, new, self.path, self.under)

    def to(self, step: str, old: Node, new: Node) -> "Place":
        """Return a place below this one."""
        return Place(old, new, (*self.path, step), self.under)

    def within(self, pair: tuple[str, str]) -> "Place":
        """Return the same place, with the pair of models noted that it stands for."""
        return Place(self.old, self.new, self.path, self.under | {pair})

    def found(
        self, kind: ChangeKind, ways: Ways, why: str, was: str | None = None, now: str | None = None
    ) -> Difference:
        """Return a change at this place; `ways` says whether it is backward and forward compatible."""
        where = "".join(step if step in {ITEM, VALUE, KEY} else f".{step}" for step in self.path).removeprefix(".")
        words = {"was": told(self.old) if was is None else was, "now": told(self.new) if now is None else now}
        change = Change(kind=kind, where=where, backward=ways[0], forward=ways[1], why=why, **words)
        return Difference(change, self.path, self.old, self.new)

    def unknown(self, why: str) -> Difference:
        """Return a change of which nobody can say what it breaks."""
        return self.found(ChangeKind.UNKNOWN, OTHER, f"{why}: breaking, to be safe")
