"""The Faust apps: which handler serves which topic, wired once for each worker process."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from quality.frames import Frame
from storage.database import open_engine
from storage.lake import Lake
from storage.projects import read_project
from storage.settings import StorageSettings
from streams.archive import Archive
from streams.frames import FrameApp, Resume
from streams.hints import Hints
from streams.keep import Keep
from streams.metrics import WorkerMetrics
from streams.pipeline import Pipeline
from streams.processor import Processor
from streams.publisher import Publisher
from streams.screen import Screen
from streams.settings import Role, StreamSettings

log = structlog.get_logger()

# How often the outbox is looked into: what an answered label waits before it is published.
RELAY_SECONDS = 0.1
# After this long without a sign of life a worker's partitions go to the others.
SESSION_SECONDS = 10
# How long a worker that must give up partitions may take to finish the frames in hand.
DRAIN_SECONDS = 60
# Between two commits to the lake at least: each makes files.
ARCHIVE_SECONDS = 1.0
# How often routing is steered anew, where there are new labels.
STEERING_SECONDS = 5.0
# How often it is looked whether there are votes enough for another estimate of the labelers.
ESTIMATING_SECONDS = 10.0
# How often it is looked whether windows enough have ended for another one to be judged for drift.
DRIFT_SECONDS = 10.0
# How often feedback looks for its sample, which may not be in the lake yet.
JOINING_SECONDS = 2.0
# How often it is looked whether Airflow is to be told of new labels.
HINT_SECONDS = 30.0
# How often it is looked whether the processor of a worker's threads is crowded.
PROCESSOR_SECONDS = 1.0
# Between two checkpoints at least: a busy worker then saves one state, of up to 300 kB, for several frames.
CHECKPOINT_SECONDS = 0.5


def create_app(role: Role, settings: StreamSettings, storage: StorageSettings) -> FrameApp:
    """Return the app of a role, connected to nothing yet but the database."""
    return _screen_app(settings, storage) if role is Role.SCREEN else _keep_app(settings, storage)


def _screen_app(settings: StreamSettings, storage: StorageSettings) -> FrameApp:
    project = read_project(settings.project)
    metrics = WorkerMetrics(project.config.name, Role.SCREEN)
    screen = Screen(
        screening=project.screening,
        topics=project.topics,
        bootstrap=settings.kafka_bootstrap,
        engine=open_engine(storage),
        publisher=_publisher(settings),
        metrics=metrics,
    )
    app = _app(f"{project.config.name}-{Role.SCREEN}", settings, metrics, resume=screen.resume)
    _repeat(app, screen.look, pause=STEERING_SECONDS)
    if settings.one_processor:
        processor = Processor()
        _repeat(app, lambda: asyncio.to_thread(processor.look), name="processor", pause=PROCESSOR_SECONDS)
    _agent(app, metrics, project.topics.samples, Pipeline(screen.begin, screen.finish, pause=CHECKPOINT_SECONDS))
    return app


def _keep_app(settings: StreamSettings, storage: StorageSettings) -> FrameApp:
    project = read_project(settings.project)
    lake = Lake.open(storage)
    lake.ensure(project.config.name)
    topics = project.topics
    archive = Archive(topics=topics, bootstrap=settings.kafka_bootstrap, lake=lake)
    keep = Keep(project=project, engine=open_engine(storage), lake=lake, publisher=_publisher(settings))
    metrics = WorkerMetrics(project.config.name, Role.KEEP)
    app = _app(f"{project.config.name}-{Role.KEEP}", settings, metrics, resume=archive.resume)
    _agent(app, metrics, topics.accepted, Pipeline(_itself, archive.accepted, pause=ARCHIVE_SECONDS))
    _agent(app, metrics, topics.rejected, Pipeline(_itself, archive.rejected, pause=ARCHIVE_SECONDS))
    _agent(app, metrics, topics.tasks, Pipeline(_itself, keep.tasks))
    _agent(app, metrics, topics.receipts, Pipeline(_itself, keep.receipts))
    _agent(app, metrics, topics.labels, Pipeline(_itself, keep.labels))
    _agent(app, metrics, topics.feedback, Pipeline(_itself, keep.feedback))
    _repeat(app, keep.relay, pause=RELAY_SECONDS)
    _repeat(app, keep.join, pause=JOINING_SECONDS)
    _repeat(app, keep.steer, pause=STEERING_SECONDS)
    _repeat(app, keep.estimate, pause=ESTIMATING_SECONDS)
    _repeat(app, keep.watch, pause=DRIFT_SECONDS)
    if settings.airflow_url:
        hints = Hints(
            project=project.config.name,
            engine=keep.engine,
            airflow=settings.airflow_url,
            apart=timedelta(seconds=settings.hint_seconds),
        )
        _repeat(app, hints.look, pause=HINT_SECONDS)
    return app


async def _itself(frame: Frame) -> Frame:
    return frame


def _publisher(settings: StreamSettings) -> Publisher:
    return Publisher(settings.kafka_bootstrap, delivery_seconds=settings.delivery_seconds)


def _app(name: str, settings: StreamSettings, metrics: WorkerMetrics, *, resume: Resume | None = None) -> FrameApp:
    app = FrameApp(
        name,
        bootstrap=settings.kafka_bootstrap,
        reading={
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "session.timeout.ms": SESSION_SECONDS * 1000,
            "heartbeat.interval.ms": SESSION_SECONDS * 1000 // 5,
            **({"group.instance.id": settings.worker_id} if settings.worker_id else {}),
        },
        frame_records=settings.frame_records,
        drain_seconds=DRAIN_SECONDS,
        resume=resume,
        autodiscover=False,
        web_enabled=False,
        store="memory://",
        datadir=Path(tempfile.gettempdir()) / "assay-faust",  # for tables, of which there are none
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_wait_empty=False,  # a frame in hand when the worker stops is screened again by the next
    )

    async def serve() -> None:
        metrics.serve(settings.metrics_host, settings.metrics_port, app.lags)

    if settings.metrics_port:
        app.task(lambda: _or_crash(app, "metrics", serve))
    return app


def _agent(app: FrameApp, metrics: WorkerMetrics, topic: str, pipeline: Pipeline[Any]) -> None:
    """Add an agent that passes frames through a pipeline, and ends the worker if one cannot be handled.

    Faust itself would acknowledge the frame that failed and go on with the next, which must not be handled before
    it. A worker that starts again begins with the frame that failed.
    """

    async def agent(stream: Any) -> None:
        async for event in _frames(stream):
            if app.failed:
                return
            frame = app.begun(event)
            metrics.took(topic, len(frame))
            await _or_crash(app, topic, lambda event=event, frame=frame: pipeline.begin(event, frame))  # type: ignore[misc]

    app.agent(app.frames(topic), name=f"{app.conf.id}.{topic}")(agent)
    app.release(pipeline.drained)
    _repeat(app, pipeline.finish, name=topic)


def _repeat(app: FrameApp, action: Callable[[], Awaitable[None]], *, name: str = "", pause: float = 0.0) -> None:
    """Do `action` again and again while the worker runs, and while it finishes what is in hand; an error ends it.

    Faust's own sleep returns at once while the app stops, so that all would be done without a pause.
    """

    async def repeat() -> None:
        while not app.failed:
            await _or_crash(app, name, action)
            await asyncio.sleep(pause)

    app.task(repeat)


async def _or_crash(app: FrameApp, name: str, action: Callable[[], Awaitable[None]]) -> None:
    try:
        await action()
    except Exception as error:
        log.exception("handling failed", of=name)
        await app.fail(error)


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
