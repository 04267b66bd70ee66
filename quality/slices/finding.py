"""Find slices on which the model is wrong more often than elsewhere, corrected for how many were looked at."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from quality.chance import LEVEL, holm, hypergeometric_tail
from quality.intervals import Interval
from quality.slices.cases import Cases, Mask

# The cases that a slice needs to be looked at, and that must be left outside it.
LEAST = 20
# Pairs of conditions are looked at of so many, those with the most cases: which these are depends on no outcome.
PAIRED = 40
# So many cases of a slice are named, those that the model got wrong first.
EXAMPLES = 5

# A column and what is in it.
Condition = tuple[str, str]
# Conditions, the rows in which all hold, and how probable so many errors there are by chance.
Tested = tuple[tuple[Condition, ...], Mask, float]


@dataclass(frozen=True, kw_only=True)
class WorseSlice:
    """A slice on which the model is worse: its conditions, all of which hold in it.

    `share` is what it is of the stream, `error` and `elsewhere` are the model's in it and outside it. `p_value` is
    corrected for every slice that was looked at.
    """

    conditions: tuple[Condition, ...]
    cases: int
    share: float
    error: Interval
    elsewhere: Interval
    p_value: float
    examples: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called."""
        return " and ".join(f"{column} = {value}" for column, value in self.conditions)


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a search found, of how many slices."""

    found: tuple[WorseSlice, ...]
    looked_at: int


def find_worse(cases: Cases, columns: Mapping[str, Sequence[str | None]], *, level: float = LEVEL) -> Search:
    """Return the slices of one or two conditions on which the model is worse, the clearest first.

    `columns` has a value for each case, by column. One condition is held against everything outside it, by Fisher's
    exact one-sided test on effective cases (`Cases.count`). Two conditions are held against the rest of either one's
    slice, and the greater of the two p-values counts: both must be needed (an intersection-union test, Berger (1982),
    "Multiparameter Hypothesis Testing and Acceptance Sampling", Technometrics 24). All p-values are corrected together
    (Holm), so that where the model errs alike everywhere, anything is found with a probability of at most `level`.
    """
    singles = dict(_singles(columns, len(cases.of)))
    tests: list[Tested] = [((one,), rows, _p_value(cases, rows, ~rows)) for one, rows in singles.items()]
    tests += _pairs(cases, singles)
    corrected = holm([p_value for *_, p_value in tests])
    found = [
        _worse(cases, conditions, rows, p_value)
        for (conditions, rows, _), p_value in zip(tests, corrected, strict=True)
        if p_value <= level
    ]
    ranked = sorted(found, key=lambda one: (one.p_value, -one.error.estimate, one.conditions))
    return Search(found=tuple(ranked), looked_at=len(tests))


def _singles(columns: Mapping[str, Sequence[str | None]], count: int) -> Iterator[tuple[Condition, Mask]]:
    for column, values in columns.items():
        held = np.array(values, object)
        for value in sorted({value for value in values if value is not None}):
            rows: Mask = held == value
            if LEAST <= rows.sum() <= count - LEAST:
                yield (column, value), rows


def _pairs(cases: Cases, singles: Mapping[Condition, Mask]) -> Iterator[Tested]:
    largest = sorted(singles, key=lambda one: (-int(singles[one].sum()), one))[:PAIRED]
    for one, other in combinations(sorted(largest), 2):
        rows = singles[one] & singles[other]
        rests = [singles[each] & ~rows for each in (one, other)]
        if one[0] != other[0] and min(rows.sum(), *(rest.sum() for rest in rests)) >= LEAST:
            yield (one, other), rows, max(_p_value(cases, rows, rest) for rest in rests)


def _p_value(cases: Cases, rows: Mask, rest: Mask) -> float:
    wrong, count = cases.count(rows)
    wrong_elsewhere, elsewhere = cases.count(rest)
    return hypergeometric_tail(wrong, count, wrong + wrong_elsewhere, count + elsewhere)


def _worse(cases: Cases, conditions: tuple[Condition, ...], rows: Mask, p_value: float) -> WorseSlice:
    return WorseSlice(
        conditions=conditions,
        cases=int(rows.sum()),
        share=cases.share(rows),
        error=cases.error(rows),
        elsewhere=cases.error(~rows),
        p_value=p_value,
        examples=tuple(_examples(cases, np.flatnonzero(rows).tolist())),
    )


def _examples(cases: Cases, rows: Iterable[int]) -> Iterator[str]:
    wrong_first = sorted(rows, key=lambda row: (not cases.wrong[row], row))
    return (cases.of[row].sample_id for row in wrong_first[:EXAMPLES])
