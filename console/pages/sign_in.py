"""Signing in and out, and choosing a password: forms that work without a script."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup
from nicegui import ui

from console.access import by_session
from console.desk import Desk, OpenDesk
from console.markup import Content, join, tag
from console.pages.house import House, frame, head
from console.passwords import LONGEST, SHORTEST
from console.sessions import Visiting, owner
from console.sign_in import choose_first_password, choose_password, sign_in
from schemas.errors import ConflictError, UnavailableError
from schemas.roles import Name
from storage import passwords, sessions
from storage.labelers import Labeler

# Where one gets to after signing in, unless a page was asked for.
FIRST = "/label"
# What a form is told that was refused, by its status; never which of name and password was wrong.
REFUSALS = {
    "401": "This is no name and password of this project.",
    "409": "How this account signs in was changed just now: try again.",
    "429": "Too many attempts were made just now. Wait half a minute, or ask an admin for a code.",
    "ticket": "That address has served already, or is too old: `assay user ticket NAME` prints another.",
    "503": "Too many people are signing in at once: try again in a few seconds.",
}
Secret = Annotated[str, Form(max_length=LONGEST)]


def add(house: House) -> None:
    """Serve the pages and take their forms."""
    _take_forms(house.app)

    @ui.page("/", title="Assay")
    def root() -> RedirectResponse:
        return RedirectResponse(FIRST, status_code=303)

    @house.app.get("/enter", include_in_schema=False)
    def entering() -> HTMLResponse:
        scripts = tag("noscript", "The console needs scripts."), tag("script", src="/static/enter.js")
        return HTMLResponse(Markup("<!doctype html>") + tag("title", "Signing in - Assay") + join(scripts))

    @ui.page("/sign-in", title="Sign in - Assay")
    def signing_in(request: Request) -> None:
        to = _within(request.query_params.get("to", FIRST))
        code = ["Got a code? ", tag("a", "Choose a password", href="/password"), " with it."]
        hint = [code, " No password? ", tag("code", "assay user ticket NAME"), ", where Assay runs, lets you in."]
        inputs = [_input("Name", "name", "username"), _secret("Password", "password", "current-password")]
        _door(house, request, "Sign in", [inputs, tag("input", type="hidden", name="to", value=to)], hint)

    @ui.page("/password", title="Choose a password - Assay")
    def choosing(request: Request) -> None:
        new = _secret(f"New password, of {SHORTEST} characters or more", "new", "new-password", SHORTEST)
        labeler = _newcomer(house.app.state.desk, request)
        if labeler is None:
            inputs = [_input("Name", "name", "username"), _secret("Code, or old password", "current", "off"), new]
            _door(house, request, "Choose a password", inputs, "It ends every session, and begins one here.")
        else:
            name = tag("input", type="hidden", name="name", value=labeler.name, autocomplete="username")
            _door(house, request, "Choose a password", [name, new], f"Next time {labeler.name} signs in with it.")


def _newcomer(desk: Desk, request: Request) -> Labeler | None:
    """Return who has signed in by a ticket and has no password yet."""
    labeler = by_session(desk, request)
    return labeler if labeler is not None and passwords.lacking(desk.engine, labeler) else None


def _door(house: House, request: Request, title: str, inputs: Content, note: Content) -> None:
    """Draw a form that comes before everything else."""
    desk: Desk = house.app.state.desk
    head()
    frame(desk, None, request.url.path)
    refused = REFUSALS.get(request.query_params.get("refused", ""))
    problem = tag("p", refused, class_="problem", role="alert") if refused else None
    parts = [tag("h1", title), problem, inputs, tag("p", note, class_="note"), tag("button", title)]
    with ui.element("main").props('id="main" tabindex="-1"').classes("door"):
        ui.html(tag("form", parts, method="post", action=request.url.path), sanitize=False)


def _input(label: str, name: str, autocomplete: str) -> list[Markup]:
    return [tag("label", label, for_=name), tag("input", id=name, name=name, autocomplete=autocomplete, required=True)]


def _secret(label: str, name: str, autocomplete: str, shortest: int | None = None) -> list[Markup]:
    what = {"id": name, "name": name, "type": "password", "autocomplete": autocomplete, "minlength": shortest}
    return [tag("label", label, for_=name), tag("input", required=True, **what)]


def _take_forms(app: FastAPI) -> None:
    @app.post("/sign-in", include_in_schema=False)
    def begin(
        desk: OpenDesk, visit: Visiting, name: Annotated[Name, Form()], password: Secret, to: Annotated[str, Form()]
    ) -> Response:
        try:
            _, secret = sign_in(desk, name, password, visit)
        except (HTTPException, ConflictError, UnavailableError) as error:
            return _refused("/sign-in", error, to=_within(to))
        return _let_in(desk, secret, _within(to))

    @app.post("/password", include_in_schema=False)
    def choose(  # noqa: PLR0917 - a form's fields
        desk: OpenDesk,
        request: Request,
        visit: Visiting,
        name: Annotated[Name, Form()],
        new: Annotated[str, Form(min_length=SHORTEST, max_length=LONGEST)],
        current: Annotated[str | None, Form(max_length=LONGEST)] = None,
    ) -> Response:
        try:
            if current is None:
                _, secret = choose_first_password(desk, owner(desk, request, name), new, visit)
            else:
                _, secret = choose_password(desk, name, current, new, visit)
        except (HTTPException, ConflictError, UnavailableError) as error:
            return _refused("/password", error)
        return _let_in(desk, secret, FIRST)

    @app.post("/sign-out", include_in_schema=False)
    def end(desk: OpenDesk, request: Request) -> Response:
        labeler = by_session(desk, request)
        if labeler is not None:
            sessions.sign_out(desk.engine, labeler, desk.sign_in.cookie.of(request) or "")
        return RedirectResponse("/sign-in", status_code=303)


def _let_in(desk: Desk, secret: str, to: str) -> Response:
    reply = RedirectResponse(to, status_code=303)
    desk.sign_in.cookie.put(reply, secret)
    return reply


def _refused(path: str, error: Exception, **kept: str) -> Response:
    """Send back to the form, with what to say there."""
    status = error.status_code if isinstance(error, HTTPException) else 409 if isinstance(error, ConflictError) else 503
    return RedirectResponse(f"{path}?{urlencode({'refused': status, **kept})}", status_code=303)


def _within(to: str) -> str:
    """Return an address of our own: one that leads elsewhere becomes the first page."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() else FIRST
