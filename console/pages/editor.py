"""The editor of the guideline: what it would say, and what publishing it would do, seen while it is written."""

import asyncio
from typing import Any

from markupsafe import Markup
from nicegui import ui
from pydantic import ValidationError

from console.editing import Edited, drafted, says_nothing_new
from console.leads import drafted as opened
from console.markup import join, tag
from console.pages.cases import gallery
from console.pages.form import form
from console.pages.guidelines import EXTRAS
from console.pages.house import House, Visit, args_of
from schemas.errors import AssayError, ConflictError, InputError
from schemas.guidelines import Draft, Guideline
from schemas.roles import Permission
from storage import guidelines, publishing
from storage.cases import cases

# How often it is looked whether somebody else has published meanwhile.
LOOK_SECONDS = 2.0


def add(house: House) -> None:
    """Serve the page."""

    @house.page("/guidelines/edit", "Next guideline", Permission.PUBLISH)
    async def edit(visit: Visit) -> None:
        await _Editor(visit).open()


class _Editor:
    """The page of one lead: shows what a draft says and would do, and publishes it."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._client = ui.context.client
        self._asked = 0
        self._base = 0

    async def open(self) -> None:
        """Draw the form with the guideline in force, or with the draft that a finding opens."""
        ui.add_head_html('<script defer src="/static/editor.js"></script>')
        desk = self._visit.desk
        now = await asyncio.to_thread(guidelines.current, desk.engine, desk.project.name)
        draft = await self._opened(now)
        self._base = now.version
        with ui.element("div").classes("editor"):
            with ui.element("div").classes("writing"):
                ui.html(form(now, draft), sanitize=False)
            with ui.element("div").classes("reading"):
                self._conflict = ui.html("", sanitize=False).props('role="alert"')
                self._effect = ui.html("", sanitize=False).props('role="status" aria-live="polite"')
                ui.html(tag("h2", "As labelers will read it"), sanitize=False)
                with ui.element("article").classes("guideline whole"):
                    self._text = ui.markdown(draft.body, extras=EXTRAS)
                self._anew = ui.html("", sanitize=False)
        ui.on("draft", self._drafted)
        ui.on("publish", self._publish)
        ui.timer(LOOK_SECONDS, self._look)

    async def _opened(self, now: Guideline) -> Draft:
        sought = self._visit.request.query_params.get("finding", "")
        if not sought.isdecimal():
            return Draft(base=now.version, body=now.body)
        try:
            return await asyncio.to_thread(opened, self._visit.desk, int(sought))
        except InputError as error:
            ui.html(tag("p", str(error), class_="problem"), sanitize=False)
            return Draft(base=now.version, body=now.body)

    async def _drafted(self, event: Any) -> None:
        """Show what the draft says and would do; of several that came, only the last."""
        self._asked += 1
        turn = self._asked
        if not self._still():
            return
        try:
            edited = _read(event)
            self._text.set_content(edited.body)
            told, anew = await asyncio.to_thread(self._foretold, edited, turn)
        except AssayError as error:
            told, anew = _refused(error), Markup()
        if turn == self._asked:
            self._effect.set_content(told)
            self._anew.set_content(anew)

    def _foretold(self, edited: Edited, turn: int) -> tuple[Markup, Markup]:
        desk, draft = self._visit.desk, drafted(edited)
        now = guidelines.current(desk.engine, desk.project.name)
        if says_nothing_new(draft, now):
            return tag("p", f"Version {now.version} says the same: nothing to publish yet.", class_="note"), Markup()
        told = publishing.preview(desk.engine, desk.project, draft)
        shown = cases(desk.engine, desk.project.name, told.examples)
        return foretold(now.version + 1, told, turn), labeled_anew(told, gallery(shown, desk.drawing))

    async def _publish(self, event: Any) -> None:
        if not self._still():
            return
        desk, lead = self._visit.desk, self._visit.labeler
        try:
            draft = drafted(_read(event))
            now = await asyncio.to_thread(guidelines.current, desk.engine, desk.project.name)
            if says_nothing_new(draft, now):
                return
            done = await asyncio.to_thread(publishing.publish, desk.engine, desk.project, draft, lead.author)
        except AssayError as error:
            self._effect.set_content(_refused(error))
            return
        self._client.run_javascript("window.published()")
        ui.navigate.to(f"/guidelines/{done.version}")

    async def _look(self) -> None:
        """Say so where another version was published while this one was written."""
        desk = self._visit.desk
        if not self._still(used=False):
            return
        now = await asyncio.to_thread(guidelines.current, desk.engine, desk.project.name)
        if now.version != self._base:
            self._base = now.version
            self._conflict.set_content(overtaken(now.version))

    def _still(self, *, used: bool = True) -> bool:
        if self._visit.still(used=used) is not None:
            return True
        ui.navigate.to("/sign-in?to=/guidelines/edit")
        return False


def _read(event: Any) -> Edited:
    """Return the fields that a browser sent.

    Raises:
        InputError: it sent what no form of ours sends.
    """
    try:
        return Edited.model_validate(args_of(event))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"The form cannot be read: {where}: {first['msg']}.") from error


def _refused(error: AssayError) -> Markup:
    hint = tag("p", "Your text stays as it is.", class_="note") if isinstance(error, ConflictError) else None
    return join([tag("p", str(error), class_="problem"), hint])


def foretold(version: int, told: publishing.Preview, turn: int) -> Markup:
    """Return what publishing would do, and the button that does it.

    The button differs from turn to turn: the browser has disabled that of before, and keeps what stays the same.
    """
    anew = f"{told.reopened:,} tasks are labeled anew, by {told.labels:,} labels at least."
    otherwise = f"{told.retold:,} tasks are told otherwise, at no cost." if told.retold else None
    button = tag(
        "button", f"Publish version {version}", type="button", class_="strong", data_edit="publish", data_turn=turn
    )
    what = [tag("p", anew, class_="told"), tag("p", otherwise) if otherwise else None]
    return join([tag("h2", "What it would do"), what, button])


def labeled_anew(told: publishing.Preview, shown: Markup) -> Markup:
    """Return the first tasks that would be labeled anew."""
    if not told.examples:
        return Markup()
    more = told.reopened - len(told.examples)
    rest = tag("p", f"and {more:,} more", class_="note") if more > 0 else None
    return join([tag("h2", "What would be labeled anew"), shown, rest])


def overtaken(version: int) -> Markup:
    """Return that another version was published, with what one can do about it."""
    said = f"Version {version} was published while you wrote. "
    read = tag("a", "Read what it changed", href=f"/guidelines/{version}", target="_blank", rel="noopener")
    build = tag("button", f"Build on version {version}", type="button", data_edit="rebase", data_base=version)
    anew = tag("a", "Begin anew from it", href="/guidelines/edit")
    note = "Your text is kept. If you build on it, publishing puts your text in place of its text."
    return tag("div", tag("p", said, read, "."), tag("p", note), tag("p", build, " ", anew), class_="problem overtaken")
