"""What tests of the API have in common."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.testing import Site, serving
from storage.testing import fresh_database


@pytest.fixture(scope="module")
def database(stack: Any) -> Iterator[str]:
    """A migrated database; each test has a project of its own in it."""
    with fresh_database(stack.database_url) as url:
        yield url


@pytest.fixture
def site(database: str, tmp_path: Path) -> Iterator[Site]:
    """A server with a project that nobody else has."""
    with serving(database, tmp_path) as site:
        yield site
