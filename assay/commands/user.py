"""`assay user`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine

from assay.options import ENTER, ProjectFolder, author, out, settings_of
from assay.platform import console_of
from assay.services import open_services
from infra.settings import load_settings
from infra.stack import Stack
from schemas.roles import Role
from storage import accounts, tickets
from storage.accounts import Account
from storage.trail import Author

Named = Annotated[str, typer.Argument(help="What the person is called.")]
NewRole = Annotated[Role, typer.Argument(help="What the person is from now on.")]


def add(
    name: Named,
    *,
    role: Annotated[Role, typer.Option(help="What the person is in the project.")] = Role.LABELER,
    project: ProjectFolder = None,
) -> None:
    """Make a person's account, and print the code with which a password is chosen: it is shown this once."""
    with _database(project) as (engine, known_as):
        code = accounts.add(engine, known_as, name, role, author())
    _show(code)
    out.print(f"{name} is {role} of {known_as}, and chooses a password with it.")


def list_users(*, project: ProjectFolder = None) -> None:
    """Show every account of the project: its role, and how its owner comes in."""
    with _database(project) as (engine, known_as):
        found = accounts.accounts_of(engine, known_as)
    table = Table("name", "role", "signs in", "since")
    for each in found:
        table.add_row(each.name, each.role, _signs_in(each), f"{each.created_at:%Y-%m-%d}")
    out.print(table)


def password(name: Named, *, project: ProjectFolder = None) -> None:
    """Void a person's password and sessions, and print a code to choose another one: it is shown this once."""
    with _database(project) as (engine, known_as):
        code = accounts.issue_code(engine, known_as, accounts.id_of(engine, known_as, name), author())
    _show(code)
    out.print(f"{name} chooses a password with it; the one before is void, and signed out everywhere.")


def ticket(name: Named, *, project: ProjectFolder = None) -> None:
    """Print an address that signs a person in, once and within an hour: it is shown this once."""
    with open_services(settings_of(project)) as services:
        issued = tickets.issue(services.engine, services.project.config.name, name, author())
        console = console_of(Stack(load_settings()), services.project)
    out.print(f"{console}{ENTER}{issued}", soft_wrap=True, highlight=False)
    out.print(f"It signs {name} in, once and within an hour; a password goes on working.")


def role(name: Named, new: NewRole, *, project: ProjectFolder = None) -> None:
    """Change what a person may do."""
    with _database(project) as (engine, known_as):
        accounts.set_role(engine, known_as, accounts.id_of(engine, known_as, name), new, author())
    out.print(f"{name} is {new} of {known_as} now.")


def disable(name: Named, *, project: ProjectFolder = None) -> None:
    """Let somebody in no more, by any way; labels stay."""
    _change(accounts.disable, name, project)
    out.print(f"{name} comes in no more: signed out everywhere, and no token and no password works.")


def enable(name: Named, *, project: ProjectFolder = None) -> None:
    """Let somebody in again, with the password and the tokens of before."""
    _change(accounts.enable, name, project)
    out.print(f"{name} may come in again.")


def _change(change: Callable[[Engine, str, int, Author], None], name: str, project: Path | None) -> None:
    with _database(project) as (engine, known_as):
        change(engine, known_as, accounts.id_of(engine, known_as, name), author())


def _signs_in(account: Account) -> str:
    if account.disabled_at:
        return f"not since {account.disabled_at:%Y-%m-%d}"
    if account.ticket_expires_at and not account.has_password:
        return f"with a ticket, until {account.ticket_expires_at:%Y-%m-%d %H:%M} UTC"
    if account.code_expires_at:
        return f"with a code, until {account.code_expires_at:%Y-%m-%d %H:%M} UTC"
    if account.has_password:
        return "with a password"
    return "never; a simulation, by token" if account.simulated else "by token, or with `assay user ticket`"


@contextmanager
def _database(project: Path | None) -> Iterator[tuple[Engine, str]]:
    with open_services(settings_of(project)) as services:
        yield services.engine, services.project.config.name


def _show(code: str) -> None:
    """Print a code before anything that could fail to be printed: there is no second time."""
    out.print("The code, which serves once within seven days, is not kept, and cannot be shown again:")
    out.print(code, soft_wrap=True, highlight=False)
