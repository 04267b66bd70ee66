"""Records as sketches: one pass over the series of many, for all groups of them at once."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from quality.sketches import categories
from quality.sketches.arrays import Whole
from quality.sketches.fields import Column, Field, Series, series
from quality.sketches.sketch import Sketch
from quality.sketches.table import tabled

Sketches = dict[str, Sketch]


def sketches_of(columns: Mapping[str, Column], fields: Sequence[Field]) -> Sketches:
    """Return the sketches of all records in `columns`, by the names that `quality.sketches.fields.series` gives."""
    found = dict(chain.from_iterable(series(field, columns[field.name]) for field in fields))
    rows = len(columns[fields[0].name]) if fields else 0
    return sketched(found, np.zeros(rows, np.int64), 1)[0]


def sketched(found: Mapping[str, Series], groups: Whole, count: int) -> list[Sketches]:
    """Return the sketches of each of `count` groups; `groups` holds that of each record, and series its values."""
    rows = np.bincount(groups, minlength=count).tolist()
    numbers = {name: values for name, values in found.items() if isinstance(values, np.ndarray)}
    by_group: list[Sketches] = [{} for _ in range(count)]
    for group, sketches in enumerate(tabled(numbers, groups, count).sketches()):
        for name, values in sketches.items():
            by_group[group][name] = Sketch(rows=rows[group], missing=rows[group] - values.count, values=values)
    for name in found.keys() - numbers.keys():
        for group, names in enumerate(split(found[name], groups, count)):
            by_group[group][name] = sketch_of_names(names)
    return [dict(sorted(sketches.items())) for sketches in by_group]


def split(values: Series, groups: Whole, count: int) -> list[Sequence[Any]]:
    """Return the values of each group."""
    if count == 1:
        return [list(values)]
    found: list[list[Any]] = [[] for _ in range(count)]
    for group, value in zip(groups.tolist(), values, strict=True):
        found[group].append(value)
    return [*found]


def sketch_of_names(values: Sequence[Any]) -> Sketch:
    """Return the sketch of names, or of several names a record; None where a record has no value."""
    missing = sum(value is None for value in values)
    several = [value for value in values if isinstance(value, tuple)]
    names = list(chain.from_iterable(several)) if several else values
    return Sketch(rows=len(values), missing=missing, values=categories.counted(names))


def merged(some: Sketches, others: Sketches) -> Sketches:
    """Return the sketches of both, by name; what only one of them has is as it is there."""
    return {
        name: some[name] + others[name] if name in some and name in others else some.get(name) or others[name]
        for name in sorted({*some, *others})
    }
