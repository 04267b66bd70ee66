"""What handlers work with: the project, the database, and who is asking."""

from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Engine

from console.label_studio.follower import Follower
from console.overview import Overview
from console.rendering.drawing import Drawing
from console.sessions import Sessions
from schemas.project import ProjectConfig
from storage import labelers
from storage.labelers import Labeler


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything that was opened when the API started."""

    engine: Engine
    project: ProjectConfig
    contract: dict[str, Any]  # JSON Schema of the samples of the current contract
    drawing: Drawing
    overview: Overview
    sessions: Sessions
    follower: Follower | None = None  # of Label Studio's hints; None where there is no Label Studio


def _desk(request: Request) -> Desk:
    return cast("Desk", request.app.state.desk)


OpenDesk = Annotated[Desk, Depends(_desk)]
Token = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


def _labeler(desk: OpenDesk, token: Token) -> Labeler:
    labeler = labelers.by_token(desk.engine, desk.project.name, token.credentials) if token else None
    if labeler is None:
        raise HTTPException(401, "This is no token of a labeler of this project.", {"WWW-Authenticate": "Bearer"})
    return labeler


Asking = Annotated[Labeler, Depends(_labeler)]


def _lead(labeler: Asking) -> Labeler:
    if not labeler.lead:
        raise HTTPException(403, f"{labeler.name} is not a lead of this project.")
    return labeler


Lead = Annotated[Labeler, Depends(_lead)]
