"""The queue: what waits, by reason."""

from collections.abc import Sequence

from markupsafe import Markup

from console.markup import join, tag
from console.pages.house import House, Visit
from console.pages.parts import bar, data_table, empty, figure, figures
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
    stand = figures(
        figure("Open", depths.open, f"{depths.leased:,} in labelers' hands"),
        figure("Settled", depths.settled, "their labels agree"),
        figure("For an expert", depths.expert, "labelers disagree, or skipped them"),
    )
    reasons = _reasons(backlog.reasons) if backlog.reasons else empty("No task yet.")
    return join([stand, tag("h2", "Why they were selected"), reasons])


def _reasons(reasons: Sequence[ByReason]) -> Markup:
    most = max(_of(one) for one in reasons)
    rows = [
        (one.reason, bar(_of(one) / most), f"{one.open:,}", f"{one.settled:,}", f"{one.expert:,}") for one in reasons
    ]
    note = tag("p", "A task with several reasons counts for each.", class_="note")
    return data_table("Tasks by reason", ("reason", "", "open", "settled", "for an expert"), rows, left=2) + note


def _of(one: ByReason) -> int:
    return one.open + one.settled + one.expert
