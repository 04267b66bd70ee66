"""The guideline: what is in force, the versions before it, and what each changed and did."""

import asyncio
from collections.abc import Sequence

from markupsafe import Markup
from nicegui import ui

from console.access import may
from console.leads import changed
from console.markup import Content, join, tag
from console.pages.house import House, Visit
from console.pages.parts import data_table, interval
from console.rendering.text import visible
from console.watch import Watch
from labeling.guideline_diff import GuidelineDiff
from labeling.revision import Agreement, Effect, effect
from schemas.guidelines import Definition, Example, Guideline
from schemas.roles import Permission
from storage import guidelines, votes

EXTRAS = ["tables", "fenced-code-blocks"]


def add(house: House) -> None:
    """Serve the pages; the editor's address is taken before."""

    @house.page("/guidelines", "Guideline")
    async def listed(visit: Visit) -> None:
        desk = visit.desk
        published = await asyncio.to_thread(guidelines.history, desk.engine, desk.project.name)
        ui.html(versions(published, edits=may(visit.labeler, Permission.PUBLISH)), sanitize=False)
        _text(published[-1])

    @house.page("/guidelines/{version}", "Guideline version")
    async def version(visit: Visit) -> None:
        desk, wanted = visit.desk, visit.request.path_params["version"]
        published = await asyncio.to_thread(guidelines.history, desk.engine, desk.project.name)
        one = next((one for one in published if str(one.version) == wanted), None)
        if one is None:
            ui.html(tag("p", "This version was never published.", class_="problem"), sanitize=False)
            return
        if one.version > 1:
            difference = await asyncio.to_thread(changed, desk, one.version)
            ui.html(diff(one.version, difference), sanitize=False)
            if may(visit.labeler, Permission.FINDINGS):
                _live_effect(visit, one.version)
        _text(one)


def _text(one: Guideline) -> None:
    ui.html(tag("h2", f"Version {one.version} as labelers read it"), sanitize=False)
    with ui.element("article").classes("guideline whole"):
        ui.markdown(one.body, extras=EXTRAS)
    ui.html(_definitions(one.definitions), sanitize=False)


def _live_effect(visit: Visit, version: int) -> None:
    """Show what a version did; what it has labeled anew comes in by and by."""
    desk = visit.desk

    def measured() -> Effect:
        published = guidelines.history(desk.engine, desk.project.name)
        return effect(version, votes.all_casts(desk.engine, desk.project.name), published, desk.project.labels)

    watch = Watch(measured)

    async def shown() -> Markup:
        return did(await watch.latest())

    visit.live(shown)


def versions(published: Sequence[Guideline], *, edits: bool) -> Markup:
    """Return a row for each version, the one in force first, and the way to the next."""
    rows = [
        (
            tag("a", f"Version {one.version}", href=f"/guidelines/{one.version}"),
            _about(one),
            f"{len(one.body):,}",
            f"{len(one.classes):,}",
        )
        for one in reversed(published)
    ]
    write = tag("p", tag("a", "Write the next version", href="/guidelines/edit", class_="button")) if edits else None
    return join([write, data_table("Versions", ("version", "settles", "characters", "classes"), rows, left=2)])


def _about(one: Guideline) -> Content:
    pairs = ["; ".join(f"{first} or {second}" for first, second in one.settles)] if one.settles else []
    changes = [f"{len(one.changes)} changes of classes"] if one.changes else []
    named = [f"{len(one.reopens)} tasks by name"] if one.reopens else []
    return visible("; ".join([*pairs, *changes, *named])) or "nothing"


def diff(version: int, found: GuidelineDiff) -> Markup:
    """Return what a version changed, in words and lines; a line's sign says what its colour does."""
    said = [*found.classes, *found.definitions, *(f"settles {one!r} or {other!r}" for one, other in found.settles)]
    words = tag("ul", [tag("li", visible(each)) for each in said], class_="changes") if said else None
    lines = [_line(line) for line in found.lines[2:]]
    text = tag("pre", lines, class_="diff", tabindex="0", role="region", aria_label="Lines of the text that changed")
    unchanged = tag("p", "The text is as it was.", class_="note")
    return join([tag("h2", f"What version {version} changed"), words, text if lines else unchanged])


def _line(line: str) -> Markup:
    kinds = {"+": "ins", "-": "del"}
    return tag(kinds.get(line[:1], "span"), visible(line), "\n", dir="auto")


def did(found: Effect) -> Markup:
    """Return what a version did to agreement, before and after."""
    rows = [
        ("fresh tasks of its classes, before", *_told(found.fresh_before)),
        ("fresh tasks of its classes, since", *_told(found.fresh_after)),
        ("the tasks labeled anew, before", *_told(found.touched_before)),
        ("the tasks labeled anew, since", *_told(found.touched_after)),
    ]
    spent = f"{found.tasks:,} tasks were labeled anew, with {found.labels:,} labels since. "
    told = (
        "Those labeled anew were chosen for their disagreement, so any second look would agree more. Go by the fresh "
        "tasks: first labeled under the version before, and first labeled under this one."
    )
    table = data_table("Effect", ("tasks with two answers", "disputed, 95 %", "alpha", "tasks"), rows, left=2)
    waits = tag("p", spent, tag("a", "What waits", href="/queue"))
    return join([tag("h2", "What it did"), waits, table, tag("p", told, class_="note")])


def _told(one: Agreement) -> tuple[Content, str, str]:
    if not one.tasks:
        return "none yet", "", "0"
    return interval(one.disputed), "" if one.alpha is None else f"{one.alpha:.2f}", f"{one.tasks:,}"


def _definitions(definitions: Sequence[Definition]) -> Markup:
    if not definitions:
        return Markup()
    said = [one for one in definitions if one.text or one.examples or one.counter_examples]
    rows = [
        (visible(one.name), visible(one.text), _examples(one.examples), _examples(one.counter_examples)) for one in said
    ]
    columns = ("class", "is", "examples", "counter-examples")
    names = join([[tag("span", visible(one.name), class_="chip", dir="auto"), " "] for one in definitions])
    table = data_table("Definitions", columns, rows, left=4) if rows else None
    return join([tag("h2", "Classes"), tag("p", names), table])


def _examples(examples: Sequence[Example]) -> Content:
    return [tag("div", f"Task {one.task_id} ", visible(one.note)) for one in examples]
