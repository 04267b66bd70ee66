"""Publishing: what is confirmed is there, and so is all that was sent to the same partition before it."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from schemas.errors import UnavailableError
from streams.publisher import Batch, Publisher

# More than the topic takes, and nothing that compression makes shorter.
TOO_LONG = 5_000


@pytest.fixture
def topic(stack: Any) -> Iterator[str]:
    """A topic of two partitions that takes short records only."""
    name = f"short-{uuid4().hex[:8]}"
    admin = KafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    admin.create_topics([NewTopic(name, 2, 1, topic_configs={"max.message.bytes": "1000"})])
    yield name
    admin.delete_topics([name])
    admin.close()


@pytest.fixture
def publisher(stack: Any) -> Iterator[Publisher]:
    """A publisher that gives up soon."""
    with closing(Publisher(stack.kafka_bootstrap, delivery_seconds=20)) as publisher:
        yield publisher


def batch(topic: str, *values: bytes) -> Batch:
    """Return records for the first partition."""
    return Batch(topic=topic, records=[(None, value) for value in values], partition=0)


def ends(stack: Any, topic: str) -> int:
    """Return how many records the topic holds."""
    consumer = KafkaConsumer(bootstrap_servers=stack.kafka_bootstrap)
    found = sum(consumer.end_offsets([TopicPartition(topic, 0), TopicPartition(topic, 1)]).values())
    consumer.close()
    return int(found)


def test_what_is_confirmed_is_there(stack: Any, topic: str, publisher: Publisher) -> None:
    """Whether the partition was named or left to the keys; nothing is nothing to wait for."""
    keyed = Batch(topic=topic, records=[(str(number).encode(), b"x") for number in range(20)])
    publisher.publish_now([batch(topic, *[b"x"] * 100), keyed, batch(topic)])
    assert ends(stack, topic) == 120


def test_a_record_that_cannot_arrive_is_told_though_another_stands_for_it(topic: str, publisher: Publisher) -> None:
    """Of a batch only the last record is asked for."""
    with pytest.raises(UnavailableError, match="did not confirm"):
        publisher.publish_now([batch(topic, os.urandom(TOO_LONG), b"x")])


def test_after_a_record_that_did_not_arrive_nothing_does(stack: Any, topic: str, publisher: Publisher) -> None:
    """So what is confirmed has no holes before it, even if nobody looked at what came before."""
    asyncio.run(publisher.send([batch(topic, os.urandom(TOO_LONG))]))
    with pytest.raises(UnavailableError, match="did not confirm"):
        publisher.publish_now([batch(topic, b"x")])
    with pytest.raises(UnavailableError, match="did not confirm"):
        publisher.publish_now([batch(topic, b"x")])
    assert ends(stack, topic) == 0
