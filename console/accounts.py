"""The endpoints of admins: accounts, and the trail."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from console.access import Administering
from console.desk import OpenDesk
from console.problems import PROBLEMS
from schemas.roles import Name, Role
from storage import accounts, trail

router = APIRouter(prefix="/v1", responses=PROBLEMS)

# What PostgreSQL can hold.
Id = Annotated[int, Field(ge=1, lt=2**63)]


class NewAccount(BaseModel):
    """Somebody who may come in."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    role: Role


class Invited(BaseModel):
    """A code, shown this once, with which a password is chosen (`PUT /v1/password`); it serves for seven days."""

    code: str


class NewRole(BaseModel):
    """What somebody may do from now on."""

    model_config = ConfigDict(extra="forbid")

    role: Role


class Page(BaseModel):
    """Entries of the trail, newest first; `next`, if there are older ones, is the `before` of the page with them."""

    entries: list[trail.Entry]
    next: int | None


@router.get("/accounts")
def everybody(desk: OpenDesk, _: Administering) -> list[accounts.Account]:
    """Return every account of the project, by name; for admins."""
    return list(accounts.accounts_of(desk.engine, desk.project.name))


@router.post("/accounts", status_code=201)
def add(desk: OpenDesk, admin: Administering, new: NewAccount) -> Invited:
    """Make an account, and a code with which its owner chooses a password; for admins."""
    return Invited(code=accounts.add(desk.engine, desk.project.name, new.name, new.role, admin.author))


@router.put("/accounts/{account_id}/role", status_code=204)
def set_role(desk: OpenDesk, admin: Administering, account_id: Id, new: NewRole) -> None:
    """Change what somebody else may do, from the next request on; for admins."""
    accounts.set_role(desk.engine, desk.project.name, account_id, new.role, admin.author)


@router.post("/accounts/{account_id}/code", status_code=201)
def issue_code(desk: OpenDesk, admin: Administering, account_id: Id) -> Invited:
    """Void an account's password and sessions, and make a code to choose another password with; for admins."""
    return Invited(code=accounts.issue_code(desk.engine, desk.project.name, account_id, admin.author))


@router.post("/accounts/{account_id}/disabled", status_code=204)
def disable(desk: OpenDesk, admin: Administering, account_id: Id) -> None:
    """Let somebody else in no more, by any way; labels stay; for admins."""
    accounts.disable(desk.engine, desk.project.name, account_id, admin.author)


@router.delete("/accounts/{account_id}/disabled", status_code=204)
def enable(desk: OpenDesk, admin: Administering, account_id: Id) -> None:
    """Let somebody in again, with the password and the tokens of before; for admins."""
    accounts.enable(desk.engine, desk.project.name, account_id, admin.author)


@router.get("/trail")
def page(
    desk: OpenDesk,
    _: Administering,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Page:
    """Return who did what, when and from where, newest first; for admins."""
    found = list(trail.entries(desk.engine, desk.project.name, limit=limit, before=before))
    return Page(entries=found, next=found[-1].entry_id if len(found) == limit else None)
