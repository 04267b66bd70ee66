"""The live connections of pages: each speaks for one page, and for the browser only to which that page was sent.

NiceGUI knows a page by a random id, and takes whatever names that id from any connection. So whoever had seen the id of
somebody else's page could act there as its viewer; here it takes the viewer's session too.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from nicegui import Client, core
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from console.cookies import SessionCookie
from console.origin import LIVE, refuse

# What a browser sends of its page; "handshake" is refused by NiceGUI itself for another page than the connection names.
EVENTS = ("event", "javascript_response", "ack", "log")


class OwnSockets:
    """ASGI middleware: a connection to a page must bring the session with which the page was opened, if with any."""

    def __init__(self, app: ASGIApp, *, cookie: SessionCookie) -> None:
        self.app = app
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or refuse it with 403."""
        live = scope["type"] in ("http", "websocket") and scope["path"].startswith(LIVE)
        if not live or self._own(HTTPConnection(scope)):
            await self.app(scope, receive, send)
        else:
            await refuse(scope, receive, send, "This page was sent to somebody else: open it anew.")

    def _own(self, asking: HTTPConnection) -> bool:
        """Say whether the page is the browser's own; one that is gone is nobody's, and NiceGUI has it loaded anew."""
        named = parse_qs(asking.scope["query_string"].decode("latin-1")).get("client_id", [])
        if len(named) != 1:
            return False
        page = Client.instances.get(named[0])
        return page is None or page.request is None or self.cookie.of(asking) == self.cookie.of(page.request)


def close_to_others() -> None:
    """Have NiceGUI take of a connection only what is of its own page, and tell no other site that it may read along."""
    core.sio.eio.cors_allowed_origins = []
    for name in EVENTS:
        core.sio.on(name, _of_its_page(core.sio.handlers["/"][name]))


def _of_its_page(take: Callable[[str, Any], None]) -> Callable[[str, Any], None]:
    def taken(connection: str, message: Any) -> None:
        if isinstance(message, dict) and message.get("client_id") in core.sio.rooms(connection):
            take(connection, message)

    return taken
