"""What handlers work with: the project, the database, and how people sign in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from sqlalchemy import Engine

from console.cookies import SessionCookie
from console.label_studio.follower import Follower
from console.overview import Overview
from console.passwords import Passwords
from console.rendering.drawing import Drawing
from schemas.project import ProjectConfig
from storage.lake import Lake
from storage.media import MediaFolder
from storage.projects import Project
from storage.settings import StorageSettings


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """How people sign in, and for how long: until a session is `idle` for so long, or has lasted its `lifetime`."""

    passwords: Passwords
    cookie: SessionCookie
    idle: timedelta
    lifetime: timedelta


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything that was opened when the API started."""

    engine: Engine
    project: ProjectConfig
    contract: dict[str, Any]  # JSON Schema of the samples of the current contract
    drawing: Drawing
    overview: Overview
    sign_in: SignIn
    governed: Project  # its folder, read: rules, topics, and what else a forecast needs
    storage: StorageSettings
    lake: Lake
    media: MediaFolder | None = None  # the files that samples name; None where the project shows none
    follower: Follower | None = None  # of Label Studio's hints; None where there is no Label Studio


def _desk(request: Request) -> Desk:
    return cast("Desk", request.app.state.desk)


OpenDesk = Annotated[Desk, Depends(_desk)]
