"""The faults that are injected, each for real: signals, killed servers, a full disk, records made to break things."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from confluent_kafka import Producer

from bench.chaos.disk import Disk
from bench.chaos.fleet import Fleet
from infra.stack import Stack
from streams.app import SESSION_SECONDS

# A zombie sleeps so much longer than the group waits for it, and a disk stays full so long, in seconds.
OVERSLEPT = 3.0
FULL_SECONDS = 4.0

POISON = (
    b"",
    b"\x00" * 1000,
    b"\xff\xfe not utf-8",
    b"[" * 100_000,
    b'{"contract":' + b"9" * 5000 + b"}",
    b'{"contract":1,"sample_id":"' + b"\\u0000" * 10 + b'"}',
    b'"\\ud800"',
    b"x" * 700_000,
)


@dataclass(kw_only=True)
class Faults:
    """Injects faults; counts each kind. Every method is one kind, drawn by its name."""

    fleet: Fleet
    stack: Stack
    disk: Disk
    producer: Producer
    topic: str
    partitions: int
    random: random.Random
    injected: dict[str, int] = field(default_factory=dict)
    poisoned: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: count(100))

    @property
    def kinds(self) -> dict[str, Callable[[], None]]:
        """Each kind of fault by its name."""
        return {
            "kill a screener": lambda: self._kill("screen"),
            "kill a keeper": lambda: self._kill("keep"),
            "stop a screener until it is a zombie": lambda: self._zombie("screen"),
            "stop a keeper until it is a zombie": lambda: self._zombie("keep"),
            "add a screener": lambda: self._add("screen"),
            "remove a screener": lambda: self._remove("screen"),
            "kill the broker": lambda: self._kill_server("kafka"),
            "kill the database": lambda: self._kill_server("postgres"),
            "poison a partition": self._poison,
            "fill the lake's disk": self._fill,
        }

    def schedule(self, faults: int) -> list[str]:
        """Return the kinds to inject in their order: each at least once where there is room, the rest drawn."""
        kinds = list(self.kinds)
        drawn = [*self.random.sample(kinds, min(faults, len(kinds)))]
        drawn += self.random.choices(kinds, k=faults - len(drawn))
        self.random.shuffle(drawn)
        return drawn

    def inject(self, kind: str) -> None:
        """Inject one fault, and wait as long as it takes by its nature."""
        self.kinds[kind]()
        self.injected[kind] = self.injected.get(kind, 0) + 1

    def _any(self, role: str) -> str:
        return self.random.choice(self.fleet.names(role))

    def _kill(self, role: str) -> None:
        self.fleet.signal(self._any(role), signal.SIGKILL)

    def _zombie(self, role: str) -> None:
        name = self._any(role)
        self.fleet.signal(name, signal.SIGSTOP)
        time.sleep(SESSION_SECONDS + OVERSLEPT)
        self.fleet.signal(name, signal.SIGCONT)

    def _add(self, role: str) -> None:
        self.fleet.add(role, f"{role}-{next(self._numbers)}")

    def _remove(self, role: str) -> None:
        """Remove one, unless it is the last: then add one."""
        if len(self.fleet.names(role)) > 1:
            self.fleet.remove(self._any(role))
        else:
            self._add(role)

    def _kill_server(self, name: str) -> None:
        """Kill a server; the stack's supervisor starts it again."""
        pid = next((status.pid for status in self.stack.status() if status.name == name), None)
        if pid:
            os.kill(pid, signal.SIGKILL)

    def _poison(self) -> None:
        for value in POISON:
            self.producer.produce(self.topic, value, partition=self.random.randrange(self.partitions))
            self.poisoned += 1

    def _fill(self) -> None:
        pids = [self.fleet.workers[name].process.pid for name in self.fleet.names("keep")]
        self.disk.fill(pids)
        time.sleep(FULL_SECONDS)
        self.disk.empty(pids)


def pauses(random_: random.Random, faults: int, seconds: float) -> list[float]:
    """Return random pauses, one before each fault, which sum to about `seconds`."""
    weights = [random_.expovariate(1.0) for _ in range(faults)]
    total = sum(weights) or 1.0
    return [seconds * weight / total for weight in weights]
