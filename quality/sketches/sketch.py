"""A sketch of one field: how many records, how many without a value, and the values themselves, bounded."""

from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

from quality.sketches.arrays import packed, unpacked
from quality.sketches.categories import Categories
from quality.sketches.numeric import Numbers
from schemas.errors import InputError


@dataclass(frozen=True, kw_only=True, eq=False)
class Sketch:
    """What was seen of one field in `rows` records, of which `missing` had no value.

    It is counts and extremes, so sketches add up in any order to the same bytes. A record may have several values (the
    words of a text), so `values.count` may differ from the records that have some.
    """

    rows: int = 0
    missing: int = 0
    values: Numbers | Categories

    def __add__(self, other: "Sketch") -> "Sketch":
        """Return the sketch of both, whichever comes first; raises InputError where one counts names, one numbers."""
        rows, missing = self.rows + other.rows, self.missing + other.missing
        if isinstance(self.values, Numbers) and isinstance(other.values, Numbers):
            return Sketch(rows=rows, missing=missing, values=self.values + other.values)
        if isinstance(self.values, Categories) and isinstance(other.values, Categories):
            return Sketch(rows=rows, missing=missing, values=self.values + other.values)
        raise InputError(
            "A field was sketched as numbers and as categories: its type has changed with the contract. "
            "Compare windows of one contract version."
        )

    def to_bytes(self) -> bytes:
        """Return the sketch as bytes; equal sketches give equal bytes."""
        return bytes(msgpack.packb(self.packed()))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Sketch":
        """Return the sketch that `to_bytes` gave."""
        return cls.unpacked(msgpack.unpackb(data))

    def packed(self) -> list[Any]:
        """Return the sketch as what msgpack can write."""
        return [self.rows, self.missing, _packed(self.values)]

    @classmethod
    def unpacked(cls, values: list[Any]) -> "Sketch":
        """Return the sketch that `packed` gave."""
        rows, missing, state = values
        return cls(rows=rows, missing=missing, values=_unpacked(state))


def _packed(values: Numbers | Categories) -> list[Any]:
    if isinstance(values, Categories):
        return [dict(values.kept), packed(values.rest)]
    return [values.level, *values.packed, values.least, values.most]


def _unpacked(state: list[Any]) -> Numbers | Categories:
    if isinstance(state[0], dict):
        kept, rest = state
        return Categories(kept=kept, rest=unpacked(rest))
    level, first, steps, counts, least, most = state
    counted = unpacked(counts)
    keys = first + np.concatenate([[0], np.cumsum(unpacked(steps))]) if len(counted) else counted
    return Numbers(level=level, keys=keys, counts=counted, least=least, most=most)
