"""Follows hints of Label Studio's webhook in the background, one after the other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock

import structlog

from console.label_studio.bridge import Bridge
from schemas.errors import AssayError

# More hints than that are not kept waiting: the next sweep finds what they would have led to.
MOST_WAITING = 1_000

log = structlog.get_logger()


class Follower:
    """Has the tasks that it is told of fetched and counted, each once however often it is named meanwhile.

    In the background, since Label Studio holds its own user up until we answer, and gives us a second. What goes wrong
    is logged and left to the next sweep.
    """

    def __init__(self, bridge: Bridge, thread: ThreadPoolExecutor) -> None:
        self.bridge = bridge
        self._thread = thread
        self._waiting: set[int] = set()
        self._lock = Lock()

    def follow(self, task: int) -> None:
        """Have a task of Label Studio, by its id there, looked at soon."""
        with self._lock:
            if task in self._waiting or len(self._waiting) >= MOST_WAITING:
                return
            self._waiting.add(task)
        self._thread.submit(self._take, task)

    def _take(self, task: int) -> None:
        with self._lock:
            self._waiting.discard(task)
        try:
            fates = self.bridge.take(task)
        except AssayError as error:
            log.warning("label_studio_hint_not_followed", task=task, error=str(error))
        except Exception:
            log.exception("label_studio_hint_not_followed", task=task)
        else:
            log.info("label_studio_hint_followed", task=task, **fates)


@contextmanager
def following(bridge: Bridge) -> Iterator[Follower]:
    """Yield a follower; at the end what it is at is finished, and the rest is left to the next sweep."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="label-studio")
    try:
        yield Follower(bridge, thread)
    finally:
        thread.shutdown(cancel_futures=True)
