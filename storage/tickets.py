"""Tickets: what signs the owner of an account in once; only the command line issues any."""

import secrets
from datetime import timedelta

from sqlalchemy import Connection, Engine, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from schemas.errors import InputError
from schemas.roles import Role
from storage.account_tables import PasswordRow
from storage.accounts import CODE_BYTES, id_of
from storage.database import lost_connections_named
from storage.labelers import Labeler, digest, enabled, enroll
from storage.passwords import Visit
from storage.sessions import open_session
from storage.tables import LabelerRow
from storage.trail import Action, Author, note

# For so long a ticket serves: it stands on a terminal, and in the history of whoever opened it.
SERVES = timedelta(hours=1)
# What the account is called that a project begins with.
FIRST = "admin"


@lost_connections_named()
def first(engine: Engine, project: str, by: Author) -> str | None:
    """Make the account of an admin, and return a ticket of it, where the project has no person's account yet.

    Returns:
        The ticket, shown this once; None where there is an account that a person signs in to.
    """
    person = or_(LabelerRow.labeler_id.in_(select(PasswordRow.labeler_id)), LabelerRow.name == FIRST)
    with engine.begin() as connection:
        if connection.scalar(select(exists().where(LabelerRow.project == project, person))):
            return None
        account_id = enroll(connection, project, FIRST, Role.ADMIN, simulated=False)
        note(connection, project, by, Action.ACCOUNT_ADDED, FIRST, role=Role.ADMIN, simulated=False)
        return _new(connection, account_id)


@lost_connections_named()
def issue(engine: Engine, project: str, name: str, by: Author) -> str:
    """Return a new ticket of an account, shown this once; the one before serves no more, a password goes on working.

    Raises:
        InputError: the project has no such account, it is disabled, or it is no person's.
    """
    account_id = id_of(engine, project, name)
    with engine.begin() as connection:
        row = connection.execute(select(LabelerRow.__table__).where(LabelerRow.labeler_id == account_id)).one()
        if row.simulated:
            raise InputError(f"{name} is a simulation, which signs in with tokens: `assay labeler token`.")
        if row.disabled_at is not None:
            raise InputError(f"{name} is disabled, and comes in by no way: `assay user enable` first.")
        note(connection, project, by, Action.TICKET_ISSUED, name)
        return _new(connection, account_id)


@lost_connections_named()
def redeem(engine: Engine, project: str, ticket: str, visit: Visit) -> tuple[Labeler, str] | None:
    """Use a ticket up, and return whose it is and the id of a new session; None where it serves nobody of `project`."""
    account, row = LabelerRow, PasswordRow
    serves = (row.ticket_sha256 == digest(ticket), row.ticket_expires_at > func.now(), enabled())
    used = update(row).where(*serves, account.labeler_id == row.labeler_id, account.project == project)
    with engine.begin() as connection:
        used = used.values(ticket_sha256=None, ticket_expires_at=None)
        found = connection.execute(used.returning(LabelerRow.__table__)).one_or_none()
        if found is None:
            return None
        labeler = Labeler.of(found, visit.origin)
        note(connection, project, labeler.author, Action.SIGNED_IN, labeler.name, way="ticket")
        return labeler, open_session(connection, labeler, visit.lifetime, visit.former)


def _new(connection: Connection, account_id: int) -> str:
    ticket = secrets.token_urlsafe(CODE_BYTES)
    row = {"ticket_sha256": digest(ticket), "ticket_expires_at": func.now() + SERVES}
    new = upsert(PasswordRow).values(labeler_id=account_id, **row)
    connection.execute(new.on_conflict_do_update(index_elements=[PasswordRow.labeler_id], set_=row))
    return ticket
