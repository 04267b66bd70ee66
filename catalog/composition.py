"""What a version's rows are, counted in one pass."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from catalog.assembly import Row
from catalog.slices import is_in
from catalog.twins import TRAIN
from schemas.answers import Answer, ClassName, named_in
from schemas.project import SliceRecipe


@dataclass(frozen=True, kw_only=True)
class Composition:
    """How many rows there are, in all, of each slice and label; what classes train names, and which groups are torn.

    `torn` are the groups that stand in several splits, `named` the ids of the samples at the places that were asked
    for.
    """

    rows: int
    slices: Sequence[tuple[SliceRecipe, int]]
    labels: Counter[Answer]
    trained: frozenset[ClassName]
    torn: frozenset[str]
    named: Mapping[int, str]

    @classmethod
    def of(cls, rows: Collection[Row], slices: Sequence[SliceRecipe], places: Collection[int]) -> "Composition":
        """Count the rows; those at `places` are named."""
        labels: Counter[Answer] = Counter()
        inside = [0] * len(slices)
        trained: set[ClassName] = set()
        sides: dict[str, str] = {}
        torn: set[str] = set()
        named: dict[int, str] = {}
        for place, row in enumerate(rows):
            entry = row.entry
            labels[entry.label] += 1
            if entry.split == TRAIN:
                trained.update(named_in(entry.label))
            if sides.setdefault(entry.group, entry.split) != entry.split:
                torn.add(entry.group)
            if place in places:
                named[place] = entry.sample_id
            for number, one in enumerate(slices):
                inside[number] += is_in(one, row.sample, entry.label)
        counted = list(zip(slices, inside, strict=True))
        sets = {"trained": frozenset(trained), "torn": frozenset(torn)}
        return cls(rows=len(rows), slices=counted, labels=labels, named=named, **sets)
