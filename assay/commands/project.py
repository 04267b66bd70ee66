"""`assay project`."""

from pathlib import Path
from typing import Annotated

import typer

from assay.options import out
from storage.projects import read_project


def check(folder: Annotated[Path, typer.Argument(help="The project's folder; its Python files are run.")]) -> None:
    """Name everything that is wrong with a project folder, all at once."""
    project = read_project(folder)
    config = project.config
    out.print(f"{folder} is sound: project {config.name}, contract version {config.contract.current},")
    out.print(f"{len(project.rules)} expectations on the stream, {len(config.labels.classes)} classes.")
