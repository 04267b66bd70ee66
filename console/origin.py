"""Requests that another site made a browser send (CSRF) are refused before anything else looks at them.

By fetch metadata, and by the Origin header where a browser sends none (OWASP, Cross-Site Request Forgery Prevention
Cheat Sheet, "Fetch Metadata headers"): no token has to be handed out, kept and sent back, and no form can forget it. A
request to the API with an Authorization header is let through, because cookies do not count for it, and because no
other site can make a browser send one without asking us first, which we never grant.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from console.problems import problem

# Methods that change nothing (RFC 9110, section 9.2.1).
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Where the API is, which judges an Authorization header alone; pages go by the cookie, whatever comes along.
API = "/v1/"
# Where pages stay live; a browser without WebSockets fetches there what it is sent.
LIVE = "/_nicegui_ws/"


class SameOrigin:
    """ASGI middleware: what changes something must come from our own pages, or from no browser at all.

    A live connection, by which labelers answer, counts as such, by WebSocket or not.

    `origin` is how browsers reach us, where a proxy keeps us from seeing that.
    """

    def __init__(self, app: ASGIApp, *, origin: str | None) -> None:
        self.app = app
        self.origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or refuse it with 403."""
        if not _changes(scope) or self._ours(Headers(scope=scope), scope["path"]):
            await self.app(scope, receive, send)
        else:
            await refuse(scope, receive, send, "Another site made this browser send the request: nothing was done.")

    def _ours(self, headers: Headers, path: str) -> bool:
        if "authorization" in headers and path.startswith(API):
            return True
        if (site := headers.get("sec-fetch-site")) is not None:
            return site in ("same-origin", "none")
        if (origin := headers.get("origin")) is not None:
            return origin == self.origin if self.origin else urlsplit(origin).netloc == headers.get("host")
        return "cookie" not in headers  # every browser in use sends one of the two with what changes something


def _changes(scope: Scope) -> bool:
    """Say whether a request may change something."""
    if scope["type"] == "http":
        return scope["method"] not in SAFE or bool(scope["path"].startswith(LIVE))
    return bool(scope["type"] == "websocket")


async def refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    """Answer a request with 403, or close a WebSocket before it is open."""
    if scope["type"] == "http":
        await problem(403, why)(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008})
