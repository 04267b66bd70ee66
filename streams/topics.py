"""A project's topics on the broker: making them, and how far each partition reaches."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, OffsetOutOfRangeError, TopicAlreadyExistsError

from quality.frames import Record
from quality.ledger import Range
from schemas.errors import ConflictError, UnavailableError
from schemas.topics import Topics
from streams.producer import BOOTSTRAP_MS

# Kafka's word for "as the broker is configured": one on the embedded broker, three on most others.
BROKER_DEFAULT = -1

# What a broker that keeps other people's topics too may have set otherwise, for all topics at once. A worker may be
# away for a fortnight before a record is gone; what was screened is in the lake and in PostgreSQL by then.
KEPT_DAYS = 14
KEPT = {
    "cleanup.policy": "delete",  # compaction would drop samples of a source that nobody has screened yet
    "retention.ms": str(KEPT_DAYS * 24 * 60 * 60 * 1000),
    "retention.bytes": "-1",  # what has not been read yet does not leave because there is much of it
}

# The longest batch of samples. A single record of it, as bytes that no rule accepts, becomes a dead letter that is a
# third longer and names its violations; one whose numbers are written out becomes an accepted sample a few times as
# long. A derived topic that refused either would stop its partition for ever.
SAMPLES_BYTES = 1 << 20
OUTPUT_TIMES = 8
LONGEST = "max.message.bytes"

# The broker may take this many steps, of milliseconds each, before the absence of a record counts as unproved.
SILENT_STEPS, STEP_MS = 50, 100


def ensure_topics(bootstrap: str, topics: Topics, *, partitions: int) -> None:
    """Make the topics that are missing, each with `partitions`, and let what is derived from samples be long enough.

    Retention of a topic that exists stays as somebody set it.

    Raises:
        ConflictError: a topic exists with another number of partitions, or is compacted.
        UnavailableError: the broker does not answer.
    """
    with _broker(bootstrap), closing(KafkaAdminClient(**_at(bootstrap))) as admin:
        present = set(admin.list_topics())
        for name in topics.all:
            if name not in present:
                _create(admin, NewTopic(name, partitions, BROKER_DEFAULT, topic_configs=_settings(topics, name)))
        _check_settings(admin, topics)
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


def _settings(topics: Topics, name: str) -> dict[str, str]:
    longest = SAMPLES_BYTES if name == topics.samples else SAMPLES_BYTES * OUTPUT_TIMES
    return {**KEPT, LONGEST: str(longest)}


def _check_settings(admin: KafkaAdminClient, topics: Topics) -> None:
    """Refuse compacted topics; raise the limit of a derived one that could not hold what samples may become."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics.all]
    found = admin.describe_configs(resources, config_filter="all")["topic"]
    for name in topics.all:
        if "compact" in (policy := found[name]["cleanup.policy"]["value"]):
            raise ConflictError(
                f"The topic {name} has cleanup.policy={policy}, which drops records that nobody has read yet: set its "
                "cleanup.policy to delete, with kafka-configs or your provider's console, or give the project another "
                "name."
            )
    needed = int(found[topics.samples][LONGEST]["value"]) * OUTPUT_TIMES
    short = [name for name in topics.all if name != topics.samples and int(found[name][LONGEST]["value"]) < needed]
    _raise_limit(admin, short, needed)


def _raise_limit(admin: KafkaAdminClient, names: Sequence[str], needed: int) -> None:
    if not names:
        return
    raised = [ConfigResource(ConfigResourceType.TOPIC, name, {LONGEST: str(needed)}) for name in names]
    answers = admin.alter_configs(raised)["topic"]
    refused = [f"{name} ({answers[name]})" for name in names if answers[name] != "OK"]
    if refused:
        raise ConflictError(
            f"Kafka does not let us set {LONGEST} of {', '.join(refused)}: set it to {needed} or more, "
            f"{OUTPUT_TIMES} times that of the samples, so that a dead letter always fits."
        )


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


def records_at(bootstrap: str, topic: str, wanted: Mapping[int, int]) -> dict[int, Record]:
    """Return the records that stand at one offset of each partition; those that left by retention are missing."""
    found: dict[int, Record] = {}
    with _broker(bootstrap), closing(_reader(bootstrap)) as consumer:
        kept_from = consumer.beginning_offsets([TopicPartition(topic, partition) for partition in wanted])
        asked = {at: wanted[at.partition] for at, first in kept_from.items() if first <= wanted[at.partition]}
        consumer.assign(list(asked))
        for at, offset in asked.items():
            consumer.seek(at, offset)
        for _ in range(SILENT_STEPS):
            for at, records in consumer.poll(timeout_ms=STEP_MS).items():
                found |= {one.partition: record_of(one) for one in records if one.offset == asked[at]}
                consumer.pause(at)
            if all(consumer.position(at) > offset for at, offset in asked.items()):
                break
    return found


def records_since(bootstrap: str, topic: str, partition: int, first: int) -> Iterator[Record]:
    """Yield the committed records of a partition from an offset up to its present end.

    Raises:
        UnavailableError: some of it cannot be read yet.
    """
    at = TopicPartition(topic, partition)
    _, end = offsets(bootstrap, topic)[partition]
    with _broker(bootstrap), closing(_reader(bootstrap)) as consumer:
        consumer.assign([at])
        consumer.seek(at, max(first, consumer.beginning_offsets([at])[at]))
        silent = 0
        while consumer.position(at) < end:
            records = consumer.poll(timeout_ms=STEP_MS).get(at, ())
            yield from map(record_of, records)
            silent = 0 if records else silent + 1
            if silent > SILENT_STEPS:
                raise UnavailableError(
                    f"{topic}-{partition} cannot be read up to its end, {end}: a producer's transaction is open. "
                    "Try again when it has ended."
                )


def record_of(read: Any) -> Record:
    """Return what kafka-python read as a record."""
    return Record(
        offset=read.offset, key=read.key, value=read.value, headers=tuple(read.headers), timestamp=read.timestamp
    )


def _empty_until(consumer: KafkaConsumer, at: TopicPartition, first: int, last: int) -> int:
    """Return the last offset up to which no record stands from `first` on; below `first` where nothing is proved.

    The reader moves past markers and aborted records without showing them, so it is looked at in short steps. Where
    retention overtakes it nothing is proved: what stood there is gone.
    """
    consumer.seek(at, first)
    for _ in range(SILENT_STEPS):
        try:
            records = consumer.poll(timeout_ms=STEP_MS, max_records=1).get(at)
        except OffsetOutOfRangeError:
            break
        if records:
            return min(last, int(records[0].offset) - 1)
        if consumer.position(at) > last:
            return last
    return first - 1


def _reader(bootstrap: str) -> KafkaConsumer:
    # With a reset it would jump over records that retention deletes meanwhile, which would then count as absent.
    return KafkaConsumer(
        **_at(bootstrap), enable_auto_commit=False, isolation_level="read_committed", auto_offset_reset="none"
    )


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
