"""The access tokens of an account: several, each with a name, shown once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select, update

from schemas.errors import ConflictError, InputError
from storage.account_tables import TokenRow
from storage.database import lost_connections_named
from storage.labelers import Labeler, check_name, new_token, stands
from storage.tables import LabelerRow
from storage.trail import Action, note

# So many tokens of one account may stand at once.
MOST = 50


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token that stands; the last use may have been up to a minute later than is said here."""

    token_id: int
    name: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


@lost_connections_named()
def issue(engine: Engine, labeler: Labeler, name: str, expires_at: datetime | None = None) -> str:
    """Write a token for the labeler and return it, shown this once; it does what the labeler may do.

    Raises:
        InputError: nothing can be called so, or it would have expired already.
        ConflictError: as many tokens stand as may.
    """
    check_name(name)
    # Two at once wait for each other, so that neither passes the limit.
    alone = select(LabelerRow.labeler_id).where(LabelerRow.labeler_id == labeler.labeler_id)
    with engine.begin() as connection:
        connection.execute(alone.with_for_update(key_share=True))
        if expires_at is not None and expires_at <= connection.scalars(select(func.now())).one():
            raise InputError("`expires_at` is past: give a time to come, or none for a token that stays.")
        standing = select(func.count()).where(TokenRow.labeler_id == labeler.labeler_id, stands())
        if connection.scalars(standing).one() >= MOST:
            raise ConflictError(f"{MOST} of your tokens stand: revoke one that is used no more, then ask again.")
        note(connection, labeler.project, labeler.author, Action.TOKEN_ISSUED, labeler.name, token=name)
        return new_token(connection, labeler.labeler_id, name, expires_at=expires_at)


@lost_connections_named()
def tokens_of(engine: Engine, labeler: Labeler) -> Sequence[Token]:
    """Return the labeler's tokens that stand, oldest first."""
    row = TokenRow
    found = select(row.token_id, row.name, row.created_at, row.expires_at, row.used_at)
    found = found.where(row.labeler_id == labeler.labeler_id, stands()).order_by(row.token_id)
    with engine.connect() as connection:
        return [Token(**one) for one in connection.execute(found).mappings()]


@lost_connections_named()
def revoke(engine: Engine, labeler: Labeler, token_id: int) -> None:
    """End one of the labeler's tokens, at once and for good.

    Raises:
        InputError: the labeler has no such token.
    """
    mine = (TokenRow.token_id == token_id, TokenRow.labeler_id == labeler.labeler_id, stands())
    end = update(TokenRow).where(*mine).values(revoked_at=func.now()).returning(TokenRow.name)
    with engine.begin() as connection:
        name = connection.scalar(end)
        if name is None:
            raise InputError(f"You have no token {token_id}: GET /v1/tokens lists those that stand.")
        note(connection, labeler.project, labeler.author, Action.TOKEN_REVOKED, labeler.name, token=name)
