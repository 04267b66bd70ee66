"""Gold: tasks whose answer is known, and those that experts have settled, which may become gold."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup
from nicegui import ui

from console.desk import Desk
from console.markup import Content, join, tag
from console.pages.adjudication import shown as told
from console.pages.cases import picture_of
from console.pages.house import House, Visit, args_of
from console.pages.parts import empty, moment
from console.rendering.text import visible
from console.watch import Watch
from schemas.errors import AssayError
from schemas.roles import Permission
from storage import gold as known
from storage.cases import cases
from storage.concord import simulated_labelers
from storage.gold import Candidate, Gold

# Ids of tasks are below this.
MOST_ID = 2**63


def add(house: House) -> None:
    """Serve the page."""

    @house.page("/gold", "Gold", Permission.GOLD)
    async def gold(visit: Visit) -> None:
        ui.add_head_html('<script defer src="/static/gold.js"></script>')
        desk, notice = visit.desk, ui.html("", sanitize=False).props('role="status" aria-live="polite"')

        watch = Watch(lambda: _asked(desk))

        async def shown() -> Markup:
            return await watch.latest()

        async def changed(event: Any) -> None:
            if visit.still(used=True) is None:
                ui.navigate.to("/sign-in?to=/gold")
                return
            try:
                notice.set_content(tag("p", await asyncio.to_thread(_change, visit, args_of(event))))
            except AssayError as error:
                notice.set_content(tag("p", str(error), class_="problem"))

        ui.on("gold", changed)
        visit.live(shown)


def _asked(desk: Desk) -> Markup:
    name = desk.project.name
    now, offered = known.gold_of(desk.engine, name), known.candidates(desk.engine, name)
    tasks = [one.task_id for one in now] + [one.task_id for one in offered]
    pictures = {one.task_id: picture_of(one, desk.drawing) for one in cases(desk.engine, name, tasks)}
    return drawn(now, offered, pictures, simulated_labelers(desk.engine, name))


def _change(visit: Visit, asked: Mapping[str, Any]) -> str:
    desk, task = visit.desk, asked.get("task")
    if not isinstance(task, int) or not 0 < task < MOST_ID:
        return ""
    if asked.get("do") == "make":
        known.make(desk.engine, desk.project, visit.labeler, task)
        return f"Task {task} is gold now."
    if asked.get("do") == "retire":
        known.retire(desk.engine, desk.project, task, visit.labeler.author)
        return f"Task {task} is gold no longer: answers to it count in nobody's record."
    return ""


def drawn(
    now: Sequence[Gold],
    offered: Sequence[Candidate],
    drawing: Mapping[int, Markup],
    simulated: Collection[str] = (),
) -> Markup:
    """Return what is gold, and what may become it, each with its sample and the expert's answer."""
    note = (
        "Gold is mixed into claims unseen, and says how well each labeler works. A guideline that has a task labeled "
        "anew ends its being gold."
    )
    listed = [_item(one, "retire", _by(one.made_by, one.made_at, simulated), drawing.get(one.task_id)) for one in now]
    may_be = [
        _item(one, "make", _by(one.settled_by, one.settled_at, simulated), drawing.get(one.task_id)) for one in offered
    ]
    none = empty("No expert has settled a task that is not gold: settle some in Adjudication.")
    return join(
        [
            tag("p", note, class_="note"),
            tag("h2", f"{len(now):,} tasks are gold"),
            tag("ul", listed, class_="gallery") if listed else empty("No task is gold yet."),
            tag("h2", "Settled by an expert"),
            tag("ul", may_be, class_="gallery") if may_be else none,
        ]
    )


def _by(name: str, at: datetime, simulated: Collection[str]) -> Content:
    return [tag("span", visible(name), dir="auto"), " (simulated)" if name in simulated else None, ", ", moment(at)]


def _item(one: Gold | Candidate, does: str, by: Content, picture: Markup | None) -> Markup:
    words = {"make": "Make gold", "retire": "Retire"}[does]
    about = tag("span", f" task {one.task_id}", class_="unseen-label")
    button = tag("button", words, about, type="button", data_gold=does, data_task=one.task_id)
    seen = tag("div", picture, class_="small-sample") if picture else None
    who = tag("p", f"Task {one.task_id}, ", by, class_="note")
    return tag("li", seen, tag("p", told(one.answer), class_="answer"), who, button)
