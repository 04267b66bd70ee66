"""Signing in and out: forms that work without a script."""

from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from nicegui import ui

from console.desk import Desk, OpenDesk
from console.markup import tag
from console.pages.house import House, frame, head
from console.sessions import COOKIE, WHOLE_SECONDS

# Where one gets to after signing in, unless a page was asked for.
FIRST = "/label"


def add(house: House) -> None:
    """Serve the page and take its forms."""
    _take_forms(house.app)

    @ui.page("/", title="Assay")
    def root() -> RedirectResponse:
        return RedirectResponse(FIRST, status_code=303)

    @ui.page("/sign-in", title="Sign in - Assay")
    def sign_in(request: Request) -> None:
        desk: Desk = house.app.state.desk
        head()
        frame(desk, None, "/sign-in")
        refused = request.query_params.get("refused")
        token = tag("input", id="token", name="token", type="password", autocomplete="current-password", required=True)
        problem = tag("p", "This is no token of a labeler of this project.", class_="problem", role="alert")
        form = tag(
            "form",
            tag("h1", "Sign in"),
            problem if refused else None,
            tag("label", "Token", for_="token"),
            token,
            tag("p", "A lead makes one with ", tag("code", "assay labeler add NAME"), ".", class_="note"),
            tag("input", type="hidden", name="to", value=_within(request.query_params.get("to", FIRST))),
            tag("button", "Sign in"),
            method="post",
            action="/sign-in",
        )
        with ui.element("main").props('id="main" tabindex="-1"').classes("door"):
            ui.html(form, sanitize=False)


def _take_forms(app: FastAPI) -> None:
    @app.post("/sign-in", include_in_schema=False)
    def begin(desk: OpenDesk, request: Request, token: Annotated[str, Form()], to: Annotated[str, Form()]) -> Response:
        _check_same_site(request)
        cookie = desk.sessions.begin(token)
        if cookie is None:
            return RedirectResponse("/sign-in?refused=1", status_code=303)
        reply = RedirectResponse(_within(to), status_code=303)
        secure = request.url.scheme == "https"
        reply.set_cookie(COOKIE, cookie, max_age=int(WHOLE_SECONDS), httponly=True, samesite="strict", secure=secure)
        return reply

    @app.post("/sign-out", include_in_schema=False)
    def end(desk: OpenDesk, request: Request) -> Response:
        _check_same_site(request)
        desk.sessions.end(request.cookies.get(COOKIE, ""))
        reply = RedirectResponse("/sign-in", status_code=303)
        reply.delete_cookie(COOKIE)
        return reply


def _check_same_site(request: Request) -> None:
    """Refuse forms that other sites send in a visitor's name (Fetch Metadata Request Headers, W3C)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403, "This form was sent by another site.")


def _within(to: str) -> str:
    """Return an address of our own: one that leads elsewhere becomes the first page."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() else FIRST
