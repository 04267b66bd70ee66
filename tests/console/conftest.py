"""What tests of the API and of the pages have in common."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from console import testing_pages
from console.testing import Site, serving
from console.testing_pages import House
from storage.testing import fresh_database

# A machine that does other things besides draws a page late; what is expected never comes, or comes within this time.
expect.set_options(timeout=30_000)


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium; without one this fails, and says what to install."""
    with testing_pages.browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def served(browser: Browser, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One console for the whole file, since starting it takes seconds."""
    with testing_pages.serving(browser, database, tmp_path_factory.mktemp("project")) as house:
        yield house


@pytest.fixture
def house(served: House) -> Iterator[House]:
    """The console with an empty queue and no page open."""
    with served.engine.begin() as connection:
        connection.execute(text("TRUNCATE tasks CASCADE"))
    with served.contexts.pop_all():
        yield served
    served.contexts.close()
