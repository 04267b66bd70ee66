"""`assay labeler`."""

from typing import Annotated

import typer

from assay.options import ProjectFolder, author, out, settings_of
from assay.services import open_services
from schemas.roles import Role
from storage.labelers import register, reissue


def add(
    name: Annotated[str, typer.Argument(help="What the labeler is called.")],
    *,
    lead: Annotated[
        bool, typer.Option("--lead", help="May publish guidelines, see findings, adjudicate, and make tasks gold.")
    ] = False,
    project: ProjectFolder = None,
) -> None:
    """Register somebody who labels, and print the access token: it is shown this once."""
    role = Role.LEAD if lead else Role.LABELER
    with open_services(settings_of(project)) as services:
        issued = register(services.engine, services.project.config.name, name, simulated=False, role=role, by=author())
    _show(issued)
    out.print(f"{name} may label now.")


def token(
    name: Annotated[str, typer.Argument(help="What the labeler is called.")], *, project: ProjectFolder = None
) -> None:
    """Give a labeler another token, and print it: it is shown this once, and those before stop working."""
    with open_services(settings_of(project)) as services:
        issued = reissue(services.engine, services.project.config.name, name, author())
    _show(issued)
    out.print(f"{name} goes on with it; what tokens there were before are void.")


def _show(token: str) -> None:
    """Print a token before anything that could fail to be printed: there is no second time."""
    out.print("The token, which is not kept and cannot be shown again:")
    out.print(token, soft_wrap=True, highlight=False)
