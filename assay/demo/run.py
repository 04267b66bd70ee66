"""One run of the demo: a clean stack of its own, the story, the report."""

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from assay.demo.loop import Loop
from assay.demo.report import DemoReport, told
from assay.demo.script import Script
from assay.demo.stages import Stages, bars
from assay.demo.story import Story
from assay.demo.team import Team
from assay.options import out
from assay.platform import loop, schedule, storage_of
from assay.services import Services, opened
from infra.airflow import Airflow
from infra.settings import InfraSettings, load_settings
from infra.stack import Progress, Stack
from schemas.errors import ConflictError
from storage.projects import Project
from streams.topics import offsets


def run(folder: Path, *, samples: int, seed: int, keep: bool) -> bool:
    """Run the demo and write its report; return whether the audit is ok and every planted fault was caught."""
    settings, script = _own_folder(load_settings()), Script.of(folder, samples=samples, seed=seed)
    with bars() as progress:
        stages = Stages(progress)
        with stages.stage("clean", "Clean up the demo before"):
            _clean(settings)
        with _running(settings, stages, script.project, keep=keep) as (stack, scheduled):
            report = _told_by(stack, scheduled, stages, script)
    path = settings.var / "report.json"
    path.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    out.print(told(report))
    again = f"ASSAY_VAR={settings.var} assay up --project {script.project.folder}"
    out.print(f"The report is in {path}. To look around: {again}", soft_wrap=True)
    return report.ok


def _own_folder(settings: InfraSettings) -> InfraSettings:
    """Return settings of a stack and a lake of the demo's own: it starts clean, so it must not touch another."""
    return settings.model_copy(update={"var": settings.var / "demo", "lake": None, "lake_properties": None})


def _clean(settings: InfraSettings) -> None:
    Stack(settings).stop()
    if settings.var.exists():
        shutil.rmtree(settings.var)


@contextmanager
def _running(
    settings: InfraSettings, stages: Stages, project: Project, *, keep: bool
) -> Iterator[tuple[Stack, Future[None]]]:
    """Run the platform, and stop it however the end comes; Airflow may still be starting, as the future tells."""
    signal.signal(signal.SIGTERM, _terminated)
    stack = Stack(settings)
    with ThreadPoolExecutor(1) as background:
        try:
            first = loop(stack, project, hints=False)  # the story says when a version is built
            with stages.stage("start", "Start Kafka, PostgreSQL, workers and API", len(first)) as done:
                stack.start(first, on_progress=_counted(done))
            yield stack, background.submit(stack.start, schedule(stack, project))
        finally:
            background.shutdown(wait=True)
            if not keep:
                with stages.stage("stop", "Stop everything"):
                    stack.stop()


def _told_by(stack: Stack, scheduled: Future[None], stages: Stages, script: Script) -> DemoReport:
    with (
        _services(stack, script.project) as services,
        Team.opened(services, stack.addresses.api_url, script) as team,
        Airflow(stack.addresses.airflow_url.get_secret_value()) as airflow,
    ):
        story = Story(
            services=services,
            stages=stages,
            team=team,
            airflow=airflow,
            scheduled=scheduled,
            script=script,
        )
        story.day()
        change = script.simulation.change
        return story.end(Loop.of(story, change).run() if change else None)


@contextmanager
def _services(stack: Stack, project: Project) -> Iterator[Services]:
    """Open the services of the demo's stack.

    Raises:
        ConflictError: outside services are set, and they hold samples already.
    """
    bootstrap = stack.addresses.kafka_bootstrap
    if any(end for _, end in offsets(bootstrap, project.topics.samples).values()):
        raise ConflictError(
            f"The demo starts clean, and {bootstrap} holds samples of {project.config.name} already: unset "
            "ASSAY_KAFKA_BOOTSTRAP and ASSAY_DATABASE_URL, or give it an empty broker and database."
        )
    with opened(project, storage_of(stack), bootstrap) as services:
        yield services


def _counted(done: Callable[[int], None]) -> Progress:
    """Return what counts the programs that are ready."""
    ready: set[str] = set()

    def on_progress(name: str, phase: str) -> None:
        if phase == "ready":
            ready.add(name)
            done(len(ready))

    return on_progress


def _terminated(number: int, _: FrameType | None) -> None:
    """Leave as after an error, so that everything is stopped."""
    sys.exit(128 + number)
