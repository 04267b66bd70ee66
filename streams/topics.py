"""A project's topics on the broker: making them, and how far each partition reaches."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from schemas.errors import ConflictError, UnavailableError
from schemas.topics import Topics

# Kafka's word for "as the broker is configured": one on the embedded broker, three on most others.
BROKER_DEFAULT = -1


def ensure_topics(bootstrap: str, topics: Topics, *, partitions: int) -> None:
    """Make the topics that are missing, each with `partitions`.

    Raises:
        ConflictError: a topic exists with another number of partitions.
        UnavailableError: the broker does not answer.
    """
    with _broker(bootstrap):
        admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        try:
            present = set(admin.list_topics())
            for name in topics.all:
                if name not in present:
                    _create(admin, NewTopic(name, partitions, BROKER_DEFAULT))
        finally:
            admin.close()
    for name in topics.all:
        found = len(offsets(bootstrap, name))
        if found != partitions:
            raise ConflictError(
                f"The topic {name} has {found} partitions and the project wants {partitions}: set `partitions` in "
                f"project.toml to {found}, or give the project another name."
            )


def _create(admin: KafkaAdminClient, topic: NewTopic) -> None:
    try:
        admin.create_topics([topic], wait_for_metadata=True)
    except TopicAlreadyExistsError:  # another worker was faster
        return


def offsets(bootstrap: str, topic: str) -> dict[int, tuple[int, int]]:
    """Return the first kept offset and the end offset of each partition of `topic`; empty where it is missing."""
    with _broker(bootstrap):
        consumer = KafkaConsumer(bootstrap_servers=bootstrap)
        try:
            partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            first, end = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
            return {at.partition: (first[at], end[at]) for at in partitions}
        finally:
            consumer.close()


def lag(bootstrap: str, group: str, topic: str) -> Mapping[int, int]:
    """Return how many records of each partition the group has yet to commit."""
    ends = offsets(bootstrap, topic)
    with _broker(bootstrap):
        consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
        try:
            return {
                number: end - max(first, consumer.committed(TopicPartition(topic, number)) or 0)
                for number, (first, end) in ends.items()
            }
        finally:
            consumer.close()


@contextmanager
def _broker(bootstrap: str) -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        raise UnavailableError(
            f"Kafka at {bootstrap} does not answer ({error}): run `assay status`, and `assay up` if it is down."
        ) from error
