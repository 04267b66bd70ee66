"""Who labels: people, and simulations of them, each with an access token."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from schemas.errors import ConflictError, InputError
from storage.database import lost_connections_named
from storage.tables import LabelerRow


@dataclass(frozen=True, kw_only=True)
class Labeler:
    """Somebody who may claim tasks of `project`; a `lead` may also change its guideline, adjudicate and make gold."""

    labeler_id: int
    project: str
    name: str
    simulated: bool
    lead: bool


@lost_connections_named()
def register(engine: Engine, project: str, name: str, *, simulated: bool, lead: bool = False) -> str:
    """Write a new labeler and return the access token, which is shown this once: only its SHA-256 is kept.

    Raises:
        ConflictError: the project has a labeler of this name.
    """
    _check_name(name)
    token = secrets.token_urlsafe()
    row = {"project": project, "name": name, "token_sha256": _digest(token), "simulated": simulated, "lead": lead}
    try:
        with engine.begin() as connection:
            connection.execute(insert(LabelerRow).values(row))
    except IntegrityError as error:
        raise ConflictError(
            f"Project {project} has a labeler named {name!r}: take another name; if this one has lost its "
            "token, `assay labeler token` issues another."
        ) from error
    return token


@lost_connections_named()
def reissue(engine: Engine, project: str, name: str) -> str:
    """Replace a labeler's token and return the new one, shown this once; the old one stops working.

    Raises:
        InputError: the project has no labeler of this name.
    """
    token = secrets.token_urlsafe()
    named = (LabelerRow.project == project, LabelerRow.name == name)
    with engine.begin() as connection:
        found = connection.execute(update(LabelerRow).where(*named).values(token_sha256=_digest(token)))
    if not found.rowcount:
        raise InputError(f"Project {project} has no labeler named {name!r}: register it first.")
    return token


@lost_connections_named()
def by_token(engine: Engine, project: str, token: str) -> Labeler | None:
    """Return whose token this is in `project`, if anybody's.

    What is looked up and compared is the token's SHA-256, the last step in constant time: how long it takes says
    nothing of a token that is close.
    """
    digest = _digest(token)
    found = select(LabelerRow.__table__).where(LabelerRow.token_sha256 == digest, LabelerRow.project == project)
    with engine.connect() as connection:
        row = connection.execute(found).one_or_none()
    if row is None or not hmac.compare_digest(row.token_sha256, digest):
        return None
    return Labeler(
        labeler_id=row.labeler_id, project=row.project, name=row.name, simulated=row.simulated, lead=row.lead
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _check_name(name: str) -> None:
    if not name.strip() or not name.isprintable() or len(name) > 200:  # noqa: PLR2004 - as long as any of our names
        raise InputError(f"{name[:40]!r} cannot name a labeler: give 1 to 200 printable characters.")
