"""Headers that tell browsers what not to do with our responses; what a response says itself stays."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "X-Content-Type-Options": "nosniff",  # JSON that somebody chose is no script
    "Content-Security-Policy": "frame-ancestors 'none'",  # nobody clicks here unawares
    # Not no-referrer, which would make the Origin of our own forms "null".
    "Referrer-Policy": "same-origin",
}


class SecurityHeaders:
    """ASGI middleware: adds `headers`, and keeps what the API says out of caches."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self.app = app
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        added = dict(self.headers)
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            added["Cache-Control"] = "no-store"

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers)
