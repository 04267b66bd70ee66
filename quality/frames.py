"""Frames: consecutive records of one partition, the unit in which the stream works."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Record:
    """One Kafka record, as it came. `timestamp` is in milliseconds since 1970."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp: int


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Consecutive records of one partition; at least one."""

    topic: str
    partition: int
    records: tuple[Record, ...]

    def since(self, offset: int) -> "Frame | None":
        """Return the part of the frame from `offset` on, None where there is none."""
        records = tuple(record for record in self.records if record.offset >= offset)
        return Frame(topic=self.topic, partition=self.partition, records=records) if records else None
