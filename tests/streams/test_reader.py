"""The reader tells what arrives, and commits what it may. No broker is needed."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from confluent_kafka import TopicPartition

from streams.backlog import Place
from streams.reader import Reader
from streams.testing import HERE, records

THERE = ("t", 1)


class Arrivals:
    """A listener that counts how often there is something to take."""

    def __init__(self) -> None:
        self.times = 0

    def assigned(self, places: set[Place]) -> None:
        """Learn nothing."""

    def revoked(self, places: set[Place]) -> None:
        """Learn nothing."""

    def arrived(self) -> None:
        """Count."""
        self.times += 1

    def failed(self, error: Exception) -> None:
        """Fail."""
        raise error


@pytest.fixture
def arrivals() -> Arrivals:
    """The reader's listener."""
    return Arrivals()


@pytest.fixture
def reader(arrivals: Arrivals) -> Iterator[Reader]:
    """A reader of nothing, given what arrives by the test."""
    config = {"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "log_level": 0}
    made = Reader(config, frame_records=10, listener=arrivals)
    yield made
    made.stop(1)


def test_each_time_that_something_arrives_is_told(reader: Reader, arrivals: Arrivals) -> None:
    """And nothing when nothing did."""
    for offsets in [(0,), (), (1, 2)]:
        reader._keep(records(*offsets))
    assert (arrivals.times, [list(frame.offsets) for frame in reader.take()]) == (2, [[0, 1, 2]])


@pytest.mark.parametrize(("assigned", "committed"), [([HERE, THERE], [HERE]), ([THERE], []), ([], [])])
def test_offsets_are_committed_of_partitions_that_the_member_has(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, assigned: list[Place], committed: list[Place]
) -> None:
    """A member whose session has ended would be fenced for ever, were it to commit what it had before."""
    asked: list[TopicPartition] = []
    kafka = SimpleNamespace(
        assignment=lambda: [TopicPartition(*place) for place in assigned],
        commit=lambda offsets, asynchronous: asked.extend(offsets),  # noqa: ARG005 - confluent-kafka's names
        close=lambda: None,
    )
    monkeypatch.setattr(reader, "_kafka", kafka)
    reader.commit({HERE: 7})
    assert [((at.topic, at.partition), at.offset) for at in asked] == [(place, 7) for place in committed]
