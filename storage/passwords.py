"""How people sign in: what is kept of passwords, and of the codes that serve once to choose one; nothing is hashed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Engine, Row, func, select, update

from schemas.errors import ConflictError
from storage.account_tables import PasswordRow
from storage.database import lost_connections_named
from storage.labelers import Labeler, digest, enabled
from storage.sessions import end_all, open_session
from storage.tables import LabelerRow
from storage.trail import Action, Author, note


@dataclass(frozen=True, kw_only=True)
class Known:
    """An account that may sign in, and its password's hash if it has a password."""

    labeler: Labeler
    password_hash: str | None


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A browser that wants a session: for how long at most, from where, and the session that it had before."""

    lifetime: timedelta
    origin: str | None
    former: str | None


@lost_connections_named()
def known(engine: Engine, project: str, name: str, origin: str | None) -> Known | None:
    """Return the account of that name, unless there is none, it is disabled, or it is no person's."""
    found = select(LabelerRow.__table__, PasswordRow.password_hash)
    found = found.join(PasswordRow, PasswordRow.labeler_id == LabelerRow.labeler_id)
    with engine.connect() as connection:
        row = connection.execute(
            found.where(LabelerRow.project == project, LabelerRow.name == name, enabled())
        ).one_or_none()
    return None if row is None else Known(labeler=Labeler.of(row, origin), password_hash=row.password_hash)


@lost_connections_named()
def lacking(engine: Engine, labeler: Labeler) -> bool:
    """Say whether this person has no password yet, having come in by a ticket."""
    found = select(PasswordRow.labeler_id).where(
        PasswordRow.labeler_id == labeler.labeler_id, PasswordRow.password_hash.is_(None)
    )
    with engine.connect() as connection:
        return connection.execute(found).one_or_none() is not None


@lost_connections_named()
def by_code(engine: Engine, project: str, name: str, code: str, origin: str | None) -> Labeler | None:
    """Return the account of that name, if this is its code and still serves."""
    found = select(LabelerRow.__table__).join(PasswordRow, PasswordRow.labeler_id == LabelerRow.labeler_id)
    found = found.where(LabelerRow.project == project, LabelerRow.name == name, enabled())
    serves = (PasswordRow.code_sha256 == digest(code), PasswordRow.code_expires_at > func.now())
    with engine.connect() as connection:
        row = connection.execute(found.where(*serves)).one_or_none()
    return None if row is None else Labeler.of(row, origin)


@lost_connections_named()
def sign_in(engine: Engine, known: Known, visit: Visit) -> str:
    """Open a session for who gave the right password, and return its id.

    Raises:
        ConflictError: the password was changed, or the account disabled, since it was looked up.
    """
    with engine.begin() as connection:
        _lock(connection, known.labeler, lambda row: row.password_hash == known.password_hash)
        note(connection, known.labeler.project, known.labeler.author, Action.SIGNED_IN, known.labeler.name)
        return open_session(connection, known.labeler, visit.lifetime, visit.former)


@lost_connections_named()
def choose(engine: Engine, labeler: Labeler, new_hash: str, visit: Visit, *, instead_of: str | None) -> str:
    """Keep a new password's hash in place of a hash or a code, end every session, open one, and return its id.

    A ticket that waits serves no more. With `instead_of` None it must be the account's first password.

    Raises:
        ConflictError: what it replaces serves no more: it was replaced, or the account disabled, meanwhile.
    """
    with engine.begin() as connection:
        _lock(connection, labeler, lambda row: _serves(row, instead_of))
        void = ("code_sha256", "code_expires_at", "ticket_sha256", "ticket_expires_at")
        values = {"password_hash": new_hash, **dict.fromkeys(void)}
        connection.execute(update(PasswordRow).where(PasswordRow.labeler_id == labeler.labeler_id).values(values))
        end_all(connection, labeler.labeler_id)
        note(connection, labeler.project, labeler.author, Action.PASSWORD_CHOSEN, labeler.name)
        return open_session(connection, labeler, visit.lifetime, visit.former)


@lost_connections_named()
def rehash(engine: Engine, known: Known, new_hash: str) -> Known:
    """Keep another hash of the same password, unless it was changed meanwhile."""
    row = PasswordRow
    same = (row.labeler_id == known.labeler.labeler_id, row.password_hash == known.password_hash)
    with engine.begin() as connection:
        changed = connection.execute(update(row).where(*same).values(password_hash=new_hash)).rowcount
    return Known(labeler=known.labeler, password_hash=new_hash) if changed else known


@lost_connections_named()
def refused(engine: Engine, project: str, known: Known | None, origin: str | None) -> None:
    """Write down that somebody gave a wrong password; of a name that nobody has, not even the name.

    Whoever types a password where the name belongs must not find it in the trail.
    """
    name = known.labeler.name if known else None
    with engine.begin() as connection:
        note(connection, project, Author(origin=origin), Action.SIGN_IN_FAILED, name)


def _serves(row: Row[str | None, str | None], instead_of: str | None) -> bool:
    if instead_of is None:
        return row.password_hash is None
    return instead_of in (row.password_hash, row.code_sha256)


def _lock(connection: Connection, labeler: Labeler, serves: Callable[[Row[str | None, str | None]], bool]) -> None:
    """Lock how the labeler signs in, and see that it serves still; disabling an account takes the lock too."""
    found = select(PasswordRow.password_hash, PasswordRow.code_sha256)
    found = found.join(LabelerRow, LabelerRow.labeler_id == PasswordRow.labeler_id)
    mine = found.where(PasswordRow.labeler_id == labeler.labeler_id, enabled()).with_for_update(key_share=True)
    row = connection.execute(mine).one_or_none()
    if row is None or not serves(row):
        raise ConflictError("How this account signs in was changed just now: sign in anew.")
