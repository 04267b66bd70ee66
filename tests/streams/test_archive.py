"""ARCHIVE: many frames in one commit, each offset once, none passed over."""

import asyncio
from typing import Any

import pytest
from confluent_kafka import Producer
from faust.types import TP

from quality.frames import Frame
from schemas.errors import ConflictError
from schemas.verdicts import AcceptedSample, Origin
from storage.testing import accepted_sample
from streams.archive import Archive


@pytest.fixture
def archive(line: Any) -> Archive:
    """The line's archive."""
    return Archive(topics=line.project.topics, bootstrap=line.bootstrap, lake=line.lake)


def accepted(line: Any, offset: int) -> AcceptedSample:
    """Return the line's accepted sample at an offset of partition 0."""
    origin = Origin(topic=line.project.topics.samples, partition=0, offset=offset)
    return accepted_sample(offset).model_copy(update={"origin": origin})


def published(line: Any, offsets: list[int]) -> list[Frame]:
    """Publish accepted samples of these offsets to partition 0, and return them in frames of five."""
    topic = line.project.topics.accepted
    producer = Producer({"bootstrap.servers": line.bootstrap})
    for offset in offsets:
        producer.produce(topic, value=accepted(line, offset).model_dump_json().encode(), partition=0)
    producer.flush(10)
    whole = line.frames(topic)[0]
    rows = [whole.record(row) for row in range(len(whole))]
    return [Frame.of(topic, 0, rows[first : first + 5]) for first in range(0, len(rows), 5)]


def test_frames_of_samples_published_twice_and_out_of_order_are_archived_once(line: Any, archive: Archive) -> None:
    """In one commit; the worker that comes next starts where they end."""
    frames = published(line, [0, 1, 2, 8, 9, 3, 4, 5, 6, 7, 8, 9, 10])
    asyncio.run(archive.accepted(frames))
    found = line.lake.samples(line.project.config.name, ("offset",)).column("offset").to_pylist()
    assert sorted(found) == list(range(11))
    place = TP(line.project.topics.accepted, 0)
    other = Archive(topics=line.project.topics, bootstrap=line.bootstrap, lake=line.lake)
    assert asyncio.run(other.resume([place, TP(place.topic, 1)])) == {place: 13}
    asyncio.run(other.accepted(frames))
    assert line.lake.counts(line.project.config.name) == {(line.project.topics.samples, 0): 11}


def test_a_frame_that_would_pass_records_over_is_refused(line: Any, archive: Archive) -> None:
    """Whatever Kafka's committed offset says, nothing goes by unarchived."""
    first, *rest = published(line, list(range(15)))
    with pytest.raises(ConflictError, match=r"Offsets 0 to 4 of .* were passed over"):
        asyncio.run(archive.accepted(rest))
    assert line.lake.counts(line.project.config.name) == {}
    asyncio.run(archive.accepted([first]))
    with pytest.raises(ConflictError, match=r"Offsets 5 to 9 of .* were passed over"):
        asyncio.run(archive.accepted([rest[1]]))
