"""Aggregate expectations: what a suite says of many rows, judged on the sketches of a window of the stream.

The dataset gate judges them in Great Expectations itself. A sketch says a figure within bounds: an expectation holds,
or is broken, only where Great Expectations would say so wherever between them the figure lies.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil, isnan, nan, sqrt
from typing import Any

from quality.columns import ENVELOPE, kinds
from quality.rules.bounds import Bounds
from quality.rules.expectations import EXPECTATIONS, Place
from quality.sketches.categories import KEPT, Categories
from quality.sketches.fields import Field, Kind
from quality.sketches.numeric import Figure, Numbers
from quality.sketches.sketch import Sketch
from schemas.errors import InputError
from schemas.samples import Payload
from schemas.verdicts import Severity

Kwargs = Mapping[str, Any]
# How far two ways to add up floats may be apart, as a share of the sum of magnitudes.
ROUNDING = 1e-12
MEDIAN = 0.5


class Answer(StrEnum):
    """What a window says of an expectation."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNSURE = "unsure"  # the sketch is too coarse to say, or there was no value


# What is seen in a sketch, in words, and what that says.
Seen = tuple[str, Answer]
Judge = Callable[[Sketch], Seen]
# How a type's judge is made of its kwargs.
Maker = Callable[[Kwargs], Judge]


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """One aggregate expectation about a column that is sketched."""

    type: str
    column: str
    severity: Severity
    judge: Judge


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a window says of one aggregate expectation; `seen` is the figure that it saw."""

    type: str
    column: str
    severity: Severity
    seen: str
    answer: Answer


def aggregates(suite: Mapping[str, Any], payload: type[Payload], fields: Iterable[Field]) -> tuple[Aggregate, ...]:
    """Return those expectations of a sound suite that sketches of these fields answer.

    Not those with a row condition, for a sketch knows no rows. What is left out the gate judges alone.
    """
    by_name = {field.name: field for field in fields}
    found = []
    for entry in suite.get("expectations", ()):
        kwargs = entry.get("kwargs") or {}
        field = by_name.get(str(kwargs.get("column")))
        maker = None if field is None else _maker(entry["type"], field, payload)
        if maker is None or field is None or kwargs.get("row_condition"):
            continue
        try:
            judge = maker(kwargs)
        except (InputError, TypeError, ValueError, KeyError):  # what the gate has to make sense of
            continue
        severity = Severity(entry.get("severity") or Severity.CRITICAL)
        found.append(Aggregate(type=entry["type"], column=field.name, severity=severity, judge=judge))
    return tuple(found)


def judged(asked: Iterable[Aggregate], sketches: Mapping[str, Sketch]) -> list[Judged]:
    """Return what sketches, by series, say of each expectation."""
    found = []
    for one in asked:
        sketch = sketches.get(one.column)
        seen, answer = ("nothing", Answer.UNSURE) if sketch is None else one.judge(sketch)
        found.append(Judged(type=one.type, column=one.column, severity=one.severity, seen=seen, answer=answer))
    return found


def _maker(kind: str, field: Field, payload: type[Payload]) -> Maker | None:
    """Return what makes the judge of an expectation, where the field's sketches can answer it."""
    if EXPECTATIONS[kind].place is not Place.WINDOWED:
        return None
    if kind in OF_ANYTHING:
        return OF_ANYTHING[kind] if field.kind not in {Kind.TEXT, Kind.VECTOR} else None
    if kind in OF_NUMBERS:
        return OF_NUMBERS[kind] if field.kind is Kind.NUMBER else None
    is_text = field.name in ENVELOPE or kinds(field.name, payload) == {"string"}
    return OF_TEXTS[kind] if field.kind is Kind.CATEGORY and is_text else None


def _between(figure: Callable[[Sketch], Figure | None]) -> Maker:
    """Return what judges a figure by bounds."""

    def make(kwargs: Kwargs) -> Judge:
        bounds = Bounds.read(kwargs, "the figure")
        return lambda sketch: _bounded(bounds, figure(sketch))

    return make


def _bounded(bounds: Bounds, figure: Figure | None, slack: Callable[[float], float] = lambda _: 0.0) -> Seen:
    """Say whether a figure lies within bounds; what is no further than `slack` outside of one may be called within."""
    if figure is None or isnan(figure[0]):
        return "no value", Answer.UNSURE
    value, low, high = figure
    if not bounds.outside(low) and not bounds.outside(high):
        return f"{value:g}", Answer.HOLDS
    below = bounds.low is not None and replace(bounds, low=bounds.low - slack(bounds.low), high=None).outside(high)
    above = bounds.high is not None and replace(bounds, high=bounds.high + slack(bounds.high), low=None).outside(low)
    return f"{value:g}", Answer.BROKEN if below or above else Answer.UNSURE


def _numbers(sketch: Sketch) -> Numbers | None:
    return sketch.values if isinstance(sketch.values, Numbers) and sketch.values.count else None


def _names(sketch: Sketch) -> Categories | None:
    return sketch.values if isinstance(sketch.values, Categories) and sketch.values.count else None


def _mean(numbers: Numbers) -> Figure:
    return _rounded(numbers.mean, numbers)


def _sum(numbers: Numbers) -> Figure:
    value, low, high = _mean(numbers)
    return value * numbers.count, low * numbers.count, high * numbers.count


def _deviation(numbers: Numbers) -> Figure:
    """Return the standard deviation, divided by the count less one, as pandas has it; NaN of a single number."""
    factor = sqrt(numbers.count / (numbers.count - 1)) if numbers.count > 1 else nan
    value, low, high = (each * factor for each in numbers.deviation)
    return _rounded((value, low, high), numbers)


