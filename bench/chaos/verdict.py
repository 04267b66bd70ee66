"""What should have come of the records, by the pure function alone, and what did."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from pydantic_core import from_json
from sqlalchemy import Engine, text

from quality.frames import Frame, Record
from quality.screening import screen
from quality.state import State
from storage.lake import Lake
from storage.projects import Project

Place = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Of each kind of outcome: how many records, how many of them are missing, too many, or there more than once."""

    expected: int
    lost: int
    doubled: int
    unexpected: int


def verdicts(project: Project, *, bootstrap: str, engine: Engine, lake: Lake) -> dict[str, Verdict]:
    """Compare stores and topics with what one undisturbed pass over each partition gives.

    A topic may hold an event twice: its readers go by the origin. So in topics only what is missing counts.
    """
    accepted, rejected, selected = _expected(project, bootstrap)
    name, topics = project.config.name, project.topics
    return {
        "accepted": _verdict(accepted, set(_origins(bootstrap, topics.accepted))),
        "rejected": _verdict(rejected, set(_origins(bootstrap, topics.rejected))),
        "tasks": _verdict(selected, _tasks(engine, name)),
        "lake samples": _verdict(accepted, _rows(lake.samples(name, ("partition", "offset")))),
        "lake dead letters": _verdict(rejected, _rows(lake.dead_letters(name, ("partition", "offset")))),
    }


def repeated(project: Project, bootstrap: str) -> int:
    """Return how many events the accepted and rejected topics hold more than once."""
    topics = (project.topics.accepted, project.topics.rejected)
    return sum(number - 1 for topic in topics for number in Counter(_origins(bootstrap, topic)).values())


def _verdict(expected: set[Place], found: Iterable[Place]) -> Verdict:
    counted = Counter(found)
    return Verdict(
        expected=len(expected),
        lost=len(expected - counted.keys()),
        doubled=sum(number - 1 for number in counted.values()),
        unexpected=len(counted.keys() - expected),
    )


def _expected(project: Project, bootstrap: str) -> tuple[set[Place], set[Place], set[Place]]:
    """Screen each partition in one pass; return where what was accepted, rejected and selected stands."""
    accepted: set[Place] = set()
    rejected: set[Place] = set()
    selected: set[Place] = set()
    for number, records in _records(bootstrap, project.topics.samples).items():
        frame = Frame.of(project.topics.samples, number, records)
        outcome = screen(frame, State(), project.screening)
        accepted |= {(number, frame.offsets[place]) for place in outcome.accepted}
        rejected |= {(number, frame.offsets[place]) for place in outcome.rejected}
        selected |= {(number, frame.offsets[place]) for place in outcome.tasks}
    return accepted, rejected, selected


def _records(bootstrap: str, topic: str) -> Mapping[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for read in _read(bootstrap, topic):
        record = Record(
            offset=read.offset, key=read.key, value=read.value, headers=tuple(read.headers), timestamp=read.timestamp
        )
        found.setdefault(read.partition, []).append(record)
    return found


def _origins(bootstrap: str, topic: str) -> list[Place]:
    origins = (from_json(read.value)["origin"] for read in _read(bootstrap, topic))
    return [(origin["partition"], origin["offset"]) for origin in origins]


def _read(bootstrap: str, topic: str) -> Iterable[Any]:
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", max_partition_fetch_bytes=10_000_000
    )
    places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    while any(consumer.position(at) < ends[at] for at in places):
        for batch in consumer.poll(timeout_ms=1000, max_records=5000).values():
            yield from batch
    consumer.close()


def _tasks(engine: Engine, project: str) -> list[Place]:
    query = text('SELECT "partition", "offset" FROM tasks WHERE project = :project')
    with engine.connect() as connection:
        return [(partition, offset) for partition, offset in connection.execute(query, {"project": project})]


def _rows(table: Any) -> list[Place]:
    return list(zip(table.column("partition").to_pylist(), table.column("offset").to_pylist(), strict=True))
