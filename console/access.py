"""Who is asking, and whether they may: by the token that a program sends, or by the session of a browser.

Whoever sends an Authorization header is judged by that alone.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.desk import Desk, OpenDesk
from schemas.roles import PERMISSIONS, Permission
from storage import labelers, sessions
from storage.labelers import Labeler

Token = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


Address = Annotated[str, Depends(_address)]


def by_session(desk: Desk, request: Request, *, used: bool = True) -> Labeler | None:
    """Return who has signed in to the browser that asks; looking whether somebody still is does not use a session."""
    secret = desk.sign_in.cookie.of(request)
    if secret is None:
        return None
    idle, address = desk.sign_in.idle, _address(request)
    return sessions.by_session(desk.engine, desk.project.name, secret, idle, address, used=used)


def _asking(desk: OpenDesk, request: Request, token: Token, address: Address) -> Labeler:
    if token is not None:
        labeler = labelers.by_token(desk.engine, desk.project.name, token.credentials, address)
    elif "authorization" in request.headers:
        labeler = None
    else:
        labeler = by_session(desk, request)
    if labeler is None:
        raise HTTPException(401, "Nobody of this project is asking.", {"WWW-Authenticate": "Bearer"})
    return labeler


# Anybody of the project.
Asking = Annotated[Labeler, Depends(_asking)]


def _signed_in(labeler: Asking, request: Request) -> Labeler:
    if "authorization" in request.headers:
        raise HTTPException(403, "A token cannot do this: it takes somebody who signed in with a password.")
    return labeler


# Who signed in with a password: whoever finds a token must not make further ones of it.
SignedIn = Annotated[Labeler, Depends(_signed_in)]


def may(labeler: Labeler, permission: Permission) -> bool:
    """Say whether somebody has a permission."""
    return permission in PERMISSIONS[labeler.role]


@dataclass(frozen=True)
class May:
    """The one check of permissions: a dependency that lets those of the project pass who have this one."""

    permission: Permission

    def __call__(self, labeler: Asking) -> Labeler:
        """Return who is asking, or refuse with 403."""
        if not may(labeler, self.permission):
            raise HTTPException(403, f"{labeler.name} is {labeler.role} in this project, which may not do this.")
        return labeler


Labeling = Annotated[Labeler, Depends(May(Permission.LABEL))]
Reviewing = Annotated[Labeler, Depends(May(Permission.FINDINGS))]
Reporting = Annotated[Labeler, Depends(May(Permission.REPORTS))]
Investigating = Annotated[Labeler, Depends(May(Permission.SAMPLES))]
Publishing = Annotated[Labeler, Depends(May(Permission.PUBLISH))]
Adjudicating = Annotated[Labeler, Depends(May(Permission.ADJUDICATE))]
Gilding = Annotated[Labeler, Depends(May(Permission.GOLD))]
Administering = Annotated[Labeler, Depends(May(Permission.ADMINISTER))]
