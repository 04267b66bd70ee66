"""Migrations lead to the tables that the code speaks of."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Engine, inspect, select, text

from schemas.errors import UnavailableError
from storage.database import open_engine
from storage.migrate import migrate
from storage.settings import StorageSettings
from storage.tables import Base, ConsensusRow, GoldRow, LabelRow
from storage.testing import empty_database, fresh_engine

ANSWER = 'a "wild" cat\\, čaj'
# One task with a label, its consensus and its being gold, as they were written when answers were text.
BEFORE_JSON = """
    WITH labeler AS (
        INSERT INTO labelers (project, name, token_sha256, simulated) VALUES ('zoo', 'ada', 'x', true)
        RETURNING labeler_id
    ), task AS (
        INSERT INTO tasks (
            project, topic, partition, "offset", sample_id, sample, selection, priority, due_at, status, guideline,
            wanted, free
        ) VALUES ('zoo', 't', 0, 0, 's', '{}', '{}', 0, now(), 'settled', 1, 1, 0) RETURNING task_id
    ), assignment AS (
        INSERT INTO assignments (assignment_id, task_id, labeler_id, guideline, status, expires_at)
        SELECT gen_random_uuid(), task_id, labeler_id, 1, 'answered', now() FROM task, labeler RETURNING assignment_id
    ), label AS (
        INSERT INTO labels (label_id, assignment_id, task_id, labeler_id, answer, guideline)
        SELECT gen_random_uuid(), assignment_id, task_id, labeler_id, :answer, 1 FROM assignment, task, labeler
    ), known AS (
        INSERT INTO gold (task_id, guideline, answer, answered_under, made_by)
        SELECT task_id, 1, :answer, 1, labeler_id FROM task, labeler
    )
    INSERT INTO consensus (task_id, answer, confidence, method, votes, guideline, settled)
    SELECT task_id, :answer, 1, 'expert', '[]', 1, true FROM task
"""


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


def test_answers_of_before_are_the_same_as_json(stack: Any) -> None:
    """Those of labels, gold and consensus, whatever a class was called."""
    step = import_module("storage.migrations.versions.0010_answers")
    with empty_database(stack.database_url) as url:
        settings = StorageSettings(database_url=SecretStr(url))
        migrate(settings, step.down_revision)
        engine = open_engine(settings)
        with engine.begin() as connection:
            connection.execute(text(BEFORE_JSON), {"answer": ANSWER})
        migrate(settings)
        with engine.connect() as connection:
            found = [connection.scalars(select(row.answer)).one() for row in (LabelRow, GoldRow, ConsensusRow)]
        engine.dispose()
    assert found == [ANSWER] * 3


def test_a_database_that_does_not_answer_is_named() -> None:
    """With what to do about it, not with a driver's traceback."""
    with pytest.raises(UnavailableError, match="assay up"):
        migrate(StorageSettings(database_url=SecretStr("postgresql://postgres@127.0.0.1:1/postgres")))
