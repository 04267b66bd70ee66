"""The Faust apps: which handler serves which topic, wired once for each worker process."""

import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog

from quality.frames import Frame
from storage.database import open_engine
from storage.lake import Lake
from storage.projects import read_project
from storage.settings import StorageSettings
from streams.frames import FrameApp, Resume
from streams.keep import Keep
from streams.publisher import Publisher
from streams.screen import Screen
from streams.settings import Role, StreamSettings

log = structlog.get_logger()

Handle = Callable[[Frame], Awaitable[None]]

# How often the outbox is looked into: what an answered label waits before it is published.
RELAY_SECONDS = 0.1
# After this long without a sign of life a worker's partitions go to the others.
SESSION_SECONDS = 10.0
# Frames that may wait in memory for an agent; a fetch is held back beyond them.
FRAMES_WAITING = 4


def create_app(role: Role, settings: StreamSettings, storage: StorageSettings) -> FrameApp:
    """Return the app of a role, connected to nothing yet but the database."""
    return _screen_app(settings, storage) if role is Role.SCREEN else _keep_app(settings, storage)


def _screen_app(settings: StreamSettings, storage: StorageSettings) -> FrameApp:
    project = read_project(settings.project)
    screen = Screen(
        screening=project.screening,
        topics=project.topics,
        bootstrap=settings.kafka_bootstrap,
        engine=open_engine(storage),
        publisher=_publisher(settings),
    )
    app = _app(f"{project.config.name}-{Role.SCREEN}", settings, resume=screen.resume)
    _agent(app, project.topics.samples, screen.handle)
    return app


def _keep_app(settings: StreamSettings, storage: StorageSettings) -> FrameApp:
    project = read_project(settings.project)
    lake = Lake.open(storage)
    lake.ensure(project.config.name)
    keep = Keep(project=project, engine=open_engine(storage), lake=lake, publisher=_publisher(settings))
    app = _app(f"{project.config.name}-{Role.KEEP}", settings)
    topics = project.topics
    _agent(app, topics.accepted, keep.accepted)
    _agent(app, topics.rejected, keep.rejected)
    _agent(app, topics.tasks, keep.tasks)
    _agent(app, topics.receipts, keep.receipts)
    _agent(app, topics.labels, keep.labels)
    _repeat(app, keep.relay)
    return app


def _publisher(settings: StreamSettings) -> Publisher:
    return Publisher(settings.kafka_bootstrap, delivery_seconds=settings.delivery_seconds)


def _app(name: str, settings: StreamSettings, resume: Resume | None = None) -> FrameApp:
    return FrameApp(
        name,
        bootstrap=settings.kafka_bootstrap,
        resume=resume,
        autodiscover=False,
        web_enabled=False,
        store="memory://",
        datadir=Path(tempfile.gettempdir()) / "assay-faust",  # for tables, of which there are none
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_wait_empty=False,  # a frame in hand when the worker stops is screened again by the next
        stream_buffer_maxsize=FRAMES_WAITING,
        broker_max_poll_records=settings.frame_records,
        broker_session_timeout=SESSION_SECONDS,
        broker_rebalance_timeout=SESSION_SECONDS,
        consumer_group_instance_id=settings.worker_id,
        consumer_auto_offset_reset="earliest",
    )


def _agent(app: FrameApp, topic: str, handle: Handle) -> None:
    """Add an agent that acknowledges a frame once it is handled, and ends the worker if it cannot be.

    Faust itself would acknowledge the frame that failed and go on with the next, which must not be handled before
    it. A worker that starts again begins with the frame that failed.
    """

    async def agent(stream: Any) -> None:
        async for event in _frames(stream):
            if app.failed:
                return
            try:
                await handle(event.value)
            except Exception as error:
                app.failed = True
                log.exception("frame failed", topic=topic, offset=event.message.offset)
                await app.crash(error)
                return
            event.ack()

    app.agent(app.frames(topic), name=f"{app.conf.id}.{topic}")(agent)


def _repeat(app: FrameApp, action: Callable[[], Awaitable[None]]) -> None:
    """Do `action` again and again while the worker runs; an error ends the worker."""

    async def repeat() -> None:
        while not app.should_stop:
            await action()
            await app.sleep(RELAY_SECONDS)

    app.task(repeat)


def _frames(stream: Any) -> AsyncIterator[Any]:
    events: AsyncIterator[Any] = stream.noack().events()
    return events


def configure_logging() -> None:
    """Write events as lines of JSON to standard error; Faust's own from warnings on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=None),
    )
