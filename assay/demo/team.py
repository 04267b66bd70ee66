"""The simulated labeling team, at work over the REST API as people would be."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Self

import httpx

from assay.demo.script import Script
from assay.demo.stages import patiently, wait_for
from assay.demo.worker import adjudicate, work
from assay.services import Services
from examples.simulation.faults import Production
from examples.simulation.labelers import Pair
from labeling.drafting import BLANK
from schemas.errors import UnavailableError
from schemas.roles import Role
from storage.labelers import register

LEAD = "simulated-lead"
# The longest that the team may be at work in one round.
ROUND_SECONDS = 600.0


class Team:
    """A project's simulated labelers and a simulated lead, registered and signed in."""

    def __init__(self, clients: Mapping[str, httpx.Client], script: Script) -> None:
        self._clients = clients
        self._simulation = script.simulation
        self._key = script.answer_key
        self._key_to = script.answer_key_to

    @classmethod
    @contextmanager
    def opened(cls, services: Services, api: str, script: Script) -> Iterator[Self]:
        """Register the team and sign it in."""
        with ExitStack() as stack:
            names = [labeler.name for labeler in script.simulation.labelers]
            clients = {
                name: stack.enter_context(_client(api, _token(services, name, lead=name == LEAD)))
                for name in (*names, LEAD)
            }
            yield cls(clients, script)

    def learn(self, records: Sequence[Production]) -> None:
        """Have the team know what further records are, beside those that it knows already."""
        more = self._key_to(records)
        self._key = replace(more, truths={**self._key.truths, **more.truths})

    def label(self, *, until: Callable[[], bool]) -> int:
        """Have everybody label, each in a thread, until `until`, which is asked now and then.

        The lead settles what is set aside meanwhile; returns how many tasks that were.
        """
        enough, labelers = threading.Event(), self._simulation.labelers
        with ThreadPoolExecutor(len(labelers) + 1) as threads:
            at_work = [
                threads.submit(work, self._clients[each.name], each, self._key, until=enough.is_set)
                for each in labelers
            ]
            at_work.append(threads.submit(adjudicate, self._clients[LEAD], self._key, until=enough.is_set))
            try:
                wait_for("labeling", lambda: until() or any(each.done() for each in at_work), seconds=ROUND_SECONDS)
            finally:
                enough.set()
        *_, adjudicated = [each.result() for each in at_work]
        return adjudicated

    def revise(self) -> tuple[Pair, Mapping[str, Any]]:
        """Settle what is found first in the next guideline; return the pair, and the version and what it reopened."""
        if not self._lead("GET", "/v1/findings"):
            raise UnavailableError("The labelers disagreed on nothing, so there is nothing to settle.")
        draft = self._lead("GET", "/v1/findings/0/draft")
        one, other = draft["settles"][0]
        said = f"(By a simulated lead.) {self._simulation.revision((one, other))}"
        published: Mapping[str, Any] = self._lead(
            "POST", "/v1/guidelines", json={**draft, "body": draft["body"].replace(BLANK, said)}
        )
        return (one, other), published

    def _lead(self, method: str, path: str, **options: Any) -> Any:
        def call() -> Any:
            return self._clients[LEAD].request(method, path, **options).raise_for_status().json()

        return patiently("the API", call, seconds=ROUND_SECONDS)


def _client(api: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=api, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False)


def _token(services: Services, name: str, *, lead: bool) -> str:
    return register(
        services.engine, services.project.config.name, name, simulated=True, role=Role.LEAD if lead else Role.LABELER
    )
