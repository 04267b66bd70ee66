import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # its documented place
from pydantic import SecretStr

from infra.orphans import find_orphans
from infra.services import airflow_services, storage_services
from infra.settings import InfraSettings
from infra.stack import Stack
from infra.testing import guard

pytestmark = pytest.mark.faults

TOPIC = "kept"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return a stack of its own, since its services are killed, holding one row and one record."""
    stack = Stack(InfraSettings(var=tmp_path_factory.mktemp("services")))
    try:
        stack.start([guard(), *storage_services(stack)])
        write(stack)
        yield stack
    finally:
        stack.stop()


def write(stack: Stack) -> None:
    """Store one row and one record."""
    with psycopg.connect(stack.addresses.database_url.get_secret_value()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    address: dict[str, str | int | float | bool] = {"bootstrap.servers": stack.addresses.kafka_bootstrap}
    admin = AdminClient(address)
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(timeout=10)
    producer = Producer({**address, "acks": "all"})
    producer.produce(TOPIC, b"seven")
    assert producer.flush(10) == 0


def row(stack: Stack) -> object:
    """Return what PostgreSQL kept."""
    with psycopg.connect(stack.addresses.database_url.get_secret_value()) as connection:
        return connection.execute("SELECT number FROM kept").fetchone()


def record(stack: Stack) -> bytes | None:
    """Return what Kafka kept."""
    address = stack.addresses.kafka_bootstrap
    consumer = Consumer({"bootstrap.servers": address, "group.id": str(uuid4()), "auto.offset.reset": "earliest"})
    consumer.subscribe([TOPIC])
    try:
        message = consumer.poll(20)
        return message.value() if message else None
    finally:
        consumer.close()


def kill(stack: Stack, name: str) -> None:
    """Kill a program's process, as the kernel does when memory is short."""
    pids = {status.name: status.pid for status in stack.status()}
    os.kill(pids[name] or 0, signal.SIGKILL)


@pytest.mark.parametrize("name", ["kafka", "postgres"])
def test_a_killed_service_comes_back_with_its_data(services: Stack, name: str) -> None:
    """Nothing that was acknowledged is lost, and nobody needs to do anything."""
    kill(services, name)
    for program in storage_services(services):
        services.wait_ready(program)
    assert (row(services), record(services)) == ((7,), b"seven")


def test_a_stack_whose_supervisor_was_killed_starts_again_with_its_data(services: Stack) -> None:
    """Kafka and PostgreSQL were still running then, without anybody to watch them."""
    os.kill(int((services.settings.var / "run/supervisord.pid").read_text(encoding="utf-8")), signal.SIGKILL)
    services.start(storage_services(services))
    assert (row(services), record(services)) == ((7,), b"seven")


def test_everything_killed_at_once_starts_again_with_its_data(services: Stack) -> None:
    """As after a power cut, but for the page cache."""
    for process in find_orphans(services.settings.var):
        with suppress(psutil.NoSuchProcess):  # it died with its parent
            process.kill()
    services.start(storage_services(services))
    assert (row(services), record(services)) == ((7,), b"seven")


def test_stop_leaves_no_process_and_the_data(services: Stack) -> None:
    """What was stopped in order starts where it was, at the same addresses."""
    before = services.addresses
    services.stop()
    assert find_orphans(services.settings.var) == []
    again = Stack(services.settings)
    again.start(storage_services(again))
    assert again.addresses == before
    assert (row(again), record(again)) == ((7,), b"seven")


def test_topics_are_not_made_by_mistake(services: Stack) -> None:
    """A mistyped name must not become a topic with one partition."""
    producer = Producer({"bootstrap.servers": services.addresses.kafka_bootstrap, "message.timeout.ms": 2000})
    producer.produce("mistyped", b"lost")
    producer.flush(5)
    assert set(producer.list_topics(timeout=5).topics) >= {TOPIC}
    assert "mistyped" not in producer.list_topics(timeout=5).topics


def test_services_that_run_elsewhere_are_not_started(tmp_path: Path) -> None:
    """A variable for each says where."""
    outside = Stack(
        InfraSettings(
            var=tmp_path,
            kafka_bootstrap="k:9092",
            database_url=SecretStr("postgresql://d/a"),
            airflow_url=SecretStr("http://a"),
        )
    )
    assert storage_services(outside) + airflow_services(outside) == []
