"""Accounts: who of a project may come in, as what; an account is a labeler, and how a person signs in."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from schemas.errors import InputError
from schemas.roles import Role
from storage.account_tables import PasswordRow
from storage.database import lost_connections_named
from storage.labelers import digest, enroll
from storage.sessions import end_all
from storage.sign_in_limits import forget, of_account
from storage.tables import LabelerRow
from storage.trail import Action, Author, note

# 128 bits: nobody guesses one while it serves.
CODE_BYTES = 16
# For so long a code serves.
SERVES = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account; `code_expires_at` while a code waits to be used, `ticket_expires_at` while a ticket does."""

    account_id: int
    name: str
    role: Role
    simulated: bool
    has_password: bool
    code_expires_at: datetime | None
    ticket_expires_at: datetime | None
    created_at: datetime
    disabled_at: datetime | None


@lost_connections_named()
def add(engine: Engine, project: str, name: str, role: Role, by: Author) -> str:
    """Write a person's account and return the code, shown this once, with which a password is chosen.

    Raises:
        InputError: nobody can be called so.
        ConflictError: the project has an account of this name.
    """
    with engine.begin() as connection:
        account_id = enroll(connection, project, name, role, simulated=False)
        note(connection, project, by, Action.ACCOUNT_ADDED, name, role=role, simulated=False)
        return _new_code(connection, account_id)


@lost_connections_named()
def accounts_of(engine: Engine, project: str) -> Sequence[Account]:
    """Return every account of a project, by name."""
    with engine.connect() as connection:
        rows = connection.execute(_accounts().where(LabelerRow.project == project).order_by(LabelerRow.name))
        return [_account(row) for row in rows]


@lost_connections_named()
def issue_code(engine: Engine, project: str, account_id: int, by: Author) -> str:
    """Return a new code, shown this once: the password is void, sessions end, and limits of attempts are lifted.

    Raises:
        InputError: the project has no such account, or it is no person's.
    """
    with engine.begin() as connection:
        row = _locked(connection, project, account_id)
        if row.simulated:
            raise InputError(f"{row.name} is a simulation, which signs in with tokens: `assay labeler token`.")
        end_all(connection, account_id)
        forget(connection, of_account(project, row.name))
        note(connection, project, by, Action.CODE_ISSUED, row.name)
        return _new_code(connection, account_id)


@lost_connections_named()
def set_role(engine: Engine, project: str, account_id: int, role: Role, by: Author) -> None:
    """Change what an account may do, from its next request on.

    Raises:
        InputError: the project has no such account, or it is the caller's own.
    """
    with engine.begin() as connection:
        row = _another(connection, project, account_id, by)
        if row.role != role:
            _change(connection, account_id, role=role)
            note(connection, project, by, Action.ROLE_CHANGED, row.name, before=row.role, after=role)


@lost_connections_named()
def disable(engine: Engine, project: str, account_id: int, by: Author) -> None:
    """Let an account in no more: its sessions end, its tokens and its password stop working; its labels stay.

    Raises:
        InputError: the project has no such account, or it is the caller's own.
    """
    with engine.begin() as connection:
        row = _another(connection, project, account_id, by)
        if row.disabled_at is None:
            end_all(connection, account_id)
            _change(connection, account_id, disabled_at=func.now())
            note(connection, project, by, Action.ACCOUNT_DISABLED, row.name)


@lost_connections_named()
def enable(engine: Engine, project: str, account_id: int, by: Author) -> None:
    """Let an account in again, with the password and the tokens that it had.

    Raises:
        InputError: the project has no such account.
    """
    with engine.begin() as connection:
        row = _locked(connection, project, account_id)
        if row.disabled_at is not None:
            _change(connection, account_id, disabled_at=None)
            note(connection, project, by, Action.ACCOUNT_ENABLED, row.name)


@lost_connections_named()
def id_of(engine: Engine, project: str, name: str) -> int:
    """Return the id of the account of that name.

    Raises:
        InputError: the project has none.
    """
    found = select(LabelerRow.labeler_id).where(LabelerRow.project == project, LabelerRow.name == name)
    with engine.connect() as connection:
        account_id = connection.scalar(found)
    if account_id is None:
        raise InputError(f"Project {project} has no account named {name[:80]!r}: `assay user list` shows them all.")
    return account_id


def _new_code(connection: Connection, account_id: int) -> str:
    """Let an account sign in by a new code only: neither by its password nor by a ticket."""
    code = secrets.token_urlsafe(CODE_BYTES)
    row = {"password_hash": None, "code_sha256": digest(code), "code_expires_at": func.now() + SERVES}
    row |= {"ticket_sha256": None, "ticket_expires_at": None}
    new = upsert(PasswordRow).values(labeler_id=account_id, **row)
    connection.execute(new.on_conflict_do_update(index_elements=[PasswordRow.labeler_id], set_=row))
    return code


def _accounts() -> Any:
    way = PasswordRow
    has_password = way.password_hash.is_not(None).label("has_password")
    shown = (LabelerRow.__table__, has_password, way.code_expires_at, way.ticket_expires_at)
    return select(*shown).outerjoin(way, way.labeler_id == LabelerRow.labeler_id)


def _account(row: Row[Any]) -> Account:
    kept = ("name", "simulated", "has_password", "code_expires_at", "ticket_expires_at", "created_at", "disabled_at")
    return Account(account_id=row.labeler_id, role=Role(row.role), **{name: getattr(row, name) for name in kept})


def _another(connection: Connection, project: str, account_id: int, by: Author) -> Row[Any]:
    """Lock an account that is not the caller's own, so that a project keeps the admin who asks."""
    if account_id == by.labeler_id:
        raise InputError("This is your own account: another admin, or `assay user`, changes it.")
    return _locked(connection, project, account_id)


def _locked(connection: Connection, project: str, account_id: int) -> Row[Any]:
    """Lock an account; whoever signs in or chooses a password meanwhile waits, and looks again."""
    found = select(LabelerRow.__table__).where(LabelerRow.project == project, LabelerRow.labeler_id == account_id)
    row = connection.execute(found.with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise InputError(f"This project has no account {account_id}: GET /v1/accounts lists them all.")
    return row


def _change(connection: Connection, account_id: int, **values: Any) -> None:
    connection.execute(update(LabelerRow).where(LabelerRow.labeler_id == account_id).values(**values))
