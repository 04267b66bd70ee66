"""Cases: labeled samples beside what the model predicted, and what each stands for in the stream."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.intervals import Interval, wilson
from schemas.samples import Attribute

Mask = NDArray[np.bool_]

# A column of numbers with more values than this is cut at its quartiles.
VALUES = 12
QUARTERS = (0.25, 0.5, 0.75)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One labeled sample: its values by column, whether the model was wrong, and its propensity to be selected."""

    sample_id: str
    values: Mapping[str, Attribute]
    wrong: bool
    propensity: float


@dataclass(frozen=True, kw_only=True)
class Cases:
    """Cases as columns: how much each weighs, and whether it is wrong.

    A sample that was selected with probability p stands for 1/p of the stream, so that what is selected because the
    model is unsure does not make the model look worse than it is (Horvitz and Thompson (1952), "A Generalization of
    Sampling Without Replacement From a Finite Universe", Journal of the American Statistical Association 47).
    """

    of: tuple[Case, ...]
    weights: NDArray[np.float64]
    wrong: Mask

    @classmethod
    def of_all(cls, cases: Sequence[Case]) -> "Cases":
        """Return these cases as columns."""
        return cls(
            of=tuple(cases),
            weights=np.array([1.0 / case.propensity for case in cases]),
            wrong=np.array([case.wrong for case in cases], np.bool_),
        )

    def columns(self) -> dict[str, list[str | None]]:
        """Return, by column, what each case has in it, as text; None where it has nothing.

        Numbers with many values are cut at their quartiles, which depend on no outcome, so a test stays valid.
        """
        names = sorted({name for case in self.of for name in case.values})
        return {name: _texts([case.values.get(name) for case in self.of]) for name in names}

    def count(self, rows: Mask) -> tuple[int, int]:
        """Return how many of these rows are wrong, and how many there are, in cases that would tell as much.

        n = (Σw)² / Σw², of which Σw·wrong / Σw are wrong; both rounded down. Source: Kish (1965), "Survey Sampling",
        section 11.7: what unequal weights leave of a sample.
        """
        weights = self.weights[rows]
        if not len(weights):
            return 0, 0
        total = float(weights.sum())
        cases = int(total * total / float((weights * weights).sum()) + ROUNDING)
        return int(cases * float(weights[self.wrong[rows]].sum()) / total + ROUNDING), cases

    def error(self, rows: Mask) -> Interval:
        """Return the share of the stream, of what these rows stand for, on which the model is wrong.

        The estimate is the weighted share (Hájek), the bounds are Wilson's for so many cases as `count` says.
        """
        wrong, cases = self.count(rows)
        bounds = wilson(wrong, cases)
        total = float(self.weights[rows].sum())
        estimate = float(self.weights[rows & self.wrong].sum()) / total if total else bounds.estimate
        return Interval(estimate=estimate, low=min(bounds.low, estimate), high=max(bounds.high, estimate))

    def share(self, rows: Mask) -> float:
        """Return the share of the stream that these rows stand for."""
        return float(self.weights[rows].sum() / self.weights.sum())


# What a sum of floats may fall short of a whole number.
ROUNDING = 1e-6


def _texts(values: Sequence[Attribute | None]) -> list[str | None]:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    present = sum(value is not None for value in values)
    if len(numbers) < present or len(Counter(numbers)) <= VALUES:
        return [None if value is None else str(value) for value in values]
    cuts = np.unique(np.quantile(numbers, QUARTERS))
    return [None if value is None else _between(float(value), cuts) for value in values]


def _between(value: float, cuts: NDArray[np.float64]) -> str:
    place = int(np.searchsorted(cuts, value, side="right"))
    if place == 0:
        return f"below {cuts[0]:g}"
    return f"{cuts[-1]:g} or more" if place == len(cuts) else f"{cuts[place - 1]:g} to {cuts[place]:g}"
