"""`assay labeler`."""

from typing import Annotated

import typer

from assay.options import ProjectFolder, out, settings_of
from assay.services import open_services
from storage.labelers import register


def add(
    name: Annotated[str, typer.Argument(help="What the labeler is called.")],
    *,
    lead: Annotated[bool, typer.Option("--lead", help="May publish guidelines and see findings.")] = False,
    project: ProjectFolder = None,
) -> None:
    """Register somebody who labels, and print the access token: it is shown this once."""
    with open_services(settings_of(project)) as services:
        token = register(services.engine, services.project.config.name, name, simulated=False, lead=lead)
    out.print(f"{name} may label now. The token, which is not kept and cannot be shown again:")
    out.print(token, soft_wrap=True, markup=False, highlight=False)
