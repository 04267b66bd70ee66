"""`assay label-studio`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from assay.options import ProjectFolder, out, settings_of
from console.label_studio.bridge import Bridge, Swept, open_bridge
from console.label_studio.client import address
from console.settings import LabelStudioSettings
from schemas.errors import InputError
from storage import label_studio as kept
from storage.database import open_engine
from storage.projects import Project, read_project
from storage.settings import StorageSettings

# So many annotations that were refused are named.
NAMED = 10


def push(
    *,
    new_project: Annotated[
        bool, typer.Option("--new-project", help="Make another project there, and forget the one before.")
    ] = False,
    project: ProjectFolder = None,
) -> None:
    """Sweep, then send the most urgent tasks to Label Studio, until as many stand there as may."""
    with _bridge(project) as bridge:
        sent, swept = bridge.push(new_project=new_project)
    _tell(swept)
    out.print(f"Sent {sent} tasks; {len(swept.standing) + sent} stand there now.")


def sweep(*, project: ProjectFolder = None) -> None:
    """Count the annotations in Label Studio that were not counted yet, and remove tasks that are done."""
    with _bridge(project) as bridge:
        swept = bridge.sweep()
    _tell(swept)
    out.print(f"{len(swept.standing)} tasks stand there now.")


def link(
    name: Annotated[str, typer.Argument(help="What the labeler is called here.")],
    email: Annotated[str, typer.Argument(help="The e-mail address with which the user signs in to Label Studio.")],
    *,
    project: ProjectFolder = None,
) -> None:
    """Say which labeler a user of Label Studio is; nobody else's annotations count."""
    with _database(project) as (engine, read):
        kept.link(engine, read.config.name, name, email)
    out.print(f"What {kept.normal(email)} answers in Label Studio is {name}'s answer from now on.")


def status(*, project: ProjectFolder = None) -> None:
    """Show what became of Label Studio's annotations, and why the last ones that were refused do not count."""
    url = LabelStudioSettings().label_studio_url
    if url is None:
        raise InputError("Set ASSAY_LABEL_STUDIO_URL to the address of your Label Studio.")
    with _database(project) as (engine, read):
        studio = kept.studio_project(engine, read.config.name, address(url))
        if studio is None:
            out.print(f"Nothing was sent to {url} yet: `assay label-studio push` does it.")
            return
        fates, refused = kept.outcomes(engine, studio), kept.last_refused(engine, studio, NAMED)
        users = kept.linked(engine, read.config.name)
    out.print(f"Project {studio.number} of {url}; {len(users)} users are linked to labelers.")
    out.print(_in_words(fates))
    for one in refused:
        out.print(f"{one.reason}: annotation {one.annotation}: {one.body}", soft_wrap=True)


@contextmanager
def _database(folder: Path | None) -> Iterator[tuple[Engine, Project]]:
    read = read_project(settings_of(folder).project)
    engine = open_engine(StorageSettings())
    try:
        yield engine, read
    finally:
        engine.dispose()


@contextmanager
def _bridge(folder: Path | None) -> Iterator[Bridge]:
    settings = LabelStudioSettings()
    with _database(folder) as (engine, read), open_bridge(engine, read.config, settings) as bridge:
        yield bridge


def _tell(swept: Swept) -> None:
    out.print(_in_words(swept.fates))
    if swept.removed:
        out.print(f"Removed {swept.removed} tasks there that want no answer any more.")
    if swept.foreign:
        out.print(f"{swept.foreign} tasks there are not ours, or were edited: nothing of them counts.")


def _in_words(fates: Mapping[str, int]) -> str:
    if not fates:
        return "No annotation was found."
    each = ", ".join(f"{number} {fate}" for fate, number in sorted(fates.items()))
    return f"Annotations: {each}."
