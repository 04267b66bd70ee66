"""The web console: the REST API with pages beside it.

NiceGUI keeps one application a process, so a process has one site; the API alone may be made as often as one likes.
"""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from nicegui import ui

from console.api import create_app
from console.cookies import SessionCookie
from console.pages import (
    adjudication,
    agreement,
    datasets,
    editor,
    findings,
    gold,
    guidelines,
    health,
    label,
    labelers,
    letters,
    pipeline,
    queue,
    routing,
    sample,
    sign_in,
    slices,
)
from console.pages.house import STATIC, House
from console.pages.policy import PAGE_HEADERS
from console.pages.sockets import OwnSockets, close_to_others
from console.settings import ConsoleSettings
from storage.settings import StorageSettings

PAGES = (
    sign_in,
    label,
    queue,
    pipeline,
    health,
    letters,
    routing,
    datasets,
    slices,
    sample,
    agreement,
    findings,
    editor,  # before the pages of single versions, whose address would take its own
    guidelines,
    labelers,
    adjudication,
    gold,
)


def create_site(settings: ConsoleSettings, storage: StorageSettings) -> FastAPI:
    """Return the API with the pages; nothing is opened before it starts."""
    app = create_app(settings, storage, PAGE_HEADERS)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_middleware(OwnSockets, cookie=SessionCookie(secure=settings.secure))
    close_to_others()
    house = House(app=app)
    for page in PAGES:
        page.add(house)
    ui.run_with(
        app, title="Assay", favicon=STATIC / "mark.svg", language="en-US", tailwind=False, show_welcome_message=False
    )
    return app
