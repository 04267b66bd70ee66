"""Requests that another site made a browser send (CSRF) are refused before anything else looks at them.

By fetch metadata, and by the Origin header where a browser sends none (OWASP, Cross-Site Request Forgery Prevention
Cheat Sheet, "Fetch Metadata headers"): no token has to be handed out, kept and sent back, and no form can forget it. A
request with an Authorization header is let through, because cookies do not count for it, and because no other site can
make a browser send one without asking us first, which we never grant.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from console.problems import problem

# Methods that change nothing (RFC 9110, section 9.2.1).
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SameOrigin:
    """ASGI middleware: what changes something must come from our own pages, or from no browser at all.

    A WebSocket, by which pages stay live and labelers answer, counts as such.

    `origin` is how browsers reach us, where a proxy keeps us from seeing that.
    """

    def __init__(self, app: ASGIApp, *, origin: str | None) -> None:
        self.app = app
        self.origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or refuse it with 403."""
        unsafe = scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in SAFE)
        if not unsafe or self._ours(Headers(scope=scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            refusal = problem(403, "Another site made this browser send the request: nothing was done.")
            await refusal(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _ours(self, headers: Headers) -> bool:
        if "authorization" in headers:
            return True
        if (site := headers.get("sec-fetch-site")) is not None:
            return site in ("same-origin", "none")
        if (origin := headers.get("origin")) is not None:
            return origin == self.origin if self.origin else urlsplit(origin).netloc == headers.get("host")
        return "cookie" not in headers  # every browser in use sends one of the two with what changes something
