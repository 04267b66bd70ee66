"""The processor on which a worker's Python threads take turns.

Python runs one thread of a process at a time. Left to itself the system spreads them over all processors, so that with
each turn what was just read or made is fetched from another one's caches. Kept on one, the threads lose nothing, for
none could have run beside another; those of librdkafka, which can, stay free to run anywhere.

Other programs are moved out of the way by the system, but for those that are kept to the same processor: other workers
may be. So a worker looks now and then whether it has to wait, and moves on where another processor has more room.
"""

import os
import random
import threading
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# A worker has to wait too long where it does for this part of the time; by itself, its threads and librdkafka's wait
# for each other for up to a fifth. Another processor has more room where it idles for that much more of the time.
WAITING, ROOM = 0.3, 0.2
# Of two workers that crowd each other one should move: each does with this chance.
MOVING = 0.5
# Where the system tells how long the main thread ran and waited, in ns, and what the ticks of each processor went to.
# Those in `IDLE` went to nothing, or to waiting for a disk. Last, where all threads of this process are.
SCHEDULED, TIMES, IDLE = Path("/proc/self/schedstat"), Path("/proc/stat"), slice(3, 5)
THREADS = Path("/proc/self/task")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the system tells at one time: how long the main thread has waited for a processor, and each has idled.

    All are in seconds, since some time in the past.
    """

    at: float
    waited: float
    idle: Mapping[int, float]

    @classmethod
    def now(cls) -> "Reading":
        """Ask the system; raises OSError where it does not say."""
        tick = os.sysconf("SC_CLK_TCK")
        lines = [line.split() for line in TIMES.read_text().splitlines() if line.startswith("cpu") and line[3] != " "]
        return cls(
            at=time.monotonic(),
            waited=int(SCHEDULED.read_text().split()[1]) / 1e9,
            idle={int(name[3:]): sum(map(int, times[IDLE])) / tick for name, *times in lines},
        )

    def is_crowded(self, since: "Reading") -> bool:
        """Say whether the main thread has waited too long."""
        return self.waited - since.waited > WAITING * (self.at - since.at)

    def roomiest(self, among: Collection[int], than: int, since: "Reading") -> int:
        """Return that of some processors that has idled most, or one of them if none did clearly more than that."""
        idled = {one: self.idle.get(one, 0.0) - since.idle.get(one, 0.0) for one in among}
        most = max(sorted(among), key=idled.__getitem__)
        return most if idled[most] - idled[than] > ROOM * (self.at - since.at) else than


class Processor:
    """Keeps all Python threads of this process on one of the processors that it may use; others may use them all."""

    def __init__(self) -> None:
        self._allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()
        self._at = random.choice(sorted(self._allowed or {0}))  # noqa: S311 - chance keeps workers apart, and hides nothing
        self._before: Reading | None = None

    def look(self) -> None:
        """Keep the threads that there are by now on the processor; move them all on where it is crowded.

        Where the system does not tell, or leaves no choice, nothing is done.
        """
        if len(self._allowed) < 2:  # noqa: PLR2004 - one is no choice
            return
        with suppress(OSError):
            self._at = self.after(Reading.now(), random.random())  # noqa: S311
            python = {thread.native_id for thread in threading.enumerate()}
            for each in (int(path.name) for path in THREADS.iterdir()):
                with suppress(ProcessLookupError):  # it has just ended
                    os.sched_setaffinity(each, {self._at} if each in python else self._allowed)

    def after(self, now: Reading, draw: float) -> int:
        """Return the processor to go on with after a reading; `draw` is uniform in [0, 1)."""
        before, self._before = self._before, now
        if before is None or draw >= MOVING or not now.is_crowded(before):
            return self._at
        return now.roomiest(self._allowed, self._at, before)
