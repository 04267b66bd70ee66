"""The endpoints of one's own access tokens; only who signed in with a password has them."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from console.access import SignedIn
from console.desk import OpenDesk
from console.problems import PROBLEMS
from schemas.roles import Name
from storage import tokens

router = APIRouter(prefix="/v1/tokens", responses=PROBLEMS)

# What PostgreSQL can hold.
TokenId = Annotated[int, Field(ge=1, lt=2**63)]


class Wanted(BaseModel):
    """A token to make: what it is for, and when it expires, if ever."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    expires_at: AwareDatetime | None = None


class Issued(BaseModel):
    """A token, shown this once."""

    token: str


@router.get("")
def standing(desk: OpenDesk, asking: SignedIn) -> list[tokens.Token]:
    """Return your tokens that are neither revoked nor expired, and when each was used last."""
    return list(tokens.tokens_of(desk.engine, asking))


@router.post("", status_code=201)
def issue(desk: OpenDesk, asking: SignedIn, wanted: Wanted) -> Issued:
    """Make a token, which does what you may do; it is shown this once."""
    return Issued(token=tokens.issue(desk.engine, asking, wanted.name, wanted.expires_at))


@router.delete("/{token_id}", status_code=204)
def revoke(desk: OpenDesk, asking: SignedIn, token_id: TokenId) -> None:
    """End a token of yours, at once and for good."""
    tokens.revoke(desk.engine, asking, token_id)
