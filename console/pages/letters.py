"""Dead letters by the rule that they broke, with a dry run of their replay."""

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup
from nicegui import ui

from console.markup import Content, join, tag
from console.pages.house import House, Visit
from console.pages.parts import data_table, empty, figure, figures, moment
from console.rendering.text import visible
from console.views import JUDGED, Rehearsed
from quality.forecast import Choice
from schemas.roles import Permission
from storage.dead_letters import Broken, DeadLetters

# A value that was seen is shown up to so many characters.
SHOWN = 120


def add(house: House) -> None:
    """Serve the page."""

    @house.page("/dead-letters", "Dead letters", Permission.SAMPLES)
    async def letters(visit: Visit) -> None:
        rule = visit.request.query_params.get("rule")
        if rule is not None:
            ui.html(await _rehearsed(visit, rule), sanitize=False)

        async def shown() -> Markup:
            return drawn(await visit.desk.overview.broken.latest())

        visit.live(shown)


async def _rehearsed(visit: Visit, rule: str) -> Markup:
    desk = visit.desk
    letters = DeadLetters(project=desk.governed, engine=desk.engine, lake=desk.lake)
    return rehearsed(rule, Rehearsed.of(await asyncio.to_thread(letters.foretell, Choice(rule=rule), JUDGED)))


def rehearsed(rule: str, told: Rehearsed) -> Markup:
    """Return what replaying the dead letters of one rule would do."""
    head = tag("h2", "Dry run: ", tag("code", visible(rule)), id="dry-run")
    stand = figures(
        figure("Would be accepted", told.accepted, "unless they repeat an accepted sample"),
        figure("Would be rejected again", told.rejected, f"of the first {JUDGED:,} that may be replayed"),
        figure("Left alone", told.replayed_before + told.spent, "replayed before, or as often as they may be"),
    )
    rows = [(visible(one.rule), visible(one.now), f"{one.letters:,}") for one in told.rules]
    table = data_table("Forecast by rule", ("broken then", "today's rules say", "dead letters"), rows, left=2)
    command = tag("code", f"assay replay --rule '{rule}'")
    note = tag("p", "Nothing was published. To publish them: ", command, class_="note")
    return tag("section", [head, stand, table if rows else None, note], class_="dry-run", aria_labelledby="dry-run")


def drawn(groups: Sequence[Broken]) -> Markup:
    """Return a row for each rule, the largest group first, each with the last example."""
    if not groups:
        return empty("No dead letter: every record kept the rules.")
    columns = ("rule", "where", "seen last", "allowed", "last", "dead letters", "")
    rows = [_row(one) for one in groups]
    note = tag("p", "One that broke several rules counts for each. Times are Kafka's, in UTC.", class_="note")
    return join([tag("h2", "By rule"), data_table("Dead letters by rule", columns, rows, left=5), note])


def _row(one: Broken) -> Sequence[Content]:
    link = f"/dead-letters?rule={quote(one.rule, safe='')}"
    dry = tag("a", "Dry run", href=link, aria_label=f"Dry run of {one.rule}")
    seen = one.seen if len(one.seen) <= SHOWN else f"{one.seen[:SHOWN]} …"
    told = [visible(text) for text in (one.rule, one.where, seen, one.allowed)]
    return [*told, moment(one.last), f"{one.letters:,}", dry]
