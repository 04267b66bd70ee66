"""Tickets: what signs the owner of an account in once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from schemas.errors import ConflictError, InputError
from schemas.roles import Role
from storage import accounts, passwords, tickets, trail
from storage.labelers import digest, register
from storage.passwords import Visit
from storage.sessions import by_session
from storage.testing import enlist
from storage.trail import NOBODY, Action

VISIT = Visit(lifetime=timedelta(hours=1), origin=None, former=None)


def entered(engine: Engine, project: str, ticket: str | None) -> tuple[str, Role] | None:
    """Use a ticket; return who signs in by it, and as what."""
    found = tickets.redeem(engine, project, ticket or "", VISIT)
    if found is None:
        return None
    labeler, secret = found
    assert by_session(engine, project, secret, timedelta(hours=1)) == labeler
    return labeler.name, labeler.role


def test_a_project_begins_with_an_admin_whose_ticket_serves_once(engine: Engine) -> None:
    """It is made once, too."""
    ticket = tickets.first(engine, "new", NOBODY)
    assert tickets.first(engine, "new", NOBODY) is None
    assert entered(engine, "new", ticket) == ("admin", Role.ADMIN)
    assert entered(engine, "new", ticket) is None
    found = [(entry.action, entry.subject) for entry in trail.entries(engine, "new", limit=9)]
    assert found == [(Action.SIGNED_IN, "admin"), (Action.ACCOUNT_ADDED, "admin")]


def test_simulations_and_programs_do_not_keep_a_project_from_its_first_admin(engine: Engine) -> None:
    """A person does, whatever the role; and so does a program of that name, which stays what it is."""
    enlist(engine, "simulated only", "bot")
    register(engine, "simulated only", "script", simulated=False)
    assert tickets.first(engine, "simulated only", NOBODY) is not None
    accounts.add(engine, "with a person", "ada", Role.LABELER, NOBODY)
    assert tickets.first(engine, "with a person", NOBODY) is None
    register(engine, "taken", "admin", simulated=False)
    assert tickets.first(engine, "taken", NOBODY) is None


def test_a_ticket_serves_an_hour_in_its_project_until_the_next(engine: Engine) -> None:
    """And whoever is disabled comes in by none."""
    accounts.add(engine, "tickets", "ada", Role.LEAD, NOBODY)
    one, two = (tickets.issue(engine, "tickets", "ada", NOBODY) for _ in range(2))
    assert entered(engine, "tickets", one) is None
    assert entered(engine, "another", two) is None
    account = accounts.id_of(engine, "tickets", "ada")
    accounts.disable(engine, "tickets", account, NOBODY)
    assert entered(engine, "tickets", two) is None
    with pytest.raises(InputError, match="assay user enable"):
        tickets.issue(engine, "tickets", "ada", NOBODY)
    accounts.enable(engine, "tickets", account, NOBODY)
    later(engine, seconds=3600)
    assert entered(engine, "tickets", two) is None
    later(engine, seconds=-3600)
    assert entered(engine, "tickets", two) == ("ada", Role.LEAD)


def later(engine: Engine, *, seconds: int) -> None:
    """Let time pass for tickets."""
    past = text("UPDATE passwords SET ticket_expires_at = ticket_expires_at - :seconds * interval '1 second'")
    with engine.begin() as connection:
        connection.execute(past, {"seconds": seconds})


def test_a_new_code_and_a_new_password_void_a_ticket(engine: Engine) -> None:
    """Whoever closes the one way in must not leave another open."""
    code = accounts.add(engine, "void", "ada", Role.LEAD, NOBODY)
    ticket = tickets.issue(engine, "void", "ada", NOBODY)
    labeler = passwords.by_code(engine, "void", "ada", code, None)
    assert labeler is not None
    passwords.choose(engine, labeler, "hash", VISIT, instead_of=digest(code))
    assert entered(engine, "void", ticket) is None
    ticket = tickets.issue(engine, "void", "ada", NOBODY)
    accounts.issue_code(engine, "void", labeler.labeler_id, NOBODY)
    assert entered(engine, "void", ticket) is None


def test_a_first_password_is_chosen_once_without_another(engine: Engine) -> None:
    """By who came in by a ticket; from then on it takes the one before."""
    found = tickets.redeem(engine, "first", tickets.first(engine, "first", NOBODY) or "", VISIT)
    assert found is not None
    admin, _ = found
    assert passwords.lacking(engine, admin)
    passwords.choose(engine, admin, "hash", VISIT, instead_of=None)
    assert not passwords.lacking(engine, admin)
    with pytest.raises(ConflictError):
        passwords.choose(engine, admin, "another", VISIT, instead_of=None)


def test_a_simulation_gets_no_ticket(engine: Any) -> None:
    """What a person labels is marked as a person's."""
    enlist(engine, "bots", "bot")
    with pytest.raises(InputError, match="simulation"):
        tickets.issue(engine, "bots", "bot", NOBODY)
