"""Migrations lead to the tables that the code speaks of."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Engine, inspect

from schemas.errors import UnavailableError
from storage.migrate import migrate
from storage.settings import StorageSettings
from storage.tables import Base
from storage.testing import fresh_engine


@pytest.fixture(scope="module")
def engine(stack: Any) -> Iterator[Engine]:
    """A migrated database."""
    with fresh_engine(stack.database_url) as engine:
        yield engine


def test_the_migrated_schema_is_what_the_tables_say(engine: Engine) -> None:
    """Else draft a migration with `python -m storage MESSAGE`; before the first release, draft 0001 anew."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_migrating_again_and_from_several_processes_changes_nothing(engine: Engine) -> None:
    """Every process of a stack may do it when it starts."""
    settings = StorageSettings(database_url=SecretStr(engine.url.render_as_string(hide_password=False)))
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(migrate, [settings] * 4)) == [None] * 4


def test_a_database_that_does_not_answer_is_named() -> None:
    """With what to do about it, not with a driver's traceback."""
    with pytest.raises(UnavailableError, match="assay up"):
        migrate(StorageSettings(database_url=SecretStr("postgresql://postgres@127.0.0.1:1/postgres")))
