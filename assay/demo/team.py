"""The simulated labeling team, at work over the REST API as people would be."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import httpx

from assay.demo.stages import patiently, wait_for
from assay.services import Services
from examples.digits.labelers import LABELERS, work
from schemas.errors import UnavailableError
from storage.labelers import register

LEAD = "simulated-lead"
# The longest that the team may be at work in one round.
ROUND_SECONDS = 600.0


class Team:
    """Five simulated labelers and a simulated lead, registered and signed in."""

    def __init__(self, clients: Mapping[str, httpx.Client], truth: Mapping[str, str], seed: int) -> None:
        self._clients = clients
        self._truth = truth
        self._seed = seed

    @classmethod
    @contextmanager
    def opened(cls, services: Services, api: str, truth: Mapping[str, str], seed: int) -> Iterator[Self]:
        """Register the team and sign it in; `truth` is what examples.digits.labelers.truths returns."""
        with ExitStack() as stack:
            names = [labeler.name for labeler in LABELERS]
            clients = {
                name: stack.enter_context(_client(api, _token(services, name, lead=name == LEAD)))
                for name in (*names, LEAD)
            }
            yield cls(clients, truth, seed)

    def label(self, *, until: Callable[[], bool]) -> None:
        """Have everybody label, each in a thread, until `until`, which is asked now and then."""
        enough = threading.Event()
        with ThreadPoolExecutor(len(LABELERS)) as threads:
            at_work = [
                threads.submit(work, self._clients[each.name], each, self._truth, until=enough.is_set, seed=self._seed)
                for each in LABELERS
            ]
            try:
                wait_for("labeling", lambda: until() or any(each.done() for each in at_work), seconds=ROUND_SECONDS)
            finally:
                enough.set()
        for each in at_work:
            each.result()

    def most_confused(self) -> tuple[str, str]:
        """Return the class pair that the lead sees at the top of the findings."""
        findings: Sequence[Mapping[str, Any]] = self._lead("GET", "/v1/findings")
        if not findings:
            raise UnavailableError("The labelers disagreed on nothing, so there is nothing to settle.")
        one, other = findings[0]["classes"]
        return one, other

    def settle(self, pair: tuple[str, str]) -> Mapping[str, Any]:
        """Publish the next guideline, which tells the pair apart; return its version and how many tasks it reopened."""
        current = self._lead("GET", "/v1/guideline")
        body = (
            f"{current['body']}\n## {pair[0]} or {pair[1]}\n\n(By a simulated lead.) Follow the stroke from its "
            f"beginning: where it closes, or bends, decides between {pair[0]} and {pair[1]}, however faint it is.\n"
        )
        published: Mapping[str, Any] = self._lead("POST", "/v1/guidelines", json={"body": body, "settles": [pair]})
        return published

    def _lead(self, method: str, path: str, **options: Any) -> Any:
        def call() -> Any:
            return self._clients[LEAD].request(method, path, **options).raise_for_status().json()

        return patiently("the API", call, seconds=ROUND_SECONDS)


def _client(api: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=api, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False)


def _token(services: Services, name: str, *, lead: bool) -> str:
    return register(services.engine, services.project.config.name, name, simulated=True, lead=lead)
