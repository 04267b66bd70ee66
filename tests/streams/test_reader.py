"""The reader's frames: small ones at once, large ones under load. No broker is needed."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from confluent_kafka import Message, TopicPartition

from streams.reader import IN_HAND, Place, Reader

FULL = 3
HERE, THERE = ("t", 0), ("t", 1)


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
    made = Reader(config, frame_records=FULL, listener=arrivals)
    yield made
    made.stop(1)


def arrive(reader: Reader, *offsets: int, place: Place = HERE) -> None:
    """Let records arrive."""
    topic, partition = place
    reader._keep(
        [Message(topic=topic, partition=partition, offset=one, value=b"v", timestamp=(1, 1_000)) for one in offsets]
    )


def taken(reader: Reader) -> list[list[int]]:
    """Take what there is, and begin with it; return the offsets of each frame."""
    frames = list(reader.take())
    for frame in frames:
        reader.begun((frame.topic, frame.partition))
    return [list(frame.offsets) for frame in frames]


def test_what_has_arrived_is_a_frame_at_once(reader: Reader) -> None:
    """However little it is: nothing is waited for."""
    arrive(reader, 0)
    assert taken(reader) == [[0]]


def test_what_arrives_while_a_frame_is_handled_is_the_next_one(reader: Reader, arrivals: Arrivals) -> None:
    """It grows until its turn comes; each time that something arrives, it is told."""
    arrive(reader, 0)
    first = [list(frame.offsets) for frame in reader.take()]
    arrive(reader, 1)
    arrive(reader, 2)
    assert (first, list(reader.take())) == ([[0]], [])
    reader.begun(HERE)
    assert (arrivals.times, taken(reader)) == (3, [[1, 2]])


def test_partitions_do_not_wait_for_each_other(reader: Reader) -> None:
    """Each has an order of its own."""
    arrive(reader, 0)
    list(reader.take())
    arrive(reader, 7, place=THERE)
    assert taken(reader) == [[7]]


def test_a_frame_that_has_not_begun_is_followed_by_none(reader: Reader) -> None:
    """Not even by a full one: records wait here, where they make larger frames."""
    arrive(reader, *range(2 * FULL))
    first = [list(frame.offsets) for frame in reader.take()]
    assert (first, list(reader.take())) == ([[0, 1, 2]], [])


def test_a_frame_is_taken_only_when_it_is_asked_for(reader: Reader) -> None:
    """Whoever takes none after the first has not taken the second."""
    arrive(reader, 0)
    arrive(reader, 7, place=THERE)
    first = next(reader.take())
    assert (list(first.offsets), taken(reader)) == ([0], [[7]])


def test_what_is_not_done_bounds_what_is_handed_on(reader: Reader) -> None:
    """Memory does not grow with a handler's delay, however small its frames are."""
    arrive(reader, *range(IN_HAND + 3 * FULL))
    handed_on = [offset for frames in iter(lambda: taken(reader), []) for frame in frames for offset in frame]
    assert handed_on == list(range(len(handed_on)))
    assert IN_HAND <= len(handed_on) < IN_HAND + FULL
    reader.done(HERE, FULL)
    assert taken(reader) == [[len(handed_on) + step for step in range(FULL)]]


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
