"""The clients of the queue's bench: processes of threads that claim, and answer if told to, and time each claim."""

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import numpy as np
from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from schemas.errors import UnavailableError
from schemas.roles import Role
from storage.answers import answer
from storage.database import open_engine
from storage.labelers import Labeler
from storage.queue import Assignment, claim
from storage.settings import StorageSettings
from storage.testing import project_config

NAME = "bench"
# Leases outlive every phase, so that what is held at the end can be counted.
PROJECT = project_config(NAME, overlap={"first": 2, "most": 5, "lease_seconds": 7_200})
# The first claims of a phase are not measured: plans are made, caches fill.
WARM_UP_SECONDS = 2.0
# What a process may take to import and to connect before the others give it up.
START_SECONDS = 120.0


class Start(Protocol):
    """What the clients of all processes wait at, so that they begin together (a barrier)."""

    def wait(self, timeout: float) -> int:
        """Return when all are there."""


# Where the processes of a phase meet; set when one is started.
MEETING: list[Start] = []


def meet_at(start: Start) -> None:
    """Remember, in a new process, where clients meet."""
    MEETING[:] = [start]


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one process does: claims by its labelers, so many a second, or as fast as it can where no rate is given."""

    url: str
    labelers: range
    threads: int
    seconds: float
    rate: float | None
    answers: bool
    seed: int


@dataclass(frozen=True, kw_only=True)
class Served:
    """What clients were told (assignments, with their labelers), seconds of each claim, and how many were repeated."""

    told: tuple[tuple[UUID, int], ...]
    seconds: tuple[float, ...]
    repeated: int

    @classmethod
    def together(cls, parts: Iterable["Served"]) -> "Served":
        """Return all parts as one."""
        known = list(parts)
        return cls(
            told=tuple(told for part in known for told in part.told),
            seconds=tuple(seconds for part in known for seconds in part.seconds),
            repeated=sum(part.repeated for part in known),
        )


def work(load: Load) -> Served:
    """Claim, and answer if told to, until the time is over."""
    engine = open_engine(StorageSettings(database_url=SecretStr(load.url)), pool_size=load.threads)
    try:
        with ThreadPoolExecutor(load.threads) as threads:
            connecting = [threads.submit(_connect, engine) for _ in range(load.threads)]
            for connected in connecting:
                connected.result()
            MEETING[0].wait(START_SECONDS)
            starts_at = time.monotonic()
            arrivals = Arrivals(_due(load, starts_at), iter(load.labelers))
            measured = starts_at + WARM_UP_SECONDS
            clients = [threads.submit(_client, engine, load, arrivals, measured) for _ in range(load.threads)]
            return Served.together(client.result() for client in clients)
    finally:
        engine.dispose()


def _connect(engine: Engine) -> None:
    # Who is killed meanwhile connects anew when they claim.
    with suppress(DBAPIError), engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(0.2)"))  # long enough for the others to need connections of their own


def _due(load: Load, starts_at: float) -> Iterator[float]:
    """Yield when claims are due, a Poisson process, or at once; what is due but not begun at the end is left out."""
    draws = np.random.default_rng(load.seed)
    at, end = starts_at, starts_at + load.seconds
    while at < end and time.monotonic() < end:
        yield at
        at = at + draws.exponential(1 / load.rate) if load.rate else time.monotonic()


class Arrivals:
    """When claims are due, and by whom; each is taken by one thread, since a generator cannot be entered by two."""

    def __init__(self, due: Iterator[float], labelers: Iterator[int]) -> None:
        self._both = zip(due, labelers, strict=False)
        self._taking = threading.Lock()

    def next(self) -> tuple[float, int] | None:
        """Return the next arrival; None when the time is over, or nobody is left."""
        with self._taking:
            return next(self._both, None)


def _client(engine: Engine, load: Load, arrivals: Arrivals, measured: float) -> Served:
    told: list[tuple[UUID, int]] = []
    seconds: list[float] = []
    repeated = 0
    while (arrival := arrivals.next()) is not None:
        at, labeler_id = arrival
        time.sleep(max(0.0, at - time.monotonic()))
        warm = time.monotonic() > measured
        labeler = Labeler(labeler_id=labeler_id, project=NAME, name="", simulated=True, role=Role.LABELER)
        assignment, attempts = _patiently(engine, labeler)
        if warm:
            seconds.append(time.monotonic() - at)
        told.append((assignment.assignment_id, labeler_id))
        repeated += attempts - 1
        if load.answers:
            answer(engine, PROJECT, labeler, assignment.assignment_id, "cat")
    return Served(told=tuple(told), seconds=tuple(seconds), repeated=repeated)


def _patiently(engine: Engine, labeler: Labeler) -> tuple[Assignment, int]:
    """Claim until there is a reply; return it, and after how many attempts."""
    for attempts in range(1, 1_000):
        try:
            assignment = claim(engine, PROJECT, labeler)
        except UnavailableError:
            continue
        if assignment is None:
            raise LookupError("nothing waits")
        return assignment, attempts
    raise TimeoutError("no reply to a thousand claims")
