"""What tests of the database have in common."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from storage.testing import fresh_engine


@pytest.fixture(scope="module")
def engine(stack: Any) -> Iterator[Engine]:
    """A migrated database; each test has a project of its own in it."""
    with fresh_engine(stack.database_url) as engine:
        yield engine
