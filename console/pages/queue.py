"""The queue: what waits, by reason."""

from collections.abc import Sequence

from markupsafe import Markup

from console.markup import Content, join, tag
from console.pages.house import House, Visit
from storage.backlog import Backlog, ByReason


def add(house: House) -> None:
    """Serve the page."""

    @house.page("/queue", "Queue")
    async def queue(visit: Visit) -> None:
        async def shown() -> Markup:
            return drawn(await visit.desk.overview.backlog.latest())

        visit.live(shown)


def drawn(backlog: Backlog) -> Markup:
    """Return how many tasks stand where, and the reasons as bars."""
    depths = backlog.depths
    figures = [
        figure("Open", depths.open, f"{depths.leased} in labelers' hands"),
        figure("Settled", depths.settled, "labelers agree"),
        figure("For an expert", depths.expert, "labelers do not"),
    ]
    reasons = _reasons(backlog.reasons) if backlog.reasons else tag("p", "No task yet.", class_="note")
    return join([tag("dl", figures, class_="figures"), tag("h2", "Why they were selected"), reasons])


def figure(name: str, value: int, note: str) -> Markup:
    """Return one number with its name and a word on it."""
    return tag("div", [tag("dt", name), tag("dd", f"{value:,}", class_="number"), tag("dd", note)])


def _reasons(reasons: Sequence[ByReason]) -> Markup:
    most = max(_of(one) for one in reasons)
    numbers = [tag("th", name, scope="col", class_="number") for name in ("open", "settled", "for an expert")]
    head = tag("tr", [tag("th", "reason", scope="col"), tag("td"), numbers])
    rows = [tag("tr", _row(one, most)) for one in reasons]
    body = tag("table", tag("thead", head), tag("tbody", rows), class_="data")
    note = tag("p", "A task with several reasons counts for each.", class_="note")
    return tag("div", body, class_="scroll", tabindex="0", role="region", aria_label="Tasks by reason") + note


def _row(one: ByReason, most: int) -> Content:
    share = 100 * _of(one) / most if most else 0
    bar = tag("span", class_="bar-of", style=f"--share:{share:.1f}%", aria_hidden="true")
    numbers = [tag("td", f"{number:,}", class_="number") for number in (one.open, one.settled, one.expert)]
    return [tag("th", one.reason, scope="row"), tag("td", bar, class_="wide"), numbers]


def _of(one: ByReason) -> int:
    return one.open + one.settled + one.expert
