"""Routing: what each reason gets of the budget, and how often its labels changed something."""

from markupsafe import Markup

from console.markup import join, tag
from console.pages.house import House, Visit
from console.pages.parts import bar, data_table, interval, percent
from storage.backlog import Backlog
from storage.mixing import Mix


def add(house: House) -> None:
    """Serve the page."""

    @house.page("/routing", "Routing")
    async def routing(visit: Visit) -> None:
        async def shown() -> Markup:
            overview = visit.desk.overview
            return drawn(await overview.mix.latest(), await overview.backlog.latest())

        visit.live(shown)


def drawn(mix: Mix, backlog: Backlog) -> Markup:
    """Return a row for each reason, the largest share of the budget first."""
    tasks = {one.reason: one.open + one.settled + one.expert for one in backlog.reasons}
    rows = [
        (
            one.reason,
            [bar(one.share), tag("span", percent(one.share))],
            interval(one.rate),
            f"{tasks.get(one.reason, 0):,}",
            f"{one.labels:.1f}",
            f"{one.hits:.1f}",
        )
        for one in mix.reasons
    ]
    columns = ("reason", "of the budget", "hit rate, 95 %", "tasks", "labels", "hits")
    told = "A hit is a label that changed something: it differs from the prediction, or its class was short of labels. "
    weighed = "Older labels weigh less, so labels and hits are no whole numbers. "
    steering = f"Steering {mix.steering} is in force." if mix.steering else "No label has steered routing yet."
    note = tag("p", told, weighed, steering, asked(mix), class_="note")
    return join([data_table("Reasons", columns, rows, left=3), note])


def asked(mix: Mix) -> str:
    """Say what the last model asks for, if it does."""
    wanted = ", ".join(f"{one.want} of {one.column} = {one.value}" for one in mix.quotas)
    return (
        f" The model of version {mix.asked_by} is worst at some slices, and wants labels: {wanted}." if wanted else ""
    )
