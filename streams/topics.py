"""A project's topics on the broker: making them, and how far each partition reaches."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from quality.ledger import Range
from schemas.errors import ConflictError, UnavailableError
from schemas.topics import Topics
from streams.producer import BOOTSTRAP_MS

# Kafka's word for "as the broker is configured": one on the embedded broker, three on most others.
BROKER_DEFAULT = -1

# The broker may take this many steps, of milliseconds each, before the absence of a record counts as unproved.
SILENT_STEPS, STEP_MS = 50, 100


def ensure_topics(bootstrap: str, topics: Topics, *, partitions: int) -> None:
    """Make the topics that are missing, each with `partitions`.

    Raises:
        ConflictError: a topic exists with another number of partitions.
        UnavailableError: the broker does not answer.
    """
    with _broker(bootstrap), closing(KafkaAdminClient(**_at(bootstrap))) as admin:
        present = set(admin.list_topics())
        for name in topics.all:
            if name not in present:
                _create(admin, NewTopic(name, partitions, BROKER_DEFAULT))
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
    with _broker(bootstrap), closing(KafkaConsumer(**_at(bootstrap))) as consumer:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        first, end = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
        return {at.partition: (first[at], end[at]) for at in partitions}


def vacant(bootstrap: str, topic: str, ranges: Mapping[int, Sequence[Range]]) -> dict[int, list[Range]]:
    """Return the parts of `ranges`, by partition, in which the broker holds no committed record."""
    asked = {partition: of_partition for partition, of_partition in ranges.items() if of_partition}
    found: dict[int, list[Range]] = {partition: [] for partition in asked}
    with _broker(bootstrap), closing(_reader(bootstrap)) as consumer:
        for partition, of_partition in asked.items():
            at = TopicPartition(topic, partition)
            consumer.assign([at])
            kept_from = consumer.beginning_offsets([at])[at]
            for first, last in of_partition:
                if first >= kept_from and (empty := _empty_until(consumer, at, first, last)) >= first:
                    found[partition].append((first, empty))
    return found


def holds_any(bootstrap: str, topic: str, partition: int, between: Range) -> bool:
    """Say whether the broker holds a committed record at any of the offsets, the last included."""
    at = TopicPartition(topic, partition)
    with _broker(bootstrap), closing(_reader(bootstrap)) as consumer:
        consumer.assign([at])
        first, last = max(between[0], consumer.beginning_offsets([at])[at]), between[1]
        return first <= last and _empty_until(consumer, at, first, last) < last


def _empty_until(consumer: KafkaConsumer, at: TopicPartition, first: int, last: int) -> int:
    """Return the last offset up to which no record stands from `first` on; below `first` where nothing is proved.

    The reader moves past markers and aborted records without showing them, so it is looked at in short steps.
    """
    consumer.seek(at, first)
    for _ in range(SILENT_STEPS):
        records = consumer.poll(timeout_ms=STEP_MS, max_records=1).get(at)
        if records:
            return min(last, int(records[0].offset) - 1)
        if consumer.position(at) > last:
            return last
    return first - 1


def _reader(bootstrap: str) -> KafkaConsumer:
    return KafkaConsumer(**_at(bootstrap), enable_auto_commit=False, isolation_level="read_committed")


def lag(bootstrap: str, group: str, topic: str) -> Mapping[int, int]:
    """Return how many records of each partition the group has yet to commit."""
    ends = offsets(bootstrap, topic)
    with (
        _broker(bootstrap),
        closing(KafkaConsumer(**_at(bootstrap), group_id=group, enable_auto_commit=False)) as consumer,
    ):
        return {
            number: end - max(first, consumer.committed(TopicPartition(topic, number)) or 0)
            for number, (first, end) in ends.items()
        }


def _at(bootstrap: str) -> dict[str, Any]:
    return {"bootstrap_servers": bootstrap, "bootstrap_timeout_ms": BOOTSTRAP_MS}


@contextmanager
def _broker(bootstrap: str) -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        raise UnavailableError(
            f"Kafka at {bootstrap} does not answer ({error}): run `assay status`, and `assay up` if it is down."
        ) from error
