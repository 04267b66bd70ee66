"""The backlog of a reader: what waits of each partition, and how much of it a handler has in hand.

Records wait here, and become one frame once the one before it has begun to be handled. At low rates a frame is what
arrived at once; under load frames grow, and with them shrinks the share of the work that is paid once a frame.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import confluent_kafka

from quality.frames import Frame, Headers

# Its types let everything be missing. Asked by its methods, without a loop of ours, as this is done for each record.
Message: Any = confluent_kafka.Message

# Topic and partition.
Place = tuple[str, int]

# How many of a partition's records may be in hand, handed on but not done: more than come between two checkpoints.
IN_HAND = 20_000
NO_HEADERS: Headers = ()


class Backlog:
    """The records of some partitions, from when they are read until they are done."""

    def __init__(self, frame_records: int) -> None:
        self._frame_records = frame_records
        self._waiting: dict[Place, deque[Any]] = {}
        self._in_hand: dict[Place, int] = defaultdict(int)
        self._handed_on: set[Place] = set()

    def keep(self, messages: Sequence[Any]) -> None:
        """Let records wait that were read, those of one partition in their order."""
        places = zip(map(Message.topic, messages), map(Message.partition, messages), messages, strict=True)
        for place, run in groupby(places, itemgetter(0, 1)):  # of what is fetched at once, long runs are of one place
            self._waiting.setdefault(place, deque()).extend(map(itemgetter(2), run))

    def take(self) -> Iterator[Frame]:
        """Yield the records that wait, as one frame of each partition whose last frame has begun to be handled.

        A frame is taken when it is yielded, and no sooner.
        """
        for place in list(self._waiting):
            if self._is_free(place) and (waiting := self._waiting.get(place)):
                yield self._frame(place, waiting)

    def _is_free(self, place: Place) -> bool:
        return place not in self._handed_on and self._in_hand[place] < IN_HAND

    def _frame(self, place: Place, waiting: deque[Any]) -> Frame:
        records = min(len(waiting), self._frame_records)
        self._handed_on.add(place)
        self._in_hand[place] += records
        return frame_of([waiting.popleft() for _ in range(records)])

    def begun(self, place: Place) -> None:
        """Say that the partition's last frame is being handled, so that the next may be taken, to wait behind it."""
        self._handed_on.discard(place)

    def done(self, place: Place, records: int) -> None:
        """Say that a frame of the partition, of so many records, is no longer in hand."""
        self._in_hand[place] = max(0, self._in_hand[place] - records)

    def forget(self) -> None:
        """Forget all records, for another reader may have them, or they are read again."""
        self._waiting = {}
        self._in_hand = defaultdict(int)
        self._handed_on = set()

    def waiting(self) -> dict[Place, int]:
        """Return how many records of each partition wait."""
        return {place: len(waiting) for place, waiting in self._waiting.items()}

    def undone(self, place: Place) -> int:
        """Return how many records of the partition wait or are in hand."""
        return len(self._waiting.get(place, ())) + self._in_hand.get(place, 0)


def frame_of(messages: Sequence[Any]) -> Frame:
    """Return messages of confluent-kafka, at least one and all of one partition, as a frame."""
    headers = list(map(Message.headers, messages))
    return Frame(
        topic=messages[0].topic(),
        partition=messages[0].partition(),
        offsets=list(map(Message.offset, messages)),
        keys=list(map(Message.key, messages)),
        values=list(map(Message.value, messages)),
        headers=[tuple(one) if one else NO_HEADERS for one in headers],
        timestamps=[time for _, time in map(Message.timestamp, messages)],
    )
