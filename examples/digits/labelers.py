"""Five simulated labelers for the demo: each has habits of confusion, and none is a person.

What is assumed, and no more: a labeler confuses the digits of a pair at a stated rate, slips to any other digit at
another, and has of a pair that the guideline settles a fifth of the confusion left. A hash of who looks at what under
which guideline decides, so a rerun gives the same answers.
"""

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from examples.digits.production import Production

DIGITS = tuple("0123456789")
Pair = tuple[str, str]

# Of a confusion this share is left once the guideline settles the pair: an assumption of the simulation.
LEFT_WHEN_SETTLED = 0.2


@dataclass(frozen=True, kw_only=True)
class SimulatedLabeler:
    """Somebody's habits: how often each pair is confused, and how often any other digit slips in."""

    name: str
    confuses: Mapping[Pair, float]
    slips: float


LABELERS = (
    SimulatedLabeler(name="simulated-ada", confuses={("4", "9"): 0.3}, slips=0.02),
    SimulatedLabeler(name="simulated-ben", confuses={("1", "7"): 0.25, ("4", "9"): 0.3}, slips=0.03),
    SimulatedLabeler(name="simulated-cleo", confuses={("3", "8"): 0.25, ("4", "9"): 0.35}, slips=0.03),
    SimulatedLabeler(name="simulated-dan", confuses={("5", "6"): 0.2, ("1", "7"): 0.2}, slips=0.02),
    SimulatedLabeler(name="simulated-eve-careless", confuses={("4", "9"): 0.3, ("3", "8"): 0.2}, slips=0.15),
)


def picture(payload: Mapping[str, Any]) -> str:
    """Return what tells one digit from another by sight alone: labelers are not told a sample's id."""
    return hashlib.sha256(json.dumps(payload["pixels"]).encode()).hexdigest()


def truths(records: Iterable[Production]) -> dict[str, str]:
    """Return the class that the writer meant, by `picture`, of all records that can be read."""
    return {picture(json.loads(record.value)["payload"]): record.truth for record in records if _is_json(record.value)}


def look(
    labeler: SimulatedLabeler, seen: str, truth: str, *, guideline: int, settled: Collection[Pair], seed: int
) -> str:
    """Return the labeler's answer to the picture `seen`; the same for the same arguments."""
    lot = _Lots(f"{seed}|{labeler.name}|{seen}|{guideline}")
    for pair, rate in labeler.confuses.items():
        left = LEFT_WHEN_SETTLED if pair in settled or pair[::-1] in settled else 1.0
        if truth in pair and lot.draw("/".join(pair)) < rate * left:
            return pair[1 - pair.index(truth)]
    if lot.draw("slip") < labeler.slips:
        others = [digit for digit in DIGITS if digit != truth]
        return others[int(lot.draw("which") * len(others))]
    return truth


def work(
    client: httpx.Client,
    labeler: SimulatedLabeler,
    truth: Mapping[str, str],
    *,
    until: Callable[[], bool],
    seed: int = 0,
    pause: float = 0.2,
) -> int:
    """Claim and answer over the API until `until`; return the labels given.

    `client` carries the API's address and the labeler's token; `truth` is what `truths` returns. An answer that comes
    too late is left; an empty queue, or a service that is away for a moment, is asked again after `pause` seconds.
    """
    worker = _Worker(client=client, labeler=labeler, truth=truth, seed=seed)
    labels = 0
    while not until():
        given = worker.turn()
        labels += given or 0
        if given is None:
            time.sleep(pause)
    return labels


@dataclass(frozen=True, kw_only=True)
class _Worker:
    """One simulated labeler at the API; `settled` keeps the pairs that each guideline version settles."""

    client: httpx.Client
    labeler: SimulatedLabeler
    truth: Mapping[str, str]
    seed: int
    settled: dict[int, set[Pair]] = field(default_factory=dict)

    def turn(self) -> int | None:
        """Claim one assignment and answer it; return how many labels that made, None where nothing could be done."""
        try:
            reply = self.client.post("/v1/claims").raise_for_status()
            return None if reply.status_code == httpx.codes.NO_CONTENT else self._answer(reply.json())
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                raise
        except httpx.TransportError:
            pass
        return None

    def _answer(self, claimed: Mapping[str, Any]) -> int:
        seen, guideline = picture(claimed["payload"]), claimed["guideline"]
        answer = look(
            self.labeler,
            seen,
            self.truth[seen],
            guideline=guideline,
            settled=self._settled(guideline),
            seed=self.seed,
        )
        reply = self.client.post(f"/v1/assignments/{claimed['assignment_id']}/label", json={"answer": answer})
        if reply.status_code == httpx.codes.CONFLICT:
            return 0
        reply.raise_for_status()
        return 1

    def _settled(self, guideline: int) -> set[Pair]:
        """Return the pairs settled up to this version, all of which its text keeps."""
        if guideline not in self.settled:
            published: Sequence[dict[str, Any]] = self.client.get("/v1/guidelines").raise_for_status().json()
            earlier = [version for version in published if version["version"] <= guideline]
            self.settled[guideline] = {(one, other) for version in earlier for one, other in version["settles"]}
        return self.settled[guideline]


def _is_json(value: bytes) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class _Lots:
    """Numbers in [0, 1) that depend on nothing but their name."""

    of: str

    def draw(self, name: str) -> float:
        digest = hashlib.sha256(f"{self.of}|{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64
