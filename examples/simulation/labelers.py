"""Simulated labelers: each has habits of confusion, and none is a person.

What is assumed, and no more: a labeler confuses the classes of a pair at a stated rate where a sample is unclear, slips
to any other class at another, and has of a pair that the guideline settles a fifth of the confusion left. A hash of who
looks at what under which guideline decides, so a rerun gives the same answers. An expert is always right.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from examples.simulation.faults import Production
from examples.simulation.records import Truth

Pair = tuple[str, str]

# Of a confusion this share is left once the guideline settles the pair: an assumption of the simulation.
LEFT_WHEN_SETTLED = 0.2


@dataclass(frozen=True, kw_only=True)
class SimulatedLabeler:
    """Somebody's habits: how often each pair is confused, and how often any other class slips in."""

    name: str
    confuses: Mapping[Pair, float]
    slips: float


@dataclass(frozen=True, kw_only=True)
class AnswerKey:
    """What simulated labelers answer by: the truth of each picture, and the classes that there are.

    A labeler is not told a sample's id, so a sample is known by the picture of its payload: a hash of the `fields`
    that show what it is.
    """

    fields: tuple[str, ...]
    classes: Sequence[str]
    truths: Mapping[str, Truth]
    seed: int

    @classmethod
    def of(cls, records: Iterable[Production], fields: tuple[str, ...], *, classes: Sequence[str], seed: int) -> Self:
        """Return the key to all records that can be read; the others never reach a labeler."""
        payloads = ((_payload(record.value), record.truth) for record in records)
        truths = {picture(payload, fields): truth for payload, truth in payloads if payload is not None}
        return cls(fields=fields, classes=classes, truths=truths, seed=seed)

    def answer(
        self, labeler: SimulatedLabeler, payload: Mapping[str, Any], *, guideline: int, settled: Collection[Pair]
    ) -> str:
        """Return the labeler's answer under a guideline version that settles these pairs; always the same."""
        seen = picture(payload, self.fields)
        lots = _Lots(f"{self.seed}|{labeler.name}|{seen}|{guideline}")
        return _look(labeler, self.truths[seen], lots, classes=self.classes, settled=settled)

    def truth(self, payload: Mapping[str, Any]) -> str:
        """Return what is right of a sample: what an expert answers, who is never wrong by assumption."""
        return self.truths[picture(payload, self.fields)].answer


def picture(payload: Mapping[str, Any], fields: Iterable[str]) -> str:
    """Return what tells one payload from another by sight alone."""
    return hashlib.sha256(json.dumps([payload.get(name) for name in fields]).encode()).hexdigest()


def _look(
    labeler: SimulatedLabeler, truth: Truth, lots: "_Lots", *, classes: Sequence[str], settled: Collection[Pair]
) -> str:
    answer = truth.answer
    for pair, rate in labeler.confuses.items() if truth.unclear else ():
        left = LEFT_WHEN_SETTLED if pair in settled or pair[::-1] in settled else 1.0
        if answer in pair and lots.draw("/".join(pair)) < rate * left:
            return pair[1 - pair.index(answer)]
    if lots.draw("slip") < labeler.slips:
        others = [name for name in classes if name != answer]
        return others[int(lots.draw("which") * len(others))]
    return answer


def _payload(value: bytes) -> Mapping[str, Any] | None:
    try:
        payload: Mapping[str, Any] = json.loads(value)["payload"]
    except ValueError:
        return None
    return payload


@dataclass(frozen=True)
class _Lots:
    """Numbers in [0, 1) that depend on nothing but their name."""

    of: str

    def draw(self, name: str) -> float:
        digest = hashlib.sha256(f"{self.of}|{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64
