"""What tests of the database have in common."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from storage.database import open_engine
from storage.settings import StorageSettings
from storage.testing import fresh_database


@pytest.fixture(scope="module")
def settings(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageSettings]:
    """A migrated database and a folder of the module's own."""
    with fresh_database(stack.database_url) as url:
        yield StorageSettings(database_url=SecretStr(url), lake=str(tmp_path_factory.mktemp("lake")))


@pytest.fixture(scope="module")
def engine(settings: StorageSettings) -> Iterator[Engine]:
    """The engine on that database, wide enough for a handful of threads; each test has a project of its own in it."""
    engine = open_engine(settings, pool_size=8)
    yield engine
    engine.dispose()
