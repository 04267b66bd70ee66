"""Records as sketches: one pass over the series of many, for all groups of them at once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import msgpack
import numpy as np

from quality.sketches import categories
from quality.sketches.arrays import Whole
from quality.sketches.fields import Column, Field, Series, series
from quality.sketches.grouped import Groups, counted, named
from quality.sketches.sketch import Sketch

Sketches = dict[str, Sketch]


def sketches_of(columns: Mapping[str, Column], fields: Sequence[Field]) -> Sketches:
    """Return the sketches of all records in `columns`, by the names that `quality.sketches.fields.series` gives."""
    found = dict(chain.from_iterable(series(field, columns[field.name]) for field in fields))
    rows = len(columns[fields[0].name]) if fields else 0
    return sketched(found, np.zeros(rows, np.int64), 1)[0]


def sketched(found: Mapping[str, Series], groups: Whole, count: int) -> list[Sketches]:
    """Return the sketches of each of `count` groups; `groups` holds that of each record, and series its values."""
    grouped = Groups(of=groups, count=count)
    of_names = {name: values for name, values in found.items() if not isinstance(values, np.ndarray)}
    of_numbers = {name: values for name, values in found.items() if isinstance(values, np.ndarray)}
    matrix = np.array(list(of_numbers.values()), np.float64).reshape(len(of_numbers), len(groups))
    made: dict[str, list[Sketch]] = {
        **{name: list(_of_names(values, grouped)) for name, values in of_names.items()},
        **{
            name: [
                Sketch(rows=rows, missing=rows - have, values=values)
                for rows, (have, values) in zip(grouped.rows, each, strict=True)
            ]
            for name, each in zip(of_numbers, counted(matrix, grouped), strict=True)
        },
    }
    names = sorted(made)
    return [dict(zip(names, each, strict=True)) for each in zip(*(made[name] for name in names), strict=True)] or [
        {} for _ in range(count)
    ]


def _of_names(values: Sequence[Any], groups: Groups) -> Iterator[Sketch]:
    """Yield the sketch of each group's names, or of its several names a record; None where a record has no value."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, tuple):
        yield from map(_of_several_names, split(values, groups.of, groups.count))
    else:
        for rows, (have, names) in zip(groups.rows, named(values, groups), strict=True):
            yield Sketch(rows=rows, missing=rows - have, values=names)


def _of_several_names(values: Sequence[tuple[str, ...] | None]) -> Sketch:
    names = chain.from_iterable(filter(None, values))
    return Sketch(rows=len(values), missing=values.count(None), values=categories.counted(names))


def split(values: Sequence[Any], groups: Whole, count: int) -> list[list[Any]]:
    """Return the values of each group."""
    if count == 1:
        return [list(values)]
    found: list[list[Any]] = [[] for _ in range(count)]
    for group, value in zip(groups.tolist(), values, strict=True):
        found[group].append(value)
    return found


def to_bytes(sketches: Mapping[str, Sketch]) -> bytes:
    """Return sketches by name as bytes; equal ones give equal bytes."""
    return bytes(msgpack.packb({name: sketches[name].packed() for name in sorted(sketches)}))


def from_bytes(data: bytes) -> Sketches:
    """Return the sketches that `to_bytes` gave."""
    return {name: Sketch.unpacked(values) for name, values in msgpack.unpackb(data).items()}


def of_kind(some: Mapping[str, Sketch], like: Mapping[str, Sketch]) -> Sketches:
    """Return those of the sketches that count numbers, or names, where those of the same name in `like` do too.

    Others cannot be added to these: the type of a field has changed with the contract.
    """
    return {name: one for name, one in some.items() if name not in like or type(one.values) is type(like[name].values)}


def merged(some: Mapping[str, Sketch], others: Mapping[str, Sketch]) -> Sketches:
    """Return the sketches of both, by name; what only one of them has is as it is there."""
    return {
        name: some[name] + others[name] if name in some and name in others else some.get(name) or others[name]
        for name in sorted({*some, *others})
    }
