"""Topics are made so that no record leaves before it is read, and what the broker says of offsets is the truth."""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import MessageSizeTooLargeError

from schemas.errors import ConflictError
from schemas.topics import Topics
from streams import topics as module
from streams.producer import SampleProducer
from streams.topics import ensure_topics


@pytest.fixture
def topics() -> Topics:
    """Topics of a project of the test's own."""
    return Topics(project=f"p{uuid4().hex[:8]}")


@pytest.fixture
def admin(stack: Any) -> Iterator[KafkaAdminClient]:
    """A client of the shared broker."""
    with closing(KafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)) as client:
        yield client


def settings(admin: KafkaAdminClient, topic: str) -> dict[str, str]:
    """Return what the topic itself sets."""
    found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
    own = found["topic"][topic].items()
    return {name: each["value"] for name, each in own if each["config_source"] == "DYNAMIC_TOPIC_CONFIG"}


def test_topics_say_themselves_what_the_broker_might_say_otherwise(
    stack: Any, admin: KafkaAdminClient, topics: Topics
) -> None:
    """A broker that compacts, or keeps an hour, by default does not do so with ours."""
    ensure_topics(stack.kafka_bootstrap, topics, partitions=1)
    common = {"cleanup.policy": "delete", "retention.ms": "1209600000", "retention.bytes": "-1"}
    assert settings(admin, topics.samples) == {**common, "max.message.bytes": "1048576"}
    for name in set(topics.all) - {topics.samples}:
        assert settings(admin, name) == {**common, "max.message.bytes": "8388608"}


def test_a_compacted_topic_is_refused(stack: Any, admin: KafkaAdminClient, topics: Topics) -> None:
    """It would drop older samples of a source, and the audit would take their offsets for vacant ones."""
    admin.create_topics([NewTopic(topics.samples, 1, 1, topic_configs={"cleanup.policy": "compact,delete"})])
    with pytest.raises(ConflictError, match=rf"{topics.samples} has cleanup.policy=compact,delete.*set its"):
        ensure_topics(stack.kafka_bootstrap, topics, partitions=1)


def test_retention_that_somebody_set_stays(stack: Any, admin: KafkaAdminClient, topics: Topics) -> None:
    """Whoever keeps samples for a year has a reason; but what is derived from long samples must fit."""
    chosen = {"retention.ms": "31536000000", "max.message.bytes": "3000000"}
    admin.create_topics([NewTopic(name, 1, 1, topic_configs=chosen) for name in topics.all])
    ensure_topics(stack.kafka_bootstrap, topics, partitions=1)
    assert settings(admin, topics.samples) == chosen
    assert settings(admin, topics.rejected) == {**chosen, "max.message.bytes": "24000000"}


def test_a_sample_that_is_too_long_is_refused_to_its_producer(stack: Any, topics: Topics) -> None:
    """There somebody can mend it; a topic derived from it, which takes more, would stop all that come after it."""
    ensure_topics(stack.kafka_bootstrap, topics, partitions=1)
    long = os.urandom(1_500_000)  # nothing to compress
    with closing(KafkaProducer(bootstrap_servers=stack.kafka_bootstrap, max_request_size=2_000_000)) as producer:
        producer.send(topics.rejected, long).get(60)
        with pytest.raises(MessageSizeTooLargeError):
            producer.send(topics.samples, long).get(60)


def test_records_that_retention_takes_meanwhile_are_not_vacant(
    stack: Any, admin: KafkaAdminClient, topics: Topics
) -> None:
    """Nothing proves that none stood there."""
    ensure_topics(stack.kafka_bootstrap, topics, partitions=1)
    with SampleProducer(topics.project, bootstrap=stack.kafka_bootstrap) as producer:
        for number in range(10):
            producer.send({"source": "a", "sample_id": str(number)})
    at = TopicPartition(topics.samples, 0)
    with closing(module._reader(stack.kafka_bootstrap)) as consumer:
        consumer.assign([at])
        admin.delete_records({at: 5})
        assert module._empty_until(consumer, at, 0, 9) == -1
