"""What pages have in common: the frame around them, who may open them, and how they stay live."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from nicegui import ui

from console.access import by_session, may
from console.desk import Desk
from console.markup import Content, tag
from console.watch import FRESH_SECONDS
from schemas.errors import AssayError
from schemas.roles import Permission, Role
from storage import passwords
from storage.labelers import Labeler

STATIC = Path(__file__).parent / "static"
# Address, name in the navigation, and the permission that it takes, if any.
NAVIGATION: tuple[tuple[str, str, Permission | None], ...] = (
    ("/label", "Label", Permission.LABEL),
    ("/queue", "Queue", None),
    ("/pipeline", "Pipeline", None),
    ("/stream-health", "Stream", Permission.SAMPLES),
    ("/routing", "Routing", None),
    ("/datasets", "Datasets", None),
    ("/slices", "Slices", Permission.FINDINGS),
    ("/dead-letters", "Dead letters", Permission.SAMPLES),
    ("/sample", "Sample", Permission.SAMPLES),
    ("/agreement", "Agreement", Permission.FINDINGS),
    ("/findings", "Findings", Permission.FINDINGS),
    ("/guidelines", "Guideline", None),
    ("/labelers", "Labelers", Permission.REPORTS),
    ("/adjudication", "Adjudication", Permission.ADJUDICATE),
    ("/gold", "Gold", Permission.GOLD),
)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One page, opened by somebody who is signed in."""

    desk: Desk
    labeler: Labeler
    request: Request
    needs: Permission | None

    def still(self, *, used: bool = False) -> Labeler | None:
        """Return who is signed in by now and may be here; `used` where they did something, which keeps them so."""
        labeler = by_session(self.desk, self.request, used=used)
        return labeler if labeler is not None and _may(labeler, self.needs) else None

    def live(self, drawn: Callable[[], Awaitable[Markup]]) -> None:
        """Show what `drawn` returns, and again whenever it returns something else."""
        shown = ui.html("", sanitize=False).classes("live")
        notice = ui.html("", sanitize=False).props('role="alert"')

        async def refresh() -> None:
            if self.still() is None:
                ui.navigate.to("/sign-in")
                return
            try:
                shown.set_content(await drawn())
                notice.set_content("")
            except AssayError as error:
                notice.set_content(tag("p", str(error), class_="problem"))

        ui.timer(FRESH_SECONDS, refresh)


Build = Callable[[Visit], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class House:
    """The application whose pages these are."""

    app: FastAPI

    def page(self, path: str, title: str, needs: Permission | None = None) -> Callable[[Build], Build]:
        """Serve a page to whoever is signed in, with the frame around it; others are sent to sign in first."""

        def serve(build: Build) -> Build:
            @ui.page(path, title=f"{title} - Assay")
            async def opened(request: Request) -> RedirectResponse | None:
                desk: Desk = self.app.state.desk
                labeler = by_session(desk, request)
                if labeler is None:
                    return RedirectResponse(f"/sign-in?to={quote(request.url.path)}", status_code=303)
                head()
                frame(desk, labeler, path, offer=passwords.lacking(desk.engine, labeler))
                with ui.element("main").props('id="main" tabindex="-1"'):
                    heading = tag("h1", title)
                    ui.html(heading, sanitize=False)
                    if _may(labeler, needs):
                        await build(Visit(desk=desk, labeler=labeler, request=request, needs=needs))
                    else:
                        refusal = f"You are {labeler.role} of this project: this page is for others."
                        ui.html(tag("p", refusal, class_="problem"), sanitize=False)
                return None

            return build

        return serve


def head() -> None:
    """Add style and behaviour, both from our own folder; without a default look of any framework's."""
    styles = "".join(f'<link rel="stylesheet" href="/static/{name}.css">' for name in ("assay", "lead"))
    ui.add_head_html(f'{styles}<script src="/static/theme.js"></script>')


def frame(desk: Desk, labeler: Labeler | None, path: str, *, offer: bool = False) -> None:
    """Draw what is around a page: the way to its content, the project, the pages, and who is signed in.

    With `offer` a password is offered.
    """
    ui.html(tag("a", "Skip to the content", href="#main"), sanitize=False).classes("skip")
    brand = tag("a", [_mark(), tag("span", "Assay", class_="name")], href="/queue", class_="brand", aria_label="Assay")
    entries = [
        tag("a", name, href=to, aria_current="page" if f"{path}/".startswith(f"{to}/") else None)
        for to, name, needs in NAVIGATION
        if labeler is not None and _may(labeler, needs)
    ]
    pages = tag("nav", entries, aria_label="Pages") if entries else None
    inside = [brand, tag("span", desk.project.title, class_="project"), pages, _account(labeler, offer=offer)]
    ui.html(join_all(inside), sanitize=False, tag="header").classes("frame")


def join_all(parts: list[Content]) -> Markup:
    """Return the parts one after the other."""
    return tag("div", parts, class_="bar")


def _account(labeler: Labeler | None, *, offer: bool) -> Content:
    theme = tag("button", "Theme", type="button", class_="quiet", data_theme_switch=True, aria_label="Light or dark")
    if labeler is None:
        return tag("div", theme, class_="account")
    role = "" if labeler.role in (Role.LABELER, labeler.name) else f" {labeler.role}"
    simulated = " (simulated)" if labeler.simulated else ""
    leave = tag("form", tag("button", "Sign out", class_="quiet"), method="post", action="/sign-out")
    who = tag("span", f"{labeler.name}{simulated}", tag("small", role))
    choose = tag("a", "Choose a password", href="/password") if offer else None
    return tag("div", [who, choose, theme, leave], class_="account")


def _may(labeler: Labeler, needs: Permission | None) -> bool:
    return needs is None or may(labeler, needs)


def _mark() -> Markup:
    lines = [tag("path", d="M4 20 12 4l8 16"), tag("path", d="M8 14h8")]
    return tag("svg", lines, viewBox="0 0 24 24", width=22, height=22, aria_hidden="true")


def args_of(event: Any) -> dict[str, Any]:
    """Return what a browser sent with an event; anything but an object counts as nothing."""
    return event.args if isinstance(event.args, dict) else {}
