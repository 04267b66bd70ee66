"""What an error of the database says, and to whom."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

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
