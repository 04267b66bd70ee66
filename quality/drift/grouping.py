"""Windows of partitions as windows of the stream: in their order, so many together that a check has enough to judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stored window of one partition: its offsets, when its records were published, and how many were accepted."""

    partition: int
    first: int
    next: int
    earliest: datetime
    latest: datetime
    accepted: int


def gathered(spans: Sequence[Span], records: int, time: timedelta) -> int:
    """Return how many of the first spans make a window of so many accepted records and so much time; 0: not yet."""
    count, earliest, latest = 0, datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
    for place, span in enumerate(spans):
        count, earliest, latest = count + span.accepted, min(earliest, span.earliest), max(latest, span.latest)
        if count >= records and latest - earliest >= time:
            return place + 1
    return 0
