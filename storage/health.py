"""The health of the stream: what sketches say of it over time, of all samples or of one slice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from math import isfinite

from sqlalchemy import Engine, select

from quality.aggregates import Judged, aggregates, judged
from quality.columns import payload_of
from quality.sketches.categories import Categories
from quality.sketches.folding import Sketches
from quality.sketches.numeric import Numbers
from quality.sketches.sketch import Sketch
from quality.sketches.window import Dispositions, Slice
from storage.database import lost_connections_named
from storage.projects import Project
from storage.sketches import Kept, slices, together, windows
from storage.tables import SketchWindowRow

# So many windows are looked at, the newest of the time that is asked for, and so many points are made of them.
WINDOWS, POINTS = 240, 48
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
# Spans end before their end.
MOMENT = timedelta(microseconds=1)
# So many categories are named, the most frequent.
NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Numbers: the quantiles at `SHARES`, the mean, the extremes; None where one is not finite."""

    quantiles: tuple[float | None, ...]
    mean: float | None
    least: float | None
    most: float | None
    error: float


@dataclass(frozen=True, kw_only=True)
class Names:
    """Categories: about how many there are, and the share of values of the most frequent ones."""

    distinct: float
    shares: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Series:
    """What was seen of one series in so many rows, `missing` of which had no value."""

    rows: int
    missing: int
    spread: Spread | None = None
    names: Names | None = None


@dataclass(frozen=True, kw_only=True)
class Point:
    """Some windows that follow each other in time, as one."""

    earliest: datetime
    latest: datetime
    ended: Dispositions
    series: dict[str, Series]


@dataclass(frozen=True, kw_only=True)
class Health:
    """The stream over time, and as a whole: of the slice `of`, or of all samples.

    `slices` are those that there are. Expectations are the aggregate ones of the suite, judged on all of the windows.
    """

    of: Slice | None
    slices: list[Slice]
    points: list[Point]
    whole: dict[str, Series]
    expectations: list[Judged]


@lost_connections_named()
def health(
    engine: Engine,
    project: Project,
    of: Slice | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Health:
    """Return the health of a project's stream, in the last `WINDOWS` windows of the time from `since` to `until`."""
    topic = project.topics.samples
    span = _span(engine, topic, since, until)
    if span is None:
        return Health(of=of, slices=[], points=[], whole={}, expectations=[])
    begin, end = span
    found = windows(engine, topic, begin, end, of)
    whole = together(found)
    return Health(
        of=of,
        slices=slices(engine, topic, begin, end),
        points=[_point(group) for group in _groups(found)],
        whole=_series(whole),
        expectations=_expected(project, whole),
    )


def _span(
    engine: Engine, topic: str, since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime] | None:
    """Return the time in which the windows ended that are looked at."""
    latest = SketchWindowRow.latest
    asked = select(latest).where(SketchWindowRow.topic == topic).order_by(latest.desc()).limit(WINDOWS)
    asked = asked if since is None else asked.where(latest >= since)
    asked = asked if until is None else asked.where(latest < until)
    with engine.connect() as connection:
        found = connection.scalars(asked).all()
    return (found[-1], found[0] + MOMENT) if found else None


def _groups(found: Sequence[Kept]) -> list[Sequence[Kept]]:
    """Return windows in their order, in at most `POINTS` groups of the same size but for the last."""
    size = -(-len(found) // POINTS) or 1
    return [found[start : start + size] for start in range(0, len(found), size)]


def _point(group: Sequence[Kept]) -> Point:
    return Point(
        earliest=min(one.earliest for one in group),
        latest=max(one.latest for one in group),
        ended=reduce(Dispositions.__add__, (one.ended for one in group)),
        series=_series(together(group)),
    )


def _series(sketches: Sketches) -> dict[str, Series]:
    return {name: _figures(sketch) for name, sketch in sketches.items()}


def _figures(sketch: Sketch) -> Series:
    values = sketch.values
    if isinstance(values, Categories):
        count = values.count
        shares = {name: number / count for name, number in values.top(NAMED)}
        return Series(rows=sketch.rows, missing=sketch.missing, names=Names(distinct=values.distinct, shares=shares))
    return Series(rows=sketch.rows, missing=sketch.missing, spread=_spread(values) if values.count else None)


def _spread(numbers: Numbers) -> Spread:
    return Spread(
        quantiles=tuple(map(_finite, numbers.quantiles(SHARES))),
        mean=_finite(numbers.mean[0]),
        least=_finite(numbers.least),
        most=_finite(numbers.most),
        error=numbers.error,
    )


def _finite(number: float) -> float | None:
    return number if isfinite(number) else None


def _expected(project: Project, whole: Sketches) -> list[Judged]:
    payload = payload_of(project.samples[project.config.contract.current])
    return judged(aggregates(project.suite, payload, project.screening.sketching.fields), whole)
