"""Who is signed in to the pages: sessions in the memory of this process, each known by a cookie."""

import hashlib
import secrets
import time
from dataclasses import dataclass, field

from sqlalchemy import Engine

from storage import labelers
from storage.labelers import Labeler

COOKIE = "assay_session"
# After so long without a page, and so long in all, one signs in again.
IDLE_SECONDS, WHOLE_SECONDS = 8 * 3600.0, 24 * 3600.0
# More sessions than people have; the oldest go first.
MOST = 10_000


@dataclass
class _Session:
    token: str
    began: float
    seen: float


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """Sessions of one project; a labeler's token stands behind each and is asked for again at each step."""

    engine: Engine
    project: str
    _open: dict[str, _Session] = field(default_factory=dict)

    def begin(self, token: str) -> str | None:
        """Open a session for whom the token is of, and return the cookie's value; None where it is nobody's."""
        if labelers.by_token(self.engine, self.project, token) is None:
            return None
        cookie, now = secrets.token_urlsafe(), time.monotonic()
        while len(self._open) >= MOST:
            del self._open[next(iter(self._open))]
        self._open[_digest(cookie)] = _Session(token=token, began=now, seen=now)
        return cookie

    def end(self, cookie: str) -> None:
        """Close a session; pages that show it notice within seconds."""
        self._open.pop(_digest(cookie), None)

    def labeler(self, cookie: str) -> Labeler | None:
        """Return who is signed in, None where nobody is any more."""
        key, now = _digest(cookie), time.monotonic()
        session = self._open.get(key)
        if session is None:
            return None
        found = labelers.by_token(self.engine, self.project, session.token)
        if found is None or now - session.seen > IDLE_SECONDS or now - session.began > WHOLE_SECONDS:
            self._open.pop(key, None)
            return None
        session.seen = now
        return found


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()
