"""Sessions of people who signed in with a browser: rows here, of which the browser holds a random id."""

import secrets
from datetime import timedelta

from sqlalchemy import Connection, Engine, and_, delete, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from storage.account_tables import SessionRow
from storage.database import lost_connections_named
from storage.labelers import NOTICED, Labeler, digest, enabled
from storage.tables import LabelerRow
from storage.trail import Action, note

# 256 bits: nobody guesses one.
ID_BYTES = 32
# For so long a browser is known again by the session that it had.
REMEMBERED = timedelta(days=30)


def open_session(connection: Connection, labeler: Labeler, lifetime: timedelta, former: str | None) -> str:
    """Write a session of at most `lifetime`, end the one that the browser had before, and return the new id."""
    secret = secrets.token_urlsafe(ID_BYTES)
    row = {"session_sha256": digest(secret), "labeler_id": labeler.labeler_id, "expires_at": func.now() + lifetime}
    connection.execute(insert(SessionRow).values(row))
    if former is not None:
        _end(connection, SessionRow.session_sha256 == digest(former))
    connection.execute(delete(SessionRow).where(SessionRow.expires_at < func.now() - REMEMBERED))
    return secret


@lost_connections_named()
def by_session(
    engine: Engine, project: str, secret: str, idle: timedelta, origin: str | None = None, *, used: bool = True
) -> Labeler | None:
    """Return whose session this is in `project`, if it stands; its last use is written, now and then.

    It has ended when it was not used for `idle`, a minute more or less. Without `used` this is no use of it.
    """
    unnoticed = (SessionRow.seen_at < func.now() - NOTICED).label("unnoticed")
    found = select(LabelerRow.__table__, unnoticed).join(SessionRow, SessionRow.labeler_id == LabelerRow.labeler_id)
    mine = SessionRow.session_sha256 == digest(secret)
    live = and_(_standing(), SessionRow.seen_at > func.now() - idle)
    with engine.connect() as connection:
        row = connection.execute(found.where(mine, live, LabelerRow.project == project, enabled())).one_or_none()
        if row is None:
            return None
        if row.unnoticed and used:
            connection.execute(update(SessionRow).where(mine).values(seen_at=func.now()))
            connection.commit()
    return Labeler.of(row, origin)


@lost_connections_named()
def sign_out(engine: Engine, labeler: Labeler, secret: str) -> None:
    """End this session."""
    with engine.begin() as connection:
        _end(connection, SessionRow.session_sha256 == digest(secret))
        note(connection, labeler.project, labeler.author, Action.SIGNED_OUT, labeler.name)


@lost_connections_named()
def sign_out_everywhere(engine: Engine, labeler: Labeler) -> None:
    """End every session of the labeler."""
    with engine.begin() as connection:
        end_all(connection, labeler.labeler_id)
        note(connection, labeler.project, labeler.author, Action.SIGNED_OUT_EVERYWHERE, labeler.name)


def end_all(connection: Connection, labeler_id: int) -> None:
    """End every session of a labeler in the caller's transaction."""
    _end(connection, SessionRow.labeler_id == labeler_id)


@lost_connections_named()
def had_session(engine: Engine, project: str, name: str, secret: str) -> bool:
    """Say whether this was a session of the account of that name, ended or not."""
    found = select(SessionRow.labeler_id).join(LabelerRow, LabelerRow.labeler_id == SessionRow.labeler_id)
    its = (LabelerRow.project == project, LabelerRow.name == name, SessionRow.session_sha256 == digest(secret))
    recent = SessionRow.opened_at > func.now() - REMEMBERED
    with engine.connect() as connection:
        return connection.execute(found.where(*its, recent)).one_or_none() is not None


def _standing() -> ColumnElement[bool]:
    return and_(SessionRow.ended_at.is_(None), SessionRow.expires_at > func.now())


def _end(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(update(SessionRow).where(which, SessionRow.ended_at.is_(None)).values(ended_at=func.now()))
