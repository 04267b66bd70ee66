"""What a dataset must be before it is published: a red gate publishes nothing and says what is missing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Any, Protocol

from catalog.assembly import Row
from catalog.composition import Composition
from catalog.twins import TRAIN
from labeling.kinds import Kind, kind_of
from schemas.answers import Answer, AnswerKind, ClassName
from schemas.project import DatasetRecipe, LabelSpace, SliceRecipe
from schemas.verdicts import Event, Severity

# Timeliness is that of the tasks that were settled last, so many of them.
LATEST = 500
# So many of the rows that broke an expectation are named.
NAMED = 5


class Mark(StrEnum):
    """What good data is, whatever the model: the four numbers of the scorecard."""

    UNAMBIGUOUS = "labels unambiguous"  # agreement of those who labeled the same
    COVERED = "important cases covered"  # the least covered class or slice, as a share of what is wanted of it
    TIMELY = "feedback timely"  # hours from a sample's arrival in the queue to its last label, the median
    SIZED = "size appropriate"  # rows

    @property
    def bound(self) -> str:
        """Say on which side of its threshold the number is to be."""
        return "hours, at most" if self is Mark.TIMELY else "at least"


class Result(Event):
    """One check of the gate; `remedy` says what to do where it is not ok, and `blocking` whether one must.

    What is a `mark` of good data has a number, None where there is nothing to measure, and its threshold.
    """

    check: str
    ok: bool
    wanted: str
    found: str
    remedy: str
    blocking: bool = True
    mark: Mark | None = None
    value: float | None = None
    threshold: float | None = None

    @property
    def verdict(self) -> str:
        """Say in a word how it ended."""
        if self.ok:
            return "passed"
        return "failed" if self.blocking else "warning"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What Great Expectations said of one expectation; `error` tells why it could not judge.

    `rows` are the positions of the unexpected rows, for expectations about single rows.
    """

    type: str
    kwargs: Mapping[str, Any]
    severity: Severity
    success: bool
    unexpected: int
    rows: tuple[int, ...] = ()
    observed: str = ""
    error: str | None = None


class Heard(Protocol):
    """What the gate asks of every candidate, a row or not: its answers, and how long it took to get them."""

    @property
    def answers(self) -> Sequence[Answer]:
        """What its labelers said, in the order in which they did."""

    @property
    def settled(self) -> bool:
        """Whether they said enough."""

    @property
    def labeled_at(self) -> datetime:
        """When its last label came."""

    @property
    def waited(self) -> timedelta:
        """How long that took."""


def is_open(results: Sequence[Result]) -> bool:
    """Say whether a version may be published."""
    return all(result.ok or not result.blocking for result in results)


def marks(results: Sequence[Result]) -> tuple[Result, ...]:
    """Return the scorecard: the results that are marks of good data, in the order of the marks."""
    found = {result.mark: result for result in results}
    return tuple(found[mark] for mark in Mark if mark in found)


def explain(results: Sequence[Result]) -> str:
    """Return a line for each check that is not ok: what was wanted, what was found, and what to do."""
    return "\n".join(
        f"{one.verdict}: {one.check}: wanted {one.wanted}, found {one.found}. {one.remedy}"
        for one in results
        if not one.ok
    )


def check(
    rows: Collection[Row],
    candidates: Sequence[Heard],
    verdicts: Sequence[Verdict],
    *,
    recipe: DatasetRecipe,
    classes: Collection[ClassName],
    labels: LabelSpace,
    first_answers: int,
) -> tuple[Result, ...]:
    """Return every check's result: of the version's rows, the agreement of all candidates, the suite's verdicts.

    Agreement is measured on the first `first_answers` answers to each candidate, settled or not: later ones are
    asked for where the first disagree, and settled tasks are those that agree, so both would bias it.
    """
    named = {place for verdict in verdicts for place in verdict.rows[:NAMED]}
    made = Composition.of(rows, recipe.slices, named)
    return (
        _rows(made, recipe.min_rows),
        _agreement(candidates, recipe.agreement_floor, first_answers, kind_of(labels)),
        *([_classes(made, classes)] if classes else []),
        *(_slice(one, have) for one, have in _slices(made)),
        _coverage(made, classes),
        _timely(candidates, recipe.max_hours_to_label),
        *([_share(made, recipe.max_class_share)] if labels.kind is AnswerKind.CLASSIFICATION else []),
        _leakage(made),
        *(_suite(verdict, made) for verdict in verdicts),
    )


def _rows(made: Composition, least: int) -> Result:
    return Result(
        check="rows",
        ok=made.rows >= least,
        wanted=f"at least {least}",
        found=str(made.rows),
        remedy=f"Have {max(0, least - made.rows)} more samples labeled consistently.",
        mark=Mark.SIZED,
        value=made.rows,
        threshold=least,
    )


