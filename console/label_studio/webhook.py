"""The endpoint that Label Studio's webhook calls."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from console.desk import OpenDesk
from console.label_studio.bridge import HINTS
from console.label_studio.follower import Follower
from console.problems import PROBLEMS

router = APIRouter(responses=PROBLEMS)

WebhookToken = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


class HintedTask(BaseModel):
    """A task of Label Studio."""

    id: Annotated[int, Field(strict=True, gt=0, lt=2**63)]


class Hint(BaseModel):
    """What Label Studio says: of it, only which task to look at is read."""

    task: HintedTask


def _caller(desk: OpenDesk, token: WebhookToken) -> Follower:
    follower = desk.follower
    if follower is None or token is None or not follower.bridge.is_caller(token.credentials):
        raise HTTPException(401, "This is no token of a webhook of ours.", {"WWW-Authenticate": "Bearer"})
    return follower


@router.post(HINTS, status_code=202)
def hint(follower: Annotated[Follower, Depends(_caller)], said: Hint) -> None:
    """Take a hint of Label Studio's webhook, which `assay label-studio push` made: the task is fetched from there."""
    follower.follow(said.task.id)
