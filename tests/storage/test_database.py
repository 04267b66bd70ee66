"""What an error of the database says, and to whom."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from storage.database import IDLE_SECONDS
from storage.testing import fresh_engine


@pytest.fixture(scope="module")
def engine(stack: Any) -> Iterator[Engine]:
    """An engine on a database of its own."""
    with fresh_engine(stack.database_url) as opened:
        yield opened


def test_an_error_does_not_tell_what_was_sent(engine: Engine) -> None:
    """Its text ends in logs, and parameters are payloads and hashes of tokens."""
    with engine.connect() as connection, pytest.raises(ProgrammingError) as failed:
        connection.execute(text("SELECT * FROM missing WHERE payload = :payload"), {"payload": "private"})
    assert "private" not in str(failed.value)


def _kill(engine: Engine) -> None:
    """End every connection of the pool, from the server's side, while it lies idle."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    others = text(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
    )
    admin = create_engine(engine.url.set(database="postgres"))
    with admin.connect() as connection:
        connection.execute(others, {"name": engine.url.database})
    admin.dispose()


def test_a_connection_that_died_while_it_lay_idle_is_replaced(engine: Engine) -> None:
    """Nobody who asks for one is told of it."""
    _kill(engine)
    time.sleep(IDLE_SECONDS)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_one_that_was_in_use_just_now_fails_one_call_and_no_more(engine: Engine) -> None:
    """It is not asked whether it lives, which would be a round trip for each claim."""
    _kill(engine)
    with pytest.raises(OperationalError), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
