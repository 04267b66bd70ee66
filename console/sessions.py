"""The endpoints of signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from console.access import Address, Asking, SignedIn, by_session
from console.desk import Desk, OpenDesk
from console.passwords import LONGEST, SHORTEST
from console.problems import PROBLEMS
from console.sign_in import CHALLENGE, choose_first_password, choose_password, enter, sign_in
from schemas.roles import PERMISSIONS, Name, Permission, Role
from storage import sessions
from storage.labelers import Labeler
from storage.passwords import Visit

router = APIRouter(prefix="/v1", responses=PROBLEMS)


class Credentials(BaseModel):
    """Who wants to sign in."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    password: Annotated[SecretStr, Field(max_length=LONGEST)]


class Ticket(BaseModel):
    """What `assay up` and `assay user ticket` print behind the # of an address."""

    model_config = ConfigDict(extra="forbid")

    ticket: Annotated[SecretStr, Field(max_length=LONGEST)]


class NewPassword(BaseModel):
    """Whose password is to be which; `current` is the one before, or a code.

    Without it the account must have no password yet, and have signed in to this browser, by a ticket.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name
    current: Annotated[SecretStr, Field(max_length=LONGEST)] | None = None
    new: Annotated[SecretStr, Field(min_length=SHORTEST, max_length=LONGEST)]


class Signed(BaseModel):
    """Who is asking, and what they may."""

    name: str
    role: Role
    permissions: tuple[Permission, ...]
    simulated: bool

    @classmethod
    def of(cls, labeler: Labeler) -> "Signed":
        """Say it of somebody."""
        permissions = tuple(each for each in Permission if each in PERMISSIONS[labeler.role])
        return cls(name=labeler.name, role=labeler.role, permissions=permissions, simulated=labeler.simulated)


def _visit(desk: OpenDesk, request: Request, address: Address) -> Visit:
    return Visit(lifetime=desk.sign_in.lifetime, origin=address, former=desk.sign_in.cookie.of(request))


def owner(desk: Desk, request: Request, name: str) -> Labeler:
    """Return whoever has signed in to the browser that asks, if that is their name.

    Raises:
        HTTPException: 401 where it is not.
    """
    labeler = None if "authorization" in request.headers else by_session(desk, request)
    if labeler is None or labeler.name != name:
        raise HTTPException(401, "Nobody of that name has signed in here.", CHALLENGE)
    return labeler


Visiting = Annotated[Visit, Depends(_visit)]


@router.post("/session", status_code=201)
def open_session(desk: OpenDesk, visit: Visiting, given: Credentials | Ticket, response: Response) -> Signed:
    """Sign in: the reply sets the session's cookie; a ticket serves once."""
    if isinstance(given, Ticket):
        labeler, secret = enter(desk, given.ticket.get_secret_value(), visit)
    else:
        labeler, secret = sign_in(desk, given.name, given.password.get_secret_value(), visit)
    desk.sign_in.cookie.put(response, secret)
    return Signed.of(labeler)


@router.get("/session")
def session(asking: Asking) -> Signed:
    """Say who is asking, and what they may; for tokens too."""
    return Signed.of(asking)


@router.delete("/session", status_code=204)
def close_session(desk: OpenDesk, asking: SignedIn, request: Request) -> None:
    """Sign out."""
    sessions.sign_out(desk.engine, asking, desk.sign_in.cookie.of(request) or "")


@router.delete("/sessions", status_code=204)
def close_sessions(desk: OpenDesk, asking: SignedIn) -> None:
    """Sign out everywhere."""
    sessions.sign_out_everywhere(desk.engine, asking)


@router.put("/password")
def change_password(
    desk: OpenDesk, visit: Visiting, given: NewPassword, request: Request, response: Response
) -> Signed:
    """Choose a password, by the one before or by a code; every session ends, and the reply sets a new one's cookie."""
    new = given.new.get_secret_value()
    if given.current is None:
        labeler, secret = choose_first_password(desk, owner(desk, request, given.name), new, visit)
    else:
        labeler, secret = choose_password(desk, given.name, given.current.get_secret_value(), new, visit)
    desk.sign_in.cookie.put(response, secret)
    return Signed.of(labeler)
