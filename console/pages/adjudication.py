"""Adjudication: what labelers could not settle, with what each of them said, decided by keyboard."""

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from markupsafe import Markup
from nicegui import ui
from pydantic import JsonValue

from console.markup import Content, join, tag
from console.pages.house import House, Visit
from console.pages.label import Table
from console.pages.sample import answer
from console.rendering.text import visible
from schemas.answers import Answer, plain_of
from schemas.boxes import Box
from schemas.labels import Purpose, Vote
from schemas.roles import Permission
from storage import gold
from storage.adjudication import Evidence, evidence
from storage.concord import simulated_labelers
from storage.queue import Assignment, Depths

# Answers of labelers that have a key, with Shift.
KEYED = 9


def add(house: House) -> None:
    """Serve the page."""

    @house.page("/adjudication", "Adjudication", Permission.ADJUDICATE)
    async def adjudication(visit: Visit) -> None:
        ui.add_head_html('<script defer src="/static/adjudication.js"></script>')
        await _Bench(visit).open()


class _Bench(Table):
    """The page of one expert: as a labeler's, with what labelers said; what is answered settles the task."""

    waiting_as = "tasks for an expert"
    keys = (("Shift and a digit", "take the answer of that labeler"), ("G", "make what was decided last gold"))

    def __init__(self, visit: Visit) -> None:
        super().__init__(visit, Purpose.EXPERT)
        self._decided: int | None = None

    def _waits(self, depths: Depths) -> int:
        return depths.expert

    def _evidence(self, shown: Assignment) -> Markup:
        desk = self._visit.desk
        found = evidence(desk.engine, desk.project.name, shown.task_id)
        return said(found, simulated_labelers(desk.engine, desk.project.name))

    def _step(self, do: object, value: JsonValue, assignment: UUID | None) -> tuple[Callable[[], None], str] | None:
        if do == "gold":
            return self._make_gold, "It is gold now, and mixed into claims."
        found = super()._step(do, value, assignment)
        if do != "answer" or found is None:
            return found
        step, told = found

        def decide() -> None:
            task = None if self._sitting.shown is None else self._sitting.shown.task_id
            step()
            self._decided = task

        key = tag("kbd", "G", aria_hidden="true")
        offer = tag("button", key, "Make it gold", type="button", class_="quiet", data_do="gold")
        return decide, join([told, " ", offer])

    def _make_gold(self) -> None:
        desk = self._visit.desk
        if self._decided is not None:
            gold.make(desk.engine, desk.project, self._visit.labeler, self._decided)
            self._decided = None


def said(found: Evidence, simulated: Collection[str] = ()) -> Markup:
    """Return labelers' answers beside each other, each with a button that takes it, and why others skipped the task."""
    answers = [_vote(place, vote, simulated=vote.labeler in simulated) for place, vote in enumerate(found.votes, 1)]
    skips = [tag("li", visible(reason), dir="auto") for reason in found.skips]
    votes = tag("ol", answers, class_="votes") if answers else tag("p", "Nobody has answered it.", class_="note")
    skipped = [tag("h3", f"Skipped by {len(skips)}"), tag("ul", skips)] if skips else None
    parts = [tag("h2", "What labelers said"), votes, skipped]
    return tag("section", parts, class_="said-side", aria_label="What labelers said")


def _vote(place: int, vote: Vote, *, simulated: bool) -> Markup:
    key = tag("kbd", f"Shift {place}", aria_hidden="true") if place <= KEYED else None
    plain = json.dumps(plain_of(vote.answer))
    take = tag(
        "button",
        key,
        "Take it",
        tag("span", f" answer {place}", class_="unseen-label"),
        type="button",
        data_take=plain,
    )
    who = tag("p", visible(vote.labeler), " (simulated)" if simulated else None, class_="note", dir="auto")
    return tag("li", who, tag("p", shown(vote.answer)), take)


def shown(given: Answer) -> Content:
    """Return an answer as text; a line for each box."""
    boxes: Sequence[Any] = given if isinstance(given, tuple) else ()
    if isinstance(given, tuple) and not given:
        return "nothing"
    if not any(isinstance(box, Box) for box in boxes):
        return tag("span", answer(given), dir="auto")
    return [tag("span", visible(_told(box)), class_="line", dir="auto") for box in boxes]


def _told(box: Box) -> str:
    left, top, right, bottom = (f"{side:g}" for side in box.corners)
    return f"{box.name}: {left}, {top} to {right}, {bottom}"
