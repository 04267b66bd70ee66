"""The trail: who did what, when and from where; written in the transaction that does it, and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue
from sqlalchemy import Connection, Engine, insert, select

from storage.account_tables import TrailRow
from storage.database import lost_connections_named
from storage.tables import LabelerRow


class Action(StrEnum):
    """What is written down."""

    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "sign-in failed"
    SIGNED_OUT = "signed out"
    SIGNED_OUT_EVERYWHERE = "signed out everywhere"
    PASSWORD_CHOSEN = "password chosen"  # noqa: S105 - no password
    ACCOUNT_ADDED = "account added"
    ACCOUNT_DISABLED = "account disabled"
    ACCOUNT_ENABLED = "account enabled"
    ROLE_CHANGED = "role changed"
    CODE_ISSUED = "code issued"
    TICKET_ISSUED = "ticket issued"
    TOKEN_ISSUED = "token issued"  # noqa: S105 - no token
    TOKEN_REVOKED = "token revoked"  # noqa: S105 - no token
    GUIDELINE_PUBLISHED = "guideline published"
    GOLD_MADE = "gold made"
    GOLD_RETIRED = "gold retired"
    ADJUDICATED = "adjudicated"
    ADJUDICATION_UNDONE = "adjudication undone"


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who did something, as far as somebody is known, and from where: a network address, or whose command line."""

    labeler_id: int | None = None
    origin: str | None = None


# Programs that have no account, such as a bench.
NOBODY = Author()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that was done: by whom, from where, and to what. Names are as somebody chose them."""

    entry_id: int
    at: datetime
    actor: str | None
    origin: str | None
    action: Action
    subject: str | None
    detail: dict[str, JsonValue]


def note(
    connection: Connection,
    project: str,
    by: Author,
    action: Action,
    subject: str | None = None,
    **detail: JsonValue,
) -> None:
    """Write an entry in the caller's transaction; nothing in it may be a secret."""
    who = {"labeler_id": by.labeler_id, "origin": by.origin}
    row = {"project": project, "action": action, "subject": subject, "detail": detail, **who}
    connection.execute(insert(TrailRow).values(row))


@lost_connections_named()
def entries(engine: Engine, project: str, *, limit: int, before: int | None = None) -> Sequence[Entry]:
    """Return the newest entries, newest first; with `before`, the newest of those that are older than that entry."""
    row = TrailRow
    shown = (row.entry_id, row.at, LabelerRow.name.label("actor"), row.origin, row.action, row.subject, row.detail)
    found = select(*shown).outerjoin(LabelerRow, LabelerRow.labeler_id == row.labeler_id)
    found = found.where(row.project == project).order_by(row.entry_id.desc()).limit(limit)
    if before is not None:
        found = found.where(row.entry_id < before)
    with engine.connect() as connection:
        rows = connection.execute(found).mappings()
        return [Entry(**{**each, "action": Action(each["action"])}) for each in rows]
