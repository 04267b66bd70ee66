"""Replays: dead letters that are published again, and the headers by which such a record says where it first stood.

A replay goes to the partition of its dead letter, for within one duplicates are found and a source's order is kept. So
a header that names another topic or partition, or no earlier offset, cannot be true and is ignored, as is one that
cannot be read: a producer may write whatever he likes, and what was replayed is known from the ledger.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from quality.frames import Headers
from schemas.verdicts import Origin, ReplayOf

# TOPIC/PARTITION/OFFSET of a sample's first appearance.
ORIGIN = "assay-origin"
# How often it was replayed since, in decimal digits.
REPLAYS = "assay-replays"
# Which entry of the ledger the record is: it is found by this after a crash.
REPLAY_ID = "assay-replay-id"
OWN = frozenset({ORIGIN, REPLAYS, REPLAY_ID})

# A sample that was rejected so often again is a matter for its producer.
MOST_REPLAYS = 3

OFFSET = re.compile(rb"[0-9]{1,19}")
COUNT = re.compile(rb"[0-9]{1,9}")


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One replay: of the dead letter at `letter`, of a sample that first stood at offset `first` of its partition.

    It was published at `sought_from` or later; `stands_at` is None until the broker's confirmation has been noted.
    """

    replay_id: UUID
    letter: Origin
    first: int
    replays: int
    sought_from: int
    stands_at: int | None = None

    @classmethod
    def of(cls, letter: Origin, before: Self | None, *, replay_id: UUID, sought_from: int) -> Self:
        """Return the replay of a dead letter, which is itself the replay `before` where there is one."""
        return cls(
            replay_id=replay_id,
            letter=letter,
            first=before.first if before else letter.offset,
            replays=before.replays + 1 if before else 1,
            sought_from=sought_from,
        )

    @property
    def headers(self) -> Headers:
        """What the replayed record says of itself."""
        origin = f"{_prefix(self.letter)}{self.first}"
        told = {ORIGIN: origin, REPLAYS: str(self.replays), REPLAY_ID: str(self.replay_id)}
        return tuple((name, value.encode()) for name, value in told.items())


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the ledger knows of some dead letters: which were replayed already, and which are replays themselves."""

    replayed: frozenset[Origin]
    standing: Mapping[Origin, Replay]

    @classmethod
    def of(cls, replays: Iterable[Replay]) -> Self:
        """Return it from entries of the ledger."""
        entries = list(replays)
        return cls(
            replayed=frozenset(each.letter for each in entries),
            standing={
                each.letter.model_copy(update={"offset": each.stands_at}): each
                for each in entries
                if each.stands_at is not None
            },
        )

    def is_spent(self, letter: Origin) -> bool:
        """Say whether a dead letter has been replayed as often as it may."""
        before = self.standing.get(letter)
        return before is not None and before.replays >= MOST_REPLAYS


def replay_of(headers: Headers, place: Origin) -> ReplayOf | None:
    """Return what the headers of the record at `place` say of its origin; None where they say nothing possible."""
    told = {name: value or b"" for name, value in headers if name in OWN}  # of a name that comes twice, the last
    prefix = _prefix(place).encode()
    first, count = told.get(ORIGIN, b"").removeprefix(prefix), told.get(REPLAYS, b"")
    if not told.get(ORIGIN, b"").startswith(prefix) or not OFFSET.fullmatch(first) or not COUNT.fullmatch(count):
        return None
    if int(first) >= place.offset or not int(count):
        return None
    return ReplayOf(origin=place.model_copy(update={"offset": int(first)}), replays=int(count))


def replayed_headers(headers: Headers, replay: Replay) -> Headers:
    """Return the headers of a replayed record: the original ones, and ours in place of any of their name."""
    return (*((name, value) for name, value in headers if name not in OWN), *replay.headers)


def _prefix(place: Origin) -> str:
    return f"{place.topic}/{place.partition}/"
