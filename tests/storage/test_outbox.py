"""The outbox: at least once, in order, confirmed before it is forgotten."""

from collections.abc import Iterator, Sequence
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from storage.outbox import Message, depth, relay
from storage.tables import OutboxRow
from storage.testing import fresh_engine


@pytest.fixture
def engine(stack: Any) -> Iterator[Engine]:
    """A migrated database whose outbox holds five events."""
    with fresh_engine(stack.database_url) as engine:
        with engine.begin() as connection:
            rows = [{"topic": "p.labels", "key": b"k", "value": str(number).encode()} for number in range(5)]
            connection.execute(insert(OutboxRow), rows)
        yield engine


def values(messages: Sequence[Message]) -> list[bytes]:
    """Return what the messages say."""
    return [message.value for message in messages]


def test_events_are_sent_in_order_in_batches_and_then_forgotten(engine: Engine) -> None:
    """Zero means that nothing waits."""
    sent: list[Message] = []
    assert [relay(engine, sent.extend, batch=2) for _ in range(4)] == [2, 2, 1, 0]
    assert values(sent) == [b"0", b"1", b"2", b"3", b"4"]
    assert depth(engine) == 0


def test_a_relay_that_dies_between_sending_and_deleting_sends_again(engine: Engine) -> None:
    """Nothing is lost, and the order of the second time is that of the first."""
    sent: list[Message] = []

    def send_and_die(messages: Sequence[Message]) -> None:
        sent.extend(messages)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        relay(engine, send_and_die, batch=3)
    assert depth(engine) == 5
    relay(engine, sent.extend)
    assert values(sent) == [b"0", b"1", b"2", b"0", b"1", b"2", b"3", b"4"]


def test_a_connection_lost_while_sending_leaves_the_events(engine: Engine) -> None:
    """The database takes the lock back by itself, so the next relay can work."""

    def send_and_lose(messages: Sequence[Message]) -> None:
        del messages
        with engine.connect() as admin:
            admin.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )

    with pytest.raises(Exception, match="PostgreSQL does not answer"):
        relay(engine, send_and_lose)
    sent: list[Message] = []
    assert relay(engine, sent.extend) == 5


def test_a_second_relay_steps_aside(engine: Engine) -> None:
    """Two at once could overtake each other within a key."""
    inside, leave = Barrier(2, timeout=10), Barrier(2, timeout=10)

    def slow(messages: Sequence[Message]) -> None:
        del messages
        inside.wait()
        leave.wait()

    first = Thread(target=relay, args=(engine, slow))
    first.start()
    inside.wait()
    assert relay(engine, lambda messages: pytest.fail(f"sent {messages}")) == 0
    leave.wait()
    first.join(timeout=10)
    assert depth(engine) == 0
