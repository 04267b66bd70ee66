"""Connections to PostgreSQL."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any

import psycopg
from pydantic_core import from_json
from sqlalchemy import ARRAY, URL, BigInteger, ColumnElement, Engine, any_, cast, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidatePoolError
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.pool import ConnectionPoolEntry

from schemas.errors import InputError, UnavailableError
from storage.settings import StorageSettings

# A server that does not answer at all within this time counts as away.
CONNECT_SECONDS = 10
# A connection that was used so lately is not asked whether it lives: that is a round trip, which a claim is itself.
IDLE_SECONDS = 1.0
# Classes of SQLSTATE: broken connections; a full disk, no memory, too many connections.
BROKEN, LACKING = "08", "53"
# The SQLSTATE of a database that nobody has prepared.
UNDEFINED_TABLE = "42P01"
# SQLSTATEs of a server that is going down, was killed, or is starting up.
AWAY = ("57P01", "57P02", "57P03")


def open_engine(settings: StorageSettings, *, pool_size: int = 5) -> Engine:
    """Return an engine on the project database; it connects at first use and drops connections found dead.

    Only those are asked whether they live that lay idle: one that dies while in use fails the call, as it would anyway.

    Raises:
        InputError: the setting is no URL of a PostgreSQL database.
    """
    engine = create_engine(
        _url(settings),
        pool_size=pool_size,
        max_overflow=pool_size,
        hide_parameters=True,  # an error's text goes into logs, and parameters are payloads and hashes of tokens
        connect_args={"connect_timeout": CONNECT_SECONDS},
        json_deserializer=from_json,  # in half of the time that json.loads takes
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_ping_idle, engine))
    return engine


def _note_use(_: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = monotonic()


def _ping_idle(engine: Engine, connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    if monotonic() - record.info.get("used", monotonic()) < IDLE_SECONDS:
        return
    try:
        engine.dialect.do_ping(connection)
    except psycopg.OperationalError as error:
        raise InvalidatePoolError from error


def _url(settings: StorageSettings) -> URL:
    """Return the database's URL, with the driver that we bring."""
    try:
        url = make_url(settings.database_url.get_secret_value())
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        raise InputError(
            "ASSAY_DATABASE_URL is no URL of a PostgreSQL database: set it to postgresql://USER:PASSWORD@HOST:PORT/"
            "DATABASE, with special characters of the password percent-encoded."
        )
    return url.set(drivername="postgresql+psycopg")


def among(column: InstrumentedAttribute[int], numbers: Collection[int]) -> ColumnElement[bool]:
    """Say, of a column, whether it is one of these numbers: one parameter, however many; IN allows some 65,000."""
    return column == any_(cast(sorted(numbers), ARRAY(BigInteger)))


@contextmanager
def lost_connections_named() -> Iterator[None]:
    """Turn a lost connection, a server that lacks room, or missing tables into an UnavailableError with a remedy."""
    try:
        yield
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if state.startswith(LACKING):
            raise UnavailableError(f"PostgreSQL lacks room ({error.orig}): free disk or memory.") from error
        if state == UNDEFINED_TABLE:
            raise UnavailableError(
                "The tables of Assay are missing in this database: run `assay prepare`, which makes them."
            ) from error
        if not error.connection_invalidated and not _is_lost(error, state):
            raise
        raise UnavailableError("PostgreSQL does not answer: run `assay status`, then `assay up`.") from error


def _is_lost(error: DBAPIError, state: str) -> bool:
    """Say whether the connection failed, and not the statement."""
    return isinstance(error.orig, psycopg.OperationalError) and (not state or state.startswith(BROKEN) or state in AWAY)