def _rounded(figure: Figure, numbers: Numbers) -> Figure:
    """Widen a figure's bounds by what adding up in another order may make of it."""
    value, low, high = figure
    slack = ROUNDING * max(abs(numbers.least), abs(numbers.most))
    return value, max(low - slack, 0.0) if low >= 0.0 and numbers.least >= 0.0 else low - slack, high + slack


def _quantile(numbers: Numbers, share: float) -> Figure:
    """Return the quantile, which lies between the two numbers that are next to its rank, however it is chosen."""
    last = numbers.count - 1
    value, low, _ = numbers.quantile(share)
    _, _, high = numbers.quantile(ceil(share * last) / last if last else 0.0)
    return value, low, high


def _quantiles(kwargs: Kwargs) -> Judge:
    ranges = kwargs["quantile_ranges"]
    asked = [
        (share, Bounds.read({"min_value": low, "max_value": high}, "a quantile"))
        for share, (low, high) in zip(ranges["quantiles"], ranges["value_ranges"], strict=True)
        if not low is high is None
    ]

    def judge(sketch: Sketch) -> Seen:
        numbers = _numbers(sketch)
        seen = [_bounded(bounds, _quantile(numbers, share) if numbers else None, _close) for share, bounds in asked]
        answers = {answer for _, answer in seen}
        worst = next((one for one in (Answer.BROKEN, Answer.UNSURE) if one in answers), Answer.HOLDS)
        return ", ".join(value for value, _ in seen), worst

    return judge


def _close(bound: float) -> float:
    """Return how far outside of a quantile's bound Great Expectations still calls a number within."""
    return 1e-8 + 1e-4 * abs(bound)


def _distinct(sketch: Sketch) -> Figure | None:
    names = _names(sketch)
    if names is None:
        return None
    return (names.distinct, KEPT + 1, names.count) if names.is_full else (names.distinct,) * 3


def _unique_share(sketch: Sketch) -> Figure | None:
    found = _distinct(sketch)
    if found is None:
        return None
    value, low, high = (each / sketch.values.count for each in found)
    return value, low, high


def _by_set(judge: Callable[[frozenset[Any], Categories, Kwargs], Answer]) -> Maker:
    """Return what judges the names of a column by a set of values."""

    def make(kwargs: Kwargs) -> Judge:
        allowed = frozenset(one for one in kwargs["value_set"] if isinstance(one, str))

        def on(sketch: Sketch) -> Seen:
            names = _names(sketch)
            if names is None:
                return "no value", Answer.UNSURE
            return f"{names.distinct:g} different", judge(allowed, names, kwargs)

        return on

    return make


def _in_set(allowed: frozenset[Any], names: Categories, _: Kwargs) -> Answer:
    if not allowed.issuperset(names.kept) or (names.is_full and len(allowed) <= KEPT):
        return Answer.BROKEN
    return Answer.UNSURE if names.is_full else Answer.HOLDS


def _contains(allowed: frozenset[Any], names: Categories, _: Kwargs) -> Answer:
    if allowed.issubset(names.kept):
        return Answer.HOLDS
    return Answer.UNSURE if names.is_full else Answer.BROKEN


def _equals(allowed: frozenset[Any], names: Categories, kwargs: Kwargs) -> Answer:
    answers = {_in_set(allowed, names, kwargs), _contains(allowed, names, kwargs)}
    return next((one for one in (Answer.BROKEN, Answer.UNSURE) if one in answers), Answer.HOLDS)


def _most_common(allowed: frozenset[Any], names: Categories, kwargs: Kwargs) -> Answer:
    if names.is_full:
        return Answer.UNSURE
    most = max(names.kept.values())
    modes = {name for name, count in names.kept.items() if count == most}
    holds = modes & allowed if kwargs.get("ties_okay") else len(modes) == 1 and modes <= allowed
    return Answer.HOLDS if holds else Answer.BROKEN


def _present(sketch: Sketch) -> Figure | None:
    share = (sketch.rows - sketch.missing) / sketch.rows if sketch.rows else nan
    return share, share, share


def _of(figure: Callable[[Numbers], Figure]) -> Maker:
    """Return what judges a figure of numbers, of which there are some, by bounds."""

    def of_sketch(sketch: Sketch) -> Figure | None:
        numbers = _numbers(sketch)
        return figure(numbers) if numbers else None

    return _between(of_sketch)


OF_ANYTHING: Mapping[str, Maker] = {
    "expect_column_proportion_of_non_null_values_to_be_between": _between(_present),
}
OF_NUMBERS: Mapping[str, Maker] = {
    "expect_column_max_to_be_between": _of(lambda numbers: (numbers.most,) * 3),
    "expect_column_mean_to_be_between": _of(_mean),
    "expect_column_median_to_be_between": _of(lambda numbers: _quantile(numbers, MEDIAN)),
    "expect_column_min_to_be_between": _of(lambda numbers: (numbers.least,) * 3),
    "expect_column_quantile_values_to_be_between": _quantiles,
    "expect_column_stdev_to_be_between": _of(_deviation),
    "expect_column_sum_to_be_between": _of(_sum),
}
OF_TEXTS: Mapping[str, Maker] = {
    "expect_column_distinct_values_to_be_in_set": _by_set(_in_set),
    "expect_column_distinct_values_to_contain_set": _by_set(_contains),
    "expect_column_distinct_values_to_equal_set": _by_set(_equals),
    "expect_column_most_common_value_to_be_in_set": _by_set(_most_common),
    "expect_column_proportion_of_unique_values_to_be_between": _between(_unique_share),
    "expect_column_unique_value_count_to_be_between": _between(_distinct),
}
