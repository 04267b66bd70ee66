"""Frames: consecutive records of one partition, the unit in which the stream works."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

Headers = tuple[tuple[str, bytes | None], ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The ends of the calendar, to the millisecond.
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)


def published_at(milliseconds: int) -> datetime:
    """Return the time of a record; a producer may claim any, so one beyond the calendar counts as its nearest end."""
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return FIRST if milliseconds < 0 else LAST


@dataclass(frozen=True, kw_only=True)
class Record:
    """One Kafka record, as it came. `timestamp` is in milliseconds since 1970."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int

    @property
    def digest(self) -> bytes:
        """Eight bytes that tell the record from any other that might stand at its offset."""
        parts = (str(self.offset).encode(), str(self.timestamp).encode(), repr(self.key).encode(), self.value or b"")
        return hashlib.blake2b(b"\0".join(parts), digest_size=8).digest()


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Consecutive records of one partition, at least one, as columns of equal length; `offsets` ascend."""

    topic: str
    partition: int
    offsets: Sequence[int]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    headers: Sequence[Headers]
    timestamps: Sequence[int]

    @classmethod
    def of(cls, topic: str, partition: int, records: Iterable[Record]) -> Self:
        """Return the records as a frame."""
        rows = list(records)
        return cls(
            topic=topic,
            partition=partition,
            offsets=[row.offset for row in rows],
            keys=[row.key for row in rows],
            values=[row.value for row in rows],
            headers=[row.headers for row in rows],
            timestamps=[row.timestamp for row in rows],
        )

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def first(self) -> int:
        """The offset of the first record."""
        return self.offsets[0]

    @property
    def next(self) -> int:
        """The offset after that of the last record."""
        return self.offsets[-1] + 1

    def record(self, row: int) -> Record:
        """Return one record."""
        return Record(
            offset=self.offsets[row],
            key=self.keys[row],
            value=self.values[row],
            headers=self.headers[row],
            timestamp=self.timestamps[row],
        )

    def since(self, offset: int) -> Self | None:
        """Return the part of the frame from `offset` on, None where there is none."""
        start = bisect_left(self.offsets, offset)
        if start == 0:
            return self
        if start == len(self):
            return None
        return type(self)(
            topic=self.topic,
            partition=self.partition,
            offsets=self.offsets[start:],
            keys=self.keys[start:],
            values=self.values[start:],
            headers=self.headers[start:],
            timestamps=self.timestamps[start:],
        )
