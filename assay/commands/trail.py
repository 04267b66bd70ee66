"""`assay trail`."""

from typing import Annotated

import typer
from rich.table import Table

from assay.options import ProjectFolder, out, settings_of
from assay.services import open_services
from storage.trail import entries


def trail(
    *,
    limit: Annotated[int, typer.Option(min=1, help="So many entries at most.")] = 50,
    before: Annotated[int | None, typer.Option(min=1, help="Only entries that are older than this one.")] = None,
    project: ProjectFolder = None,
) -> None:
    """Show who did what, when and from where, newest first: sign-ins, accounts, tokens, guidelines, gold."""
    with open_services(settings_of(project)) as services:
        found = entries(services.engine, services.project.config.name, limit=limit, before=before)
    table = Table("entry", "when (UTC)", "who", "from", "did", "what", "more")
    for each in found:
        more = ", ".join(f"{name} {value}" for name, value in each.detail.items())
        who = (each.actor or "", each.origin or "", each.action, each.subject or "", more)
        table.add_row(str(each.entry_id), f"{each.at:%Y-%m-%d %H:%M:%S}", *who)
    out.print(table)
