"""Records as confluent-kafka hands them out, for tests without a broker."""

from typing import Any

from confluent_kafka import Message

from streams.backlog import Place

HERE: Place = ("t", 0)


def records(*offsets: int, place: Place = HERE) -> list[Any]:
    """Return records at these offsets of a partition."""
    topic, partition = place
    return [Message(topic=topic, partition=partition, offset=one, value=b"v", timestamp=(1, 1_000)) for one in offsets]
