"""Connections to PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError

from schemas.errors import UnavailableError
from storage.settings import StorageSettings


def open_engine(settings: StorageSettings, *, pool_size: int = 5) -> Engine:
    """Return an engine on the project database; it connects at first use and drops dead connections."""
    url = settings.database_url.get_secret_value().replace("postgresql://", "postgresql+psycopg://", 1)
    return create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True)


@contextmanager
def lost_connections_named() -> Iterator[None]:
    """Turn a lost connection into an UnavailableError that says what to do."""
    try:
        yield
    except DBAPIError as error:
        if not error.connection_invalidated and "connection" not in str(error.orig):
            raise
        raise UnavailableError("PostgreSQL does not answer: run `assay status`, then `assay up`.") from error
