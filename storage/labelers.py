"""Who is known in a project: people, programs, and simulations of people, each with a role."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from schemas.errors import ConflictError, InputError
from schemas.roles import Role
from storage.account_tables import TokenRow
from storage.database import lost_connections_named
from storage.tables import LabelerRow
from storage.trail import NOBODY, Action, Author, note

# The last use of a token or session is written as seldom as that: each request would be a write otherwise.
NOTICED = timedelta(minutes=1)
# What `assay labeler` names the token that it prints.
FIRST = "first"


@dataclass(frozen=True, kw_only=True)
class Labeler:
    """Somebody of `project`, and from where they are asking, if that is known."""

    labeler_id: int
    project: str
    name: str
    simulated: bool
    role: Role
    origin: str | None = None

    @classmethod
    def of(cls, row: Row[Any], origin: str | None = None) -> "Labeler":
        """Return the labeler of a row of the table."""
        who = {"labeler_id": row.labeler_id, "project": row.project, "name": row.name, "simulated": row.simulated}
        return cls(**who, role=Role(row.role), origin=origin)

    @property
    def author(self) -> Author:
        """Who the trail says did it."""
        return Author(labeler_id=self.labeler_id, origin=self.origin)


@lost_connections_named()
def register(
    engine: Engine, project: str, name: str, *, simulated: bool, role: Role = Role.LABELER, by: Author = NOBODY
) -> str:
    """Write a new labeler and return the access token, which is shown this once: only its SHA-256 is kept.

    Raises:
        ConflictError: the project has a labeler of this name.
    """
    with engine.begin() as connection:
        labeler_id = enroll(connection, project, name, role, simulated=simulated)
        note(connection, project, by, Action.ACCOUNT_ADDED, name, role=role, simulated=simulated)
        return new_token(connection, labeler_id, FIRST)


@lost_connections_named()
def reissue(engine: Engine, project: str, name: str, by: Author = NOBODY) -> str:
    """Revoke all of a labeler's tokens and return a new one, shown this once.

    Raises:
        InputError: the project has no labeler of this name.
    """
    named = select(LabelerRow.labeler_id).where(LabelerRow.project == project, LabelerRow.name == name)
    with engine.begin() as connection:
        labeler_id = connection.scalar(named.with_for_update(key_share=True))
        if labeler_id is None:
            raise InputError(f"Project {project} has no labeler named {name!r}: register it first.")
        standing = (TokenRow.labeler_id == labeler_id, TokenRow.revoked_at.is_(None))
        connection.execute(update(TokenRow).where(*standing).values(revoked_at=func.now()))
        note(connection, project, by, Action.TOKEN_ISSUED, name, revoked="all others")
        return new_token(connection, labeler_id, FIRST)


@lost_connections_named()
def by_token(engine: Engine, project: str, token: str, origin: str | None = None) -> Labeler | None:
    """Return whose token this is in `project`, if anybody's who may come in; its last use is written, now and then.

    What is looked up and compared is the token's SHA-256, the last step in constant time: how long it takes says
    nothing of a token that is close.
    """
    sha256 = digest(token)
    unnoticed = func.coalesce(TokenRow.used_at < func.now() - NOTICED, True)
    found = select(LabelerRow.__table__, TokenRow.token_id, TokenRow.token_sha256, unnoticed.label("unnoticed"))
    found = found.join(TokenRow, TokenRow.labeler_id == LabelerRow.labeler_id)
    found = found.where(TokenRow.token_sha256 == sha256, stands(), LabelerRow.project == project, enabled())
    with engine.connect() as connection:
        row = connection.execute(found).one_or_none()
        if row is None or not hmac.compare_digest(row.token_sha256, sha256):
            return None
        if row.unnoticed:
            connection.execute(update(TokenRow).where(TokenRow.token_id == row.token_id).values(used_at=func.now()))
            connection.commit()
    return Labeler.of(row, origin)


def enroll(connection: Connection, project: str, name: str, role: Role, *, simulated: bool) -> int:
    """Write a new labeler without any way in, and return its id.

    Raises:
        InputError: nobody can be called so.
        ConflictError: the project has a labeler of this name.
    """
    check_name(name)
    row = {"project": project, "name": name, "role": role, "simulated": simulated}
    try:
        return connection.execute(insert(LabelerRow).values(row).returning(LabelerRow.labeler_id)).scalar_one()
    except IntegrityError as error:
        raise ConflictError(
            f"Project {project} has a labeler named {name!r}: take another name; if this one has lost its token or "
            "password, `assay labeler token` and `assay user password` issue another."
        ) from error


def new_token(connection: Connection, labeler_id: int, name: str, **row: Any) -> str:
    """Write a token for a labeler and return it."""
    token = secrets.token_urlsafe()
    connection.execute(insert(TokenRow).values(labeler_id=labeler_id, name=name, token_sha256=digest(token), **row))
    return token


def stands() -> ColumnElement[bool]:
    """Say, of a token, that it is neither revoked nor expired."""
    current = or_(TokenRow.expires_at.is_(None), TokenRow.expires_at > func.now())
    return and_(TokenRow.revoked_at.is_(None), current)


def enabled() -> ColumnElement[bool]:
    """Say, of a labeler, that it may come in."""
    return LabelerRow.disabled_at.is_(None)


def digest(secret: str) -> str:
    """Return the SHA-256 by which a secret is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def check_name(name: str) -> None:
    """Refuse what cannot stand in logs, events and tables."""
    if not name.strip() or not name.isprintable() or len(name) > 200:  # noqa: PLR2004 - as long as any of our names
        raise InputError(f"{name[:40]!r} cannot name a labeler: give 1 to 200 printable characters.")
