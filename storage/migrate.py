"""Bring the database to what `storage.tables` says."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import func, select

from storage.database import lost_connections_named, open_engine
from storage.settings import StorageSettings

STEPS = Path(__file__).parent / "migrations"
# The advisory lock that lets one process migrate while the others wait.
MIGRATING = 0x0A55A3


@lost_connections_named()
def migrate(settings: StorageSettings, to: str = "head") -> None:
    """Apply the migrations that the database lacks; safe to repeat and to run from several processes at once."""
    with _config(settings) as config:
        command.upgrade(config, to)


@lost_connections_named()
def draft(settings: StorageSettings, message: str) -> Path:
    """Write a new migration: what the tables say and a migrated database lacks. Read it before you keep it."""
    number = f"{len(list(STEPS.glob('versions/[0-9]*.py'))) + 1:04}"
    with _config(settings) as config:
        command.revision(config, message=message, autogenerate=True, rev_id=number)
    return next(STEPS.glob(f"versions/{number}_*.py"))


@contextmanager
def _config(settings: StorageSettings) -> Iterator[Config]:
    engine = open_engine(settings)
    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        with engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
            config.attributes["connection"] = connection
            yield config
    finally:
        engine.dispose()
