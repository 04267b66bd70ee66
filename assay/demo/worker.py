"""One simulated labeler, or expert, at work over the API."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from examples.simulation.labelers import AnswerKey, Pair, SimulatedLabeler


def work(
    client: httpx.Client,
    labeler: SimulatedLabeler,
    key: AnswerKey,
    *,
    until: Callable[[], bool],
    pause: float = 0.2,
) -> int:
    """Claim and answer over the API until `until`; return the labels given.

    `client` carries the API's address and the labeler's token. An answer that comes too late is left; an empty queue,
    or a service that is away for a moment, is asked again after `pause` seconds.
    """
    return _work(_Worker(client=client, key=key, labeler=labeler), until, pause)


def adjudicate(client: httpx.Client, key: AnswerKey, *, until: Callable[[], bool], pause: float = 0.2) -> int:
    """Do the same with tasks that were set aside, as an expert who is always right; return how many were answered."""
    return _work(_Worker(client=client, key=key), until, pause)


def _work(worker: "_Worker", until: Callable[[], bool], pause: float) -> int:
    labels = 0
    while not until():
        given = worker.turn()
        labels += given or 0
        if given is None:
            time.sleep(pause)
    return labels


@dataclass(frozen=True, kw_only=True)
class _Worker:
    """One simulated labeler at the API, or without one an expert, who is right.

    `settled` keeps the pairs that each guideline version settles.
    """

    client: httpx.Client
    key: AnswerKey
    labeler: SimulatedLabeler | None = None
    settled: dict[int, set[Pair]] = field(default_factory=dict)

    def turn(self) -> int | None:
        """Claim one assignment and answer it; return how many labels that made, None where nothing could be done."""
        try:
            reply = self.client.post("/v1/claims" if self.labeler else "/v1/adjudications").raise_for_status()
            return None if reply.status_code == httpx.codes.NO_CONTENT else self._answer(reply.json())
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                raise
        except httpx.TransportError:
            pass
        return None

    def _answer(self, claimed: Mapping[str, Any]) -> int:
        answer = self._answer_to(claimed)
        reply = self.client.post(f"/v1/assignments/{claimed['assignment_id']}/label", json={"answer": answer})
        if reply.status_code == httpx.codes.CONFLICT:
            return 0
        reply.raise_for_status()
        return 1

    def _answer_to(self, claimed: Mapping[str, Any]) -> str:
        payload, guideline = claimed["payload"], claimed["guideline"]
        if self.labeler is None:
            return self.key.truth(payload)
        return self.key.answer(self.labeler, payload, guideline=guideline, settled=self._settled(guideline))

    def _settled(self, guideline: int) -> set[Pair]:
        """Return the pairs settled up to this version, all of which its text keeps."""
        if guideline not in self.settled:
            published: Sequence[dict[str, Any]] = self.client.get("/v1/guidelines").raise_for_status().json()
            earlier = [version for version in published if version["version"] <= guideline]
            self.settled[guideline] = {(one, other) for version in earlier for one, other in version["settles"]}
        return self.settled[guideline]
