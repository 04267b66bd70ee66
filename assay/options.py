"""What several commands have in common: the project option, and where they print."""

import os
import pwd
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assay.settings import CommandSettings
from schemas.errors import InputError
from storage.trail import Author

# What is printed is often what somebody else wrote: a name or a path in brackets is no markup.
out = Console(markup=False, emoji=False)

# Behind this path of the console stands a ticket, which signs in; browsers keep what is behind a # to themselves.
ENTER = "/enter#"

ProjectFolder = Annotated[
    Path | None,
    typer.Option("--project", help="Folder of the project. [default: ASSAY_PROJECT, else the digits example]"),
]


def settings_of(project: Path | None) -> CommandSettings:
    """Return the settings, with the project of the command line if one is given there."""
    return CommandSettings() if project is None else CommandSettings(project=project)


def time_of(option: str, text: str | None) -> datetime | None:
    """Return a time of the command line; without a zone it is in UTC."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(f"{option} {text} is no time: write 2026-01-31 or 2026-01-31T12:00:00Z.") from None


def author() -> Author:
    """Return who the trail says did it: the user of this machine whose command line it is."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # containers run as numbers without a name
        user = f"user {os.getuid()}"
    return Author(origin=f"command line of {user}")
