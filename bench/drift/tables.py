"""A stream as every method meets it: columns, in windows of equal length, of which the first are the reference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quality.sketches.fields import Series

# Of an answer that there is none of.
NONE = -1
Answers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Records (n,) in their order.

    - columns: numbers as floats, categories as texts, words of texts as tuples
    - attributes: values by the name of an attribute, from which slices are made
    - confidence: the top score of each prediction, if there are scores
    - wrong: 1 where an audit label contradicts the prediction, 0 where it agrees, NONE where there is none
    - gold: likewise of labels and gold answers
    - window, reference: how many records a window has, and how many windows the reference
    """

    columns: Mapping[str, Series]
    window: int
    reference: int
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    confidence: NDArray[np.float64] | None = None
    wrong: Answers | None = None
    gold: Answers | None = None

    @property
    def windows(self) -> int:
        """How many whole windows there are, with those of the reference."""
        return min(len(column) for column in self.columns.values()) // self.window

    def places(self, window: int) -> slice:
        """Return where the records of a window stand."""
        return slice(window * self.window, (window + 1) * self.window)


def flat(table: Table) -> dict[str, NDArray[np.float64] | NDArray[np.str_]]:
    """Return the columns that peers are given: floats and texts, what labels say among them; words they do not take."""
    found: dict[str, NDArray[np.float64] | NDArray[np.str_]] = {}
    for name, column in table.columns.items():
        if isinstance(column, np.ndarray):
            found[name] = column
        elif not any(isinstance(value, tuple) for value in column):
            found[name] = np.array([value or "" for value in column], np.str_)
    for name, answers in (("contradicted", table.wrong), ("gold", table.gold)):
        if answers is not None:
            found[name] = np.array(["", "no", "yes"], np.str_)[answers + 1]
    return found


def write(table: Table, begin: int, file: Path) -> None:
    """Write what peers are given: the reference, and the windows from `begin` on."""
    kept = np.r_[0 : table.reference * table.window, begin * table.window : table.windows * table.window]
    columns = {name: column[kept] for name, column in flat(table).items()}
    np.savez(file, allow_pickle=False, _window=table.window, _reference=table.reference, **columns)
