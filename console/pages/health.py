"""Stream health: what came in each source, field by field, over time."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add as add_up
from urllib.parse import urlencode

from markupsafe import Markup

from console.markup import Content, join, tag
from console.pages.alarms import listed, marks
from console.pages.house import House, Visit
from console.pages.parts import data_table, empty, figure, figures, moment, percent
from console.pages.plots import bands, lines
from console.rendering.text import visible
from quality.aggregates import Judged
from quality.sketches.window import OTHERS, Slice
from schemas.roles import Permission
from storage.drift_actions import Offered
from storage.health import Health, Point, Series, health

PATH = "/stream-health"
# As many slices are offered; the others are had by their address.
MOST_SLICES = 60


def add(house: House) -> None:
    """Serve the page."""

    @house.page(PATH, "Stream health", Permission.SAMPLES)
    async def stream(visit: Visit) -> None:
        asked = visit.request.query_params
        of = Slice(column=asked["column"], value=asked.get("value", OTHERS)) if "column" in asked else None

        async def shown() -> Markup:
            desk = visit.desk
            alarms = await desk.overview.drift.latest()
            if of is None:
                return drawn(await desk.overview.health.latest(), alarms)
            return drawn(await asyncio.to_thread(health, desk.engine, desk.governed, of), alarms)

        visit.live(shown)


def drawn(found: Health, alarms: Sequence[Offered]) -> Markup:
    """Return the slices to choose from, the counts, alarms, and each series over time."""
    if not found.points:
        choice = _slices(found) if found.slices else None
        return join([choice, empty("No window has ended yet: [drift] says after how many offsets one does.")])
    ended = reduce(add_up, (point.ended for point in found.points))
    stand = figures(
        figure("Accepted", ended.accepted, "in the windows that have ended"),
        figure("Rejected", ended.rejected, "by contract or a critical rule"),
        figure("Duplicate", ended.duplicate, "of an accepted sample"),
    )
    span = [moment(found.points[0].earliest), " to ", moment(found.points[-1].latest)]
    note = tag("p", "From ", span, " UTC, as published. ", _EXPLAINED, class_="note")
    plots = [_series(name, one, found.points, marks(name, found, alarms)) for name, one in found.whole.items()]
    told = [_expectations(found.expectations), listed(alarms)]
    return join([_slices(found), stand, note, *told, tag("div", plots, class_="plots")])


_EXPLAINED = (
    "Of numbers the median, half of all and nine tenths of all; of categories the shares of the most frequent; in red "
    "the share that is missing. Behind a series stand in red the times of its alarms of drift."
)


def _slices(found: Health) -> Content:
    """Return the way to each slice, the one that is shown marked."""
    every = [(None, "all samples"), *((one, _name(one)) for one in found.slices[:MOST_SLICES])]
    entries = [
        tag("li", tag("a", name, href=_address(one), aria_current="page" if one == found.of else None))
        for one, name in every
    ]
    return tag("nav", tag("ul", entries, class_="slices"), aria_label="Slices")


def _name(one: Slice) -> Content:
    value = visible(one.value) if one.value != OTHERS else "all others"
    return value if one.column == "source" else [visible(one.column), " = ", value]


def _address(one: Slice | None) -> str:
    return PATH if one is None else f"{PATH}?{urlencode({'column': one.column, 'value': one.value})}"


def _expectations(judged: Sequence[Judged]) -> Content:
    rows = [(tag("code", one.type), visible(one.column), one.severity, visible(one.seen), one.answer) for one in judged]
    if not rows:
        return None
    columns = ("expectation", "column", "severity", "seen", "answer")
    return [tag("h2", "What the suite expects of many rows"), data_table("Expectations", columns, rows, left=5)]


def _series(name: str, whole: Series, points: Sequence[Point], marked: Sequence[range]) -> Markup:
    """Return one series over time, with what it is as a whole below it; points with an alarm are marked."""
    over = [point.series.get(name) for point in points]
    drawn_as = _numbers if whole.names is None else _names
    plot, told = drawn_as(over, whole, marked) or (None, "no value")
    missing = f"{percent(whole.missing / whole.rows)} missing" if whole.missing else "none missing"
    caption = tag("figcaption", told, ", ", missing)
    return tag("figure", tag("h3", visible(name)), plot, caption, class_="plot")


def _numbers(over: Sequence[Series | None], whole: Series, marked: Sequence[range]) -> tuple[Content, Content] | None:
    spread = whole.spread
    if spread is None:
        return None
    rows = [one.spread.quantiles if one and one.spread else None for one in over]
    low, middle, high = (_said(spread.quantiles[at]) for at in (0, 2, 4))
    label = f"median {middle}, nine tenths from {low} to {high}"
    return bands(rows, _missing(over), label, marked=marked), [
        label,
        f"; {_said(spread.least)} to {_said(spread.most)} in all",
    ]


def _names(over: Sequence[Series | None], whole: Series, marked: Sequence[range]) -> tuple[Content, Content] | None:
    names = whole.names
    if names is None or not names.shares:
        return None
    shares: Mapping[str, list[float | None]] = {
        name: [one.names.shares.get(name, 0.0) if one and one.names and one.names.shares else None for one in over]
        for name in names.shares
    }
    top = [[visible(name), f" {percent(share)}"] for name, share in names.shares.items()]
    label = f"shares of {len(shares)} of {names.distinct:.0f} values"
    return lines(list(shares.values()), _missing(over), label, marked=marked), [
        *((one, ", ") for one in top),
        f"{names.distinct:.0f} in all",
    ]


def _missing(over: Sequence[Series | None]) -> list[float | None]:
    return [one.missing / one.rows if one and one.rows else None for one in over]


def _said(number: float | None) -> str:
    return "unbounded" if number is None else f"{number:.4g}"
