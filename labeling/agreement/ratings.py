"""Answers as columns, on which every measure of agreement is computed."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Codes = NDArray[np.intp]
Numbers = NDArray[np.float64]
# A measure is a function of how often each unit counts: ones give the measure itself, the counts of units drawn with
# replacement give a bootstrap resample. NaN where it is undefined.
Measure = Callable[[Numbers], float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ratings:
    """Row i says that `labelers[i]` answered `answers[values[i]]` to `units[i]`, of `count` units; all from 0 on.

    A unit may have any number of answers. One labeler's repeated answers to a unit count like those of several.
    """

    units: Codes
    labelers: Codes
    values: Codes
    count: int
    answers: tuple[Hashable, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, rows: Iterable[tuple[Hashable, str, Hashable]], *, order: Sequence[Hashable] = ()) -> "Ratings":
        """Return rows of (unit, labeler, answer) as columns.

        Codes follow the first appearance, those of answers `order` before that: ordinal measures read it.
        """
        units: dict[Hashable, int] = {}
        names: dict[str, int] = {}
        answers = {answer: code for code, answer in enumerate(order)}
        coded = [
            (units.setdefault(unit, len(units)), names.setdefault(name, len(names)), _code(answers, answer))
            for unit, name, answer in rows
        ]
        columns = np.array(coded, dtype=np.intp).reshape(-1, 3).T
        return cls(
            units=columns[0],
            labelers=columns[1],
            values=columns[2],
            count=len(units),
            answers=tuple(answers),
            names=tuple(names),
        )

    @property
    def sizes(self) -> Codes:
        """The number of answers to each unit."""
        return np.bincount(self.units, minlength=self.count)

    @property
    def counts(self) -> csr_array:
        """How often each answer was given to each unit, of shape (answers, units)."""
        ones = np.ones(len(self.units))
        return csr_array((ones, (self.values, self.units)), shape=(len(self.answers), self.count))

    def take(self, units: Codes) -> "Ratings":
        """Return the answers to some units alone, which are numbered anew in the order given."""
        place = np.full(self.count, -1, dtype=np.intp)
        place[units] = np.arange(len(units))
        return self._keep(place[self.units] >= 0, place, len(units))

    def pairable(self) -> "Ratings":
        """Return the answers to units that have two or more; the units keep their numbers."""
        return self._keep((self.sizes > 1)[self.units], np.arange(self.count), self.count)

    def pairs(self) -> tuple[Codes, Codes]:
        """Return the positions of both rows of each pair of answers to one unit, every pair once."""
        order = np.argsort(self.units, kind="stable")
        sizes = self.sizes
        starts = np.cumsum(sizes) - sizes
        firsts, seconds = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=np.intp)]
        for size in np.unique(sizes[sizes > 1]).tolist():
            rows = order[starts[sizes == size][:, None] + np.arange(size)]
            one, other = np.triu_indices(size, 1)
            firsts.append(rows[:, one].ravel())
            seconds.append(rows[:, other].ravel())
        return np.concatenate(firsts), np.concatenate(seconds)

    def _keep(self, rows: NDArray[np.bool_], place: Codes, count: int) -> "Ratings":
        return Ratings(
            units=place[self.units[rows]],
            labelers=self.labelers[rows],
            values=self.values[rows],
            count=count,
            answers=self.answers,
            names=self.names,
        )


def _code(answers: dict[Hashable, int], answer: Hashable) -> int:
    return answers.setdefault(answer, len(answers))


def ratio(values: Numbers, counted: Numbers) -> Measure:
    """Return the sum of `values` over that of `counted`, both by unit; undefined where that is 0."""

    def measure(weights: Numbers) -> float:
        total = weights @ counted
        return float(weights @ values / total) if total else nan

    return measure