def _agreement(candidates: Sequence[Heard], floor: float, first_answers: int, kind: Kind) -> Result:
    measured = kind.agreement([one.answers[: max(2, first_answers)] for one in candidates])
    found = measured.estimate
    return Result(
        check="agreement",
        ok=found is not None and found >= floor,
        wanted=f"{measured.name} of at least {floor:g}",
        found="nothing that two answers to a task could differ in" if found is None else f"{found:.4f}",
        remedy="Let two people label the same tasks." if found is None else "Settle in the guideline what is confused.",
        mark=Mark.UNAMBIGUOUS,
        value=found,
        threshold=floor,
    )


def _classes(made: Composition, classes: Collection[ClassName]) -> Result:
    absent = sorted(set(classes) - made.trained)
    return Result(
        check="classes",
        ok=not absent,
        wanted=f"every class in the split {TRAIN!r}",
        found=f"none of {', '.join(absent)}" if absent else "every class",
        remedy=f"Have samples of {', '.join(absent)} labeled.",
    )


def _slices(made: Composition) -> list[tuple[SliceRecipe, int]]:
    """Return each slice of which rows are wanted, with how many it has, copies not counted."""
    return [(one, have) for one, have in made.slices if one.want > 0]


def _slice(one: SliceRecipe, have: int) -> Result:
    return Result(
        check=f"slice: {one.name}",
        ok=have >= one.want,
        wanted=f"at least {one.want} rows",
        found=str(have),
        remedy=f"Have {max(0, one.want - have)} more with {one.name} labeled: a quota in [routing] selects them.",
    )


def _coverage(made: Composition, classes: Collection[ClassName]) -> Result:
    shares = {f"class {name}": float(name in made.trained) for name in sorted(classes)}
    shares |= {f"slice {one.name}": min(1.0, have / one.want) for one, have in _slices(made)}
    least = min(shares, key=lambda name: shares[name], default=None)
    value = 1.0 if least is None else shares[least]
    return Result(
        check="coverage",
        ok=value >= 1,
        wanted="all that is wanted of each class and slice",
        found="all of it" if value >= 1 else f"{100 * value:.3g} % of {least}",
        remedy=f"Have samples of {least} labeled.",
        mark=Mark.COVERED,
        value=value,
        threshold=1.0,
    )


def _timely(candidates: Sequence[Heard], most: float) -> Result:
    """Judge those that were settled last: what was late once is late for ever, and cannot be mended."""
    latest = sorted((one for one in candidates if one.settled), key=lambda one: one.labeled_at)[-LATEST:]
    hours = median(one.waited.total_seconds() / 3600 for one in latest) if latest else None
    return Result(
        check="timeliness",
        ok=hours is not None and hours <= most,
        wanted=f"a median of at most {most:g} hours from the queue to the last label",
        found="nothing labeled" if hours is None else f"{hours:.3g} hours for the last {len(latest)}",
        remedy="Have more people label, or lower the budget in [routing].",
        blocking=False,
        mark=Mark.TIMELY,
        value=hours,
        threshold=most,
    )


def _share(made: Composition, most: float) -> Result:
    ((largest, count),) = made.labels.most_common(1) or [("", 0)]
    return Result(
        check="class share",
        ok=count <= most * made.rows,
        wanted=f"no class above {most:.4g} of the rows",
        found=f"{largest!r} has {count} of {made.rows}",
        remedy="Have samples of other classes labeled, or raise max_class_share.",
    )


def _leakage(made: Composition) -> Result:
    torn = sorted(made.torn)
    return Result(
        check="leakage",
        ok=not torn,
        wanted="each group in one split",
        found=f"{len(torn)} groups in several, such as {torn[0]}" if torn else "each in one",
        remedy="This is a fault of the split: report it.",
    )


def _suite(verdict: Verdict, made: Composition) -> Result:
    return Result(
        check=f"suite: {verdict.type}{_columns(verdict.kwargs)}",
        ok=verdict.success,
        wanted=", ".join(f"{name} {value}" for name, value in verdict.kwargs.items() if "column" not in name)
        or "to hold",
        found=_found(verdict, made),
        remedy="Mend the suite." if verdict.error else "Look at these samples; correct the source, or the suite.",
        blocking=verdict.severity is Severity.CRITICAL or verdict.error is not None,
    )


def _columns(kwargs: Mapping[str, Any]) -> str:
    named = [str(value) for name, value in kwargs.items() if "column" in name]
    return f" ({', '.join(named)})" if named else ""


def _found(verdict: Verdict, made: Composition) -> str:
    if verdict.error is not None:
        return verdict.error
    if verdict.success or not verdict.unexpected:
        return verdict.observed or f"{verdict.unexpected} unexpected"
    some = ", ".join(made.named[row] for row in verdict.rows[:NAMED])
    return f"{verdict.unexpected} unexpected" + (f", such as {some}" if some else "")
