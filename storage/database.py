"""Connections to PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError

from schemas.errors import UnavailableError
from storage.settings import StorageSettings

# A server that does not answer at all within this time counts as away.
CONNECT_SECONDS = 10
# Classes of SQLSTATE: broken connections; a full disk, no memory, too many connections.
BROKEN, LACKING = "08", "53"
# SQLSTATEs of a server that is going down, was killed, or is starting up.
AWAY = ("57P01", "57P02", "57P03")


def open_engine(settings: StorageSettings, *, pool_size: int = 5) -> Engine:
    """Return an engine on the project database; it connects at first use and drops dead connections."""
    url = settings.database_url.get_secret_value().replace("postgresql://", "postgresql+psycopg://", 1)
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )


@contextmanager
def lost_connections_named() -> Iterator[None]:
    """Turn a lost connection, or a server that lacks room, into an UnavailableError that says what to do."""
    try:
        yield
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if state.startswith(LACKING):
            raise UnavailableError(f"PostgreSQL lacks room ({error.orig}): free disk or memory.") from error
        if not error.connection_invalidated and not _is_lost(error, state):
            raise
        raise UnavailableError("PostgreSQL does not answer: run `assay status`, then `assay up`.") from error


def _is_lost(error: DBAPIError, state: str) -> bool:
    """Say whether the connection failed, and not the statement."""
    return isinstance(error.orig, psycopg.OperationalError) and (not state or state.startswith(BROKEN) or state in AWAY)
