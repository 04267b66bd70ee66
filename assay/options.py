"""What several commands have in common: the project option, and where they print."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assay.settings import CommandSettings

# What is printed is often what somebody else wrote: a name or a path in brackets is no markup.
out = Console(markup=False, emoji=False)

ProjectFolder = Annotated[
    Path | None,
    typer.Option("--project", help="Folder of the project. [default: ASSAY_PROJECT, else the digits example]"),
]


def settings_of(project: Path | None) -> CommandSettings:
    """Return the settings, with the project of the command line if one is given there."""
    return CommandSettings() if project is None else CommandSettings(project=project)
