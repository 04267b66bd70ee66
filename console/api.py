"""The REST API of one project, wired."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy import Engine

from console import accounts, leads, media, metrics, routes, sessions, tokens, views
from console.cookies import SessionCookie
from console.desk import Desk, SignIn
from console.headers import HEADERS, SecurityHeaders
from console.label_studio import webhook
from console.label_studio.bridge import open_bridge
from console.label_studio.follower import Follower, following
from console.limits import BodyLimit
from console.origin import SameOrigin
from console.overview import Overview
from console.passwords import Passwords
from console.problems import state_problems
from console.rendering.drawing import Drawing
from console.rendering.guess import completed
from console.settings import ConsoleSettings
from quality.columns import payload_of
from schemas.project import ProjectConfig
from schemas.samples import json_schema
from storage.database import open_engine
from storage.guidelines import ensure
from storage.lake import Lake
from storage.media import MediaFolder
from storage.projects import Project, read_project
from storage.settings import StorageSettings

# Database connections held open; as many again may be opened under load.
CONNECTIONS = 10
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(settings: ConsoleSettings, storage: StorageSettings, headers: Mapping[str, str] = HEADERS) -> FastAPI:
    """Return the application; the project is read and the database opened when it starts, not before.

    It serves no pages, so that nothing is loaded from elsewhere; its description is at `/openapi.json`.
    `headers` are those of every response that says no others.
    """
    app = FastAPI(title="Assay", docs_url=None, redoc_url=None, lifespan=_opened(settings, storage))
    app.add_middleware(BodyLimit, limit=settings.api_body_bytes)
    app.add_middleware(SameOrigin, origin=settings.api_origin)
    app.add_middleware(SecurityHeaders, headers=headers)
    for each in (routes, media, leads, views, metrics, sessions, tokens, accounts, webhook):
        app.include_router(each.router)
    state_problems(app)
    return app


def _opened(settings: ConsoleSettings, storage: StorageSettings) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            project = read_project(settings.project)
            engine = open_engine(storage, pool_size=CONNECTIONS)
            stack.callback(engine.dispose)
            labels = project.config.labels
            ensure(engine, project.config.name, project.guideline, labels.classes, labels.kind)
            lake = stack.enter_context(Lake.open(storage))
            sample = project.samples[project.config.contract.current]
            app.state.desk = Desk(
                engine=engine,
                project=project.config,
                contract=json_schema(sample),
                drawing=Drawing(
                    view=completed(project.config.view, payload_of(sample).model_json_schema()),
                    renderer=project.renderer,
                ),
                overview=Overview.of(engine, project, lake),
                sign_in=_sign_in(settings),
                governed=project,
                storage=storage,
                lake=lake,
                media=_media(project, settings),
                follower=_follower(stack, engine, project.config, settings),
            )
            yield

    return lifespan


def _media(project: Project, settings: ConsoleSettings) -> MediaFolder | None:
    return None if project.media is None else MediaFolder(folder=project.media, most=settings.api_media_bytes)


def _sign_in(settings: ConsoleSettings) -> SignIn:
    return SignIn(
        passwords=Passwords(),
        cookie=SessionCookie(secure=settings.secure),
        idle=timedelta(minutes=settings.session_idle_minutes),
        lifetime=timedelta(hours=settings.session_hours),
    )


def _follower(stack: ExitStack, engine: Engine, project: ProjectConfig, settings: ConsoleSettings) -> Follower | None:
    if settings.label_studio_url is None:
        return None
    return stack.enter_context(following(stack.enter_context(open_bridge(engine, project, settings))))
