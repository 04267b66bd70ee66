"""Slices: what is wanted of each, what there is, how models do on it, and where else the model fails."""

from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from console.markup import Content, join, tag
from console.pages.house import House, Visit
from console.pages.parts import data_table, empty, interval, percent
from console.rendering.text import visible
from quality.slices.finding import Search, WorseSlice
from schemas.roles import Permission
from storage.slice_ledger import Line, Trained


def add(house: House) -> None:
    """Serve the page."""

    @house.page("/slices", "Slices", Permission.FINDINGS)
    async def slices(visit: Visit) -> None:
        async def shown() -> Markup:
            overview = visit.desk.overview
            return drawn(await overview.slices.latest(), await overview.worse.latest())

        visit.live(shown)


def drawn(lines: Sequence[Line], search: Search) -> Markup:
    """Return the slice ledger, and what a search found beside it."""
    return join([_ledger(lines), _worse(search)])


def _ledger(lines: Sequence[Line]) -> Markup:
    """Return a row for each slice that is named anywhere."""
    if not lines:
        return empty("No slice is declared, and no quota is set: `assay slices add` declares one.")
    columns = (
        "slice",
        "error in production, 95 %",
        "wanted",
        "quota",
        "queued",
        "labeled",
        "consistent",
        "last version",
        "state",
    )
    rows = [
        (
            [visible(one.name), " (guarded)" if one.guarded else ""],
            interval(one.error),
            *(f"{count:,}" for count in (one.wanted, one.quota, one.queued, one.labeled, one.consistent)),
            _trained(one.trained),
            one.state,
        )
        for one in lines
    ]
    told = (
        "Wanted are rows of a version, by the recipe; the quota is what routing collects, by the policy, the last "
        "model and alarms. The error is that of the model in production, estimated for the stream; the last "
        "version's is on gold. A slice is short while labels of it are asked for, and closed by the last version "
        "that certainly gained on it."
    )
    return join([data_table("Slices", columns, rows, left=2), tag("p", told, class_="note")])


def _trained(versions: Sequence[Trained]) -> Content:
    if not versions:
        return "-"
    last = versions[-1]
    gain = last.found.gain
    told = f"{gain.estimate:+.1%} ({gain.low:+.1%} to {gain.high:+.1%})"
    return [f"version {last.version}: {percent(last.found.accuracy.estimate)}", tag("small", f" {told}")]


def _worse(search: Search) -> Markup:
    """Return what was found, and of how many slices that were looked at."""
    heading = tag("h2", "Where the model fails more than elsewhere")
    if not search.found:
        return join([heading, empty(f"Of {search.looked_at:,} slices none is worse than chance would make it.")])
    columns = ("slice", "error, 95 %", "elsewhere", "of the stream", "labels", "p, corrected", "such as")
    table = data_table("Worse slices", columns, [_row(one) for one in search.found], left=1)
    told = f"{search.looked_at:,} slices of one or two conditions were looked at, and p-values are corrected for all."
    return join([heading, table, tag("p", told, class_="note")])


def _row(one: WorseSlice) -> Sequence[Content]:
    links = [[tag("a", visible(name), href=f"/sample?id={quote(name, safe='')}"), " "] for name in one.examples[:2]]
    share, p_value = percent(one.share), f"{one.p_value:.2g}"
    return (visible(one.name), interval(one.error), interval(one.elsewhere), share, f"{one.cases:,}", p_value, links)
