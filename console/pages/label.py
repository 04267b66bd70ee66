"""The page where labelers work, by keyboard alone: sample, answer, guideline, progress."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from markupsafe import Markup
from nicegui import ui
from pydantic import JsonValue

from console.markup import join, tag
from console.media import media_of_assignment
from console.pages.answering import HELP, answering, told
from console.pages.house import House, Visit, args_of
from console.sitting import Sitting
from schemas.answers import AnswerKind
from schemas.errors import AssayError
from schemas.labels import Purpose
from schemas.roles import Permission
from storage import guidelines, records
from storage.queue import Assignment, Depths

# How often it is looked whether something waits while nothing did.
IDLE_SECONDS = 2.0
# Look and behaviour of the page, and of what some kinds of label are given with.
HEAD = """
<link rel="stylesheet" href="/static/boxes.css">
<script defer src="/static/label.js"></script>
<script type="module" src="/static/boxes.js"></script>
<script type="module" src="/static/writing.js"></script>
"""
FIRST = "Press the key of what you see, or click it."
EMPTY = (
    " No sample was selected for labeling yet: producers publish some, or `assay produce FILE` does, or "
    "`assay up --example` those of an example."
)
SKIPS = ("It cannot be recognized", "The guideline does not say", "It belongs to no class", "It is damaged")
EVERYWHERE = (
    ("S", "skip, with a reason"),
    ("U", "undo the last answer"),
    ("+ and -", "enlarge and shrink the sample"),
    ("?", "show or hide this"),
)


def add(house: House) -> None:
    """Serve the page, and send whoever opens the root here."""

    @house.page("/label", "Label", Permission.LABEL)
    async def label(visit: Visit) -> None:
        await Table(visit).open()


class Table:
    """The page of one labeler: draws a sitting, and does what its browser asks."""

    # What those are that wait.
    waiting_as = "tasks open"
    # Keys of this page alone, and what they do.
    keys: tuple[tuple[str, str], ...] = ()

    def __init__(self, visit: Visit, purpose: Purpose = Purpose.CONSENSUS) -> None:
        self._visit = visit
        desk = visit.desk
        self._sitting = Sitting(engine=desk.engine, project=desk.project, labeler=visit.labeler, purpose=purpose)
        self._turn = asyncio.Lock()
        self._client = ui.context.client
        self._guideline = 0
        self._before = 0
        self._waiting = 0
        self._ever = False

    async def open(self) -> None:
        """Draw the page and show the first sample."""
        ui.add_head_html(HEAD)
        desk = self._visit.desk
        record = await asyncio.to_thread(records.record, desk.engine, desk.project, self._visit.labeler)
        self._before = record.labels
        with ui.element("div").classes("desk"):
            with ui.element("div").classes("work"):
                self._work = ui.html("", sanitize=False)
                self._said = ui.html("", sanitize=False).props('role="status" aria-live="polite"').classes("said")
            with ui.element("aside").props('aria-label="Guideline"').classes("guideline"):
                self._text = ui.markdown("", extras=["tables", "fenced-code-blocks"])
        ui.html(_dialogs([*HELP[desk.project.labels.kind], *self.keys, *EVERYWHERE]), sanitize=False)
        ui.on("act", self._act)
        ui.timer(IDLE_SECONDS, self._look)
        await self._count()
        await self._do(self._sitting.next, "")

    def _waits(self, depths: Depths) -> int:
        """Return how many tasks wait for such as this page is for."""
        return depths.open

    def _evidence(self, shown: Assignment) -> Markup:
        """Return what is shown below the sample beside what it is answered with: a labeler sees nothing more."""
        del shown
        return Markup()

    async def _act(self, event: Any) -> None:
        asked = args_of(event)
        assignment = _id(asked.get("assignment"))
        step = self._step(asked.get("do"), asked.get("value"), assignment)
        if asked.get("do") == "hold" and assignment is not None:
            await self._hold(assignment)
        elif step is not None:
            await self._do(*step)

    def _step(self, do: object, value: JsonValue, assignment: UUID | None) -> tuple[Callable[[], None], str] | None:
        if do == "undo":
            return self._sitting.undo, "Taken back. Answer it again."
        if assignment is None:
            return None
        if do == "answer":
            said = told(self._visit.desk.project.labels.kind, value)
            return partial(self._sitting.answer, assignment, value), said
        if do == "skip":
            return partial(self._sitting.skip, assignment, str(value)), "Skipped."
        return None

    async def _do(self, step: Callable[[], None], done: str, *, used: bool = True) -> None:
        """Take one step after the other; what it could not do is said, and nothing is lost."""
        async with self._turn:
            if self._visit.still(used=used) is None:
                ui.navigate.to(f"/sign-in?to={self._visit.request.url.path}")
                return
            try:
                await asyncio.to_thread(step)
                self._said.set_content(tag("p", done))
            except AssayError as error:
                self._said.set_content(tag("p", str(error), class_="problem"))
            await self._show()
            self._client.run_javascript("window.acted?.()")

    async def _hold(self, assignment: UUID) -> None:
        """Keep the lease of somebody at work; nothing is drawn anew, for they are in the midst of it."""
        async with self._turn:
            if self._visit.still(used=True) is None:
                return
            try:
                await asyncio.to_thread(self._sitting.hold, assignment)
            except AssayError as error:
                self._said.set_content(tag("p", str(error), class_="problem"))

    async def _look(self) -> None:
        """Count what waits, apart from any key, which must not wait for the count; claim where nothing is shown."""
        await self._count()
        present = self._client.has_socket_connection  # a page that was closed must not be leased anything
        if present and self._sitting.shown is None and not self._turn.locked():
            await self._do(self._sitting.next, "", used=False)

    async def _count(self) -> None:
        found = await self._visit.desk.overview.backlog.latest()
        self._waiting, self._ever = self._waits(found.depths), bool(found.reasons)

    async def _show(self) -> None:
        shown = self._sitting.shown
        desk = self._visit.desk
        labels = self._before + self._sitting.count
        progress = _progress(labels, f"{self._waiting:,} {self.waiting_as}")
        if shown is None:
            self._work.set_content(join([progress, _nothing(undo=bool(self._sitting.answered), ever=self._ever)]))
            if not self._guideline:
                await self._read(None)
            return
        media = None if shown.media is None else media_of_assignment(shown.assignment_id)
        sample = await asyncio.to_thread(desk.drawing.draw, shown.payload, media)
        space, seconds = desk.project.labels, desk.project.overlap.lease_seconds
        asked = answering(shown, sample, lease=seconds, confirm=desk.drawing.view.confirm, empty=space.empty)
        evidence = await asyncio.to_thread(self._evidence, shown)
        first = tag("p", FIRST, class_="note") if self._is_first(labels) else None
        self._work.set_content(join([progress, first, asked, evidence, _tools()]))
        if shown.guideline != self._guideline:
            await self._read(shown.guideline)

    def _is_first(self, labels: int) -> bool:
        by_key = self._visit.desk.project.labels.kind is AnswerKind.CLASSIFICATION
        return by_key and labels == 0 and self._sitting.purpose is Purpose.CONSENSUS

    async def _read(self, version: int | None) -> None:
        """Show the guideline under which the sample is to be labeled; the one in force where there is no sample."""
        desk = self._visit.desk
        history = await asyncio.to_thread(guidelines.history, desk.engine, desk.project.name)
        read = next((one for one in history if one.version == version), history[-1])
        self._text.set_content(read.body)
        self._guideline = read.version


def _progress(labels: int, waiting: str) -> Markup:
    parts = [tag("strong", f"{labels:,}", class_="number"), " labels by you", tag("span", waiting)]
    return tag("p", parts, class_="progress")


def _tools() -> Markup:
    tools = (("skip", "Skip", "S"), ("undo", "Undo", "U"), ("help", "Keys", "?"))
    buttons = [
        tag("button", tag("kbd", key, aria_hidden="true"), text, type="button", class_="quiet", data_do=do)
        for do, text, key in tools
    ]
    return tag("div", buttons, class_="tools")


def _nothing(*, undo: bool, ever: bool) -> Markup:
    done = tag(
        "p", ["Nothing waits for you now. This page looks again by itself.", None if ever else EMPTY], class_="empty"
    )
    key = tag("kbd", "U", aria_hidden="true")
    button = tag("button", key, "Undo", type="button", class_="quiet", data_do="undo") if undo else None
    return done + tag("div", button, class_="tools")


def _dialogs(help_: Sequence[tuple[str, str]]) -> Markup:
    reasons = [
        tag("button", tag("kbd", place, aria_hidden="true"), reason, type="button", value=reason, data_reason=True)
        for place, reason in enumerate(SKIPS, 1)
    ]
    other = tag("input", id="other-reason", name="reason", maxlength=500, autocomplete="off")
    own = tag(
        "form", tag("label", "Another reason", for_="other-reason"), other, tag("button", "Skip"), method="dialog"
    )
    skip = tag(
        "dialog", tag("h2", "Why skip it?", id="skip-title"), reasons, own, id="skip", aria_labelledby="skip-title"
    )
    keys = [tag("div", [tag("dt", key), tag("dd", does)]) for key, does in help_]
    close = tag("form", tag("button", "Close"), method="dialog")
    shown = tag(
        "dialog",
        tag("h2", "Keys", id="help-title", tabindex="-1", autofocus=True),
        tag("dl", keys),
        close,
        id="help",
        aria_labelledby="help-title",
    )
    return skip + shown


def _id(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
