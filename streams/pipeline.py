"""A pipeline of two steps: frames begin one by one, and finish together with all that have begun meanwhile.

What costs the same for one frame as for many, such as a commit to a database, is so paid once for all that waits. The
order is kept: frames finish in the order in which they began, and are acknowledged once they have finished.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from quality.frames import Frame

ItemT = TypeVar("ItemT")


class Pipeline(Generic[ItemT]):
    """Runs `begin` on each frame and `finish` on what it returned; `pause` seconds apart at least."""

    def __init__(
        self,
        begin: Callable[[Frame], Awaitable[ItemT]],
        finish: Callable[[Sequence[ItemT]], Awaitable[None]],
        *,
        pause: float = 0.0,
    ) -> None:
        self._begin = begin
        self._finish = finish
        self._pause = pause
        self._begun: asyncio.Queue[tuple[Any, ItemT]] = asyncio.Queue()
        self._beginning = asyncio.Lock()

    async def begin(self, event: Any, frame: Frame) -> None:
        """Begin the frame of one of Faust's events; the event is acknowledged once that is finished."""
        async with self._beginning:
            self._begun.put_nowait((event, await self._begin(frame)))

    async def finish(self) -> None:
        """Finish what has begun, at least one frame, and acknowledge it."""
        waiting = [await self._begun.get()]
        waiting += [self._begun.get_nowait() for _ in range(self._begun.qsize())]
        await self._finish([item for _, item in waiting])
        for event, _ in waiting:
            event.ack()
            self._begun.task_done()
        await asyncio.sleep(self._pause)

    async def drained(self) -> None:
        """Return when nothing is in hand."""
        async with self._beginning:
            await self._begun.join()
