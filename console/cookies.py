"""The cookie that holds the id of a session."""

from dataclasses import dataclass

from fastapi import Response
from starlette.requests import HTTPConnection

from storage.sessions import REMEMBERED


@dataclass(frozen=True, kw_only=True)
class SessionCookie:
    """How browsers keep a session's id; `secure` where they reach us by HTTPS."""

    secure: bool

    @property
    def name(self) -> str:
        """The cookie's name; browsers take one that begins with `__Host-` from this very host only, by HTTPS."""
        return "__Host-assay" if self.secure else "assay"

    def of(self, request: HTTPConnection) -> str | None:
        """Return the id that a request brings."""
        return request.cookies.get(self.name)

    def put(self, response: Response, secret: str) -> None:
        """Have the browser keep an id; when the session ends is the server's to say.

        It stays after that, worth nothing, and tells that somebody has signed in here before.
        """
        response.set_cookie(
            self.name,
            secret,
            max_age=int(REMEMBERED.total_seconds()),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )
