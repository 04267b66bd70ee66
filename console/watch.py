"""What many look at, asked for once: a value that is asked for again when it is old, and not more often."""

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

# A value is at least so old before it is asked for again.
FRESH_SECONDS = 1.0
# Asking takes at most this share of the time, however long it takes: a slow question is asked less often.
SHARE = 0.05


class Watch(Generic[T]):
    """The answer to a question about the database that all viewers share."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = asyncio.Lock()
        self._known: tuple[T] | None = None
        self._due = 0.0

    async def latest(self) -> T:
        """Return the value, asked for now where the one that is known is old; whatever asking raises comes out."""
        async with self._lock:
            began = time.monotonic()
            if self._known is None or began >= self._due:
                self._known = (await asyncio.to_thread(self._ask),)
                ended = time.monotonic()
                self._due = ended + max(FRESH_SECONDS, (ended - began) / SHARE)
            return self._known[0]
