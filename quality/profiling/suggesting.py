"""Suggesting: the expectations that rows keep, each with its evidence, as a plain suite."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from quality.profiling import comparing, single, telling
from quality.profiling.candidate import Candidate
from quality.profiling.caution import Caution, violated_below
from quality.profiling.profile import ColumnProfile, profile
from quality.rules import Rule, compile_suite
from quality.rules.columns import Columns
from schemas.verdicts import Severity

GOOD = Caution()
# Most columns of which pairs are tried; more would have thousands of pairs.
MOST_COLUMNS = 50
LIST = "expect_column_values_to_be_in_set"
# What a list of values does not say.
STRICT = (LIST, "expect_column_values_to_not_be_null")


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A proposed rule with its evidence.

    Of the `rows` that were seen the rule judged `judged`, and `broken` broke it; with 95 % confidence no more than
    `violated` of all rows do. `figures` are further ones that its kind of rule rests on.
    """

    type: str
    kwargs: Mapping[str, Any]
    columns: tuple[str, ...]
    allowed: str
    why: str
    rows: int
    judged: int
    broken: int
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def violated(self) -> float:
        """An upper bound of 95 % for the share of rows that break the rule."""
        return violated_below(self.judged, self.broken)

    @property
    def entry(self) -> dict[str, Any]:
        """The rule as a suite holds it: a warning, which a person makes critical."""
        evidence = {
            "rows": self.rows,
            "judged": self.judged,
            "kept": self.judged - self.broken,
            "violated_below": self.violated,
            **self.figures,
        }
        return {
            "type": self.type,
            "kwargs": dict(self.kwargs),
            "severity": Severity.WARNING.value,
            "meta": {"notes": self.why, "evidence": evidence},
        }


def suggest(columns: Mapping[str, Sequence[object]], caution: Caution = GOOD) -> tuple[Suggestion, ...]:
    """Return the rules that rows, given as columns of one length, speak for.

    Every row keeps them, or as many as `caution.mostly` says. Their order does not matter.
    There is no rule of uniqueness: a sample that is replayed would break it.
    """
    return _strictest(_kept(columns, caution))


def steady(columns: Mapping[str, Sequence[object]], caution: Caution = GOOD) -> tuple[Suggestion, ...]:
    """Return the suggestions that also hold forward; the rows must stand in the order in which they came.

    Of each, its like is made from the earlier half of the rows alone, which needs half as many of them, and judges
    the later half: it is kept if no more rows broke it than `caution` allows. So what rows seem to say only
    because they are sorted, or few, is not proposed. `later_judged` and `later_broken` are figures.
    """
    count = _count(columns)
    earlier = {name: values[: count // 2] for name, values in columns.items()}
    later = Columns({name: values[count // 2 :] for name, values in columns.items()}, count - count // 2)
    alike = {(one.type, one.columns): one for one in _kept(earlier, replace(caution, violated=2 * caution.violated))}
    checked = ((one, alike.get((one.type, one.columns))) for one in _kept(columns, caution))
    return _strictest(_forward(one, made, later) for one, made in checked if made and _holds(made, later, caution))


def _holds(made: Suggestion, later: Columns, caution: Caution) -> bool:
    judged, broken = _counts(_compiled(made), later)
    return broken <= (caution.violated + 1 - caution.mostly) * judged


def _forward(suggestion: Suggestion, made: Suggestion, later: Columns) -> Suggestion:
    judged, broken = _counts(_compiled(made), later)
    return replace(suggestion, figures={**suggestion.figures, "later_judged": judged, "later_broken": broken})


def suite(name: str, suggestions: Iterable[Suggestion]) -> dict[str, Any]:
    """Return suggestions as a plain Great Expectations suite; the evidence stands in each expectation's `meta`."""
    return {"name": name, "expectations": [each.entry for each in suggestions]}


def _count(columns: Mapping[str, Sequence[object]]) -> int:
    return len(next(iter(columns.values()), ()))


def _strictest(suggestions: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """Leave out what a list of the column's values says already."""
    found = list(suggestions)
    listed = {each.columns for each in found if each.type == LIST}
    return tuple(each for each in found if each.type in STRICT or each.columns not in listed)


def _kept(columns: Mapping[str, Sequence[object]], caution: Caution) -> Iterator[Suggestion]:
    """Yield all that rows keep."""
    profiles = [profile(name, values) for name, values in columns.items()]
    alone = (candidate for each in profiles for candidate in single.candidates(each, caution))
    candidates = [*alone, *_related(columns, profiles, caution)]
    return _weighed(candidates, Columns(columns, _count(columns)), caution)


def _related(
    columns: Mapping[str, Sequence[object]], profiles: Sequence[ColumnProfile], caution: Caution
) -> Iterator[Candidate]:
    """Yield what could be expected of pairs of columns, unless there are too many."""
    if 1 < len(profiles) <= MOST_COLUMNS:
        yield from comparing.candidates(columns, profiles, caution)
        yield from telling.candidates(columns, profiles, caution)


def _weighed(candidates: Iterable[Candidate], data: Columns, caution: Caution) -> Iterator[Suggestion]:
    """Judge the rows by each candidate, and pass on those that enough of them keep."""
    for candidate in candidates:
        rule = _compiled(candidate)
        judged, broken = _counts(rule, data)
        if judged >= caution.rows and judged - broken >= caution.mostly * judged:
            yield _suggestion(candidate, rule, rows=data.count, judged=judged, broken=broken, caution=caution)


def _compiled(one: Candidate | Suggestion) -> Rule:
    (rule,) = compile_suite({"expectations": [{"type": one.type, "kwargs": one.kwargs}]}, None)
    return rule


def _counts(rule: Rule, data: Columns) -> tuple[int, int]:
    """Return how many rows a rule judges, and how many break it."""
    return int(np.count_nonzero(rule.judges(data))), int(np.count_nonzero(rule.breaks(data)))


def _suggestion(
    candidate: Candidate, rule: Rule, *, rows: int, judged: int, broken: int, caution: Caution
) -> Suggestion:
    mostly = {"mostly": caution.mostly} if broken else {}
    return Suggestion(
        type=candidate.type,
        kwargs={**candidate.kwargs, **mostly},
        columns=rule.columns,
        allowed=rule.allowed,
        why=candidate.why,
        rows=rows,
        judged=judged,
        broken=broken,
        figures=candidate.figures,
    )
