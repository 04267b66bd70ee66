"""The trail: who did what; nobody changes it, and it stands or falls with what it tells of."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from schemas.errors import InputError
from schemas.guidelines import Draft
from schemas.labels import Purpose
from schemas.roles import Role
from storage import accounts, gold
from storage.answers import answer, undo
from storage.assignments import skip
from storage.guidelines import ensure
from storage.labelers import reissue
from storage.publishing import publish
from storage.queue import claim, enqueue
from storage.testing import enlist, project_config, task_request
from storage.trail import NOBODY, Action, Author, Entry, entries, note


def told(engine: Engine, project: str) -> list[Entry]:
    """Return the whole trail of a project, oldest first."""
    return list(reversed(entries(engine, project, limit=1000)))


@pytest.mark.parametrize("change", ["UPDATE trail SET action = 'x'", "DELETE FROM trail", "TRUNCATE trail"])
def test_what_is_written_stays(engine: Engine, change: str) -> None:
    """Also against who owns the table, which the application does."""
    with engine.begin() as connection:
        note(connection, change, NOBODY, Action.SIGNED_IN)
    with pytest.raises(DBAPIError, match="only ever added to"), engine.begin() as connection:
        connection.execute(text(change))
    assert [entry.action for entry in told(engine, change)] == [Action.SIGNED_IN]


def test_it_is_read_in_pages_newest_first(engine: Engine) -> None:
    """And each project's apart."""
    with engine.begin() as connection:
        for number in range(5):
            note(connection, "pages", NOBODY, Action.GOLD_MADE, f"task {number}")
            note(connection, "others", NOBODY, Action.GOLD_MADE, "task 9")
    first = entries(engine, "pages", limit=3)
    rest = entries(engine, "pages", limit=3, before=first[-1].entry_id)
    assert [[entry.subject for entry in page] for page in (first, rest)] == [
        ["task 4", "task 3", "task 2"],
        ["task 1", "task 0"],
    ]


def test_what_leads_do_is_told_with_who_and_whence(engine: Engine) -> None:
    """Guidelines, adjudication and gold; labels stand on their own, with their labelers."""
    project = project_config("leads")
    ensure(engine, project.name, "A cat has whiskers.", project.labels.classes)
    enqueue(engine, project, [task_request(project.name, 0)])
    lead = enlist(engine, project.name, "ada", lead=True)
    for name in ("bob", "eve", "mallory"):
        labeler = enlist(engine, project.name, name)
        assignment = claim(engine, project, labeler)
        assert assignment is not None
        skip(engine, project, labeler, assignment.assignment_id, "blurred")
    adjudication = claim(engine, project, lead, Purpose.EXPERT)
    assert adjudication is not None
    task = f"task {adjudication.task_id}"
    for given in ("dog", "cat"):
        answer(engine, project, lead, adjudication.assignment_id, given)
        if given == "dog":
            undo(engine, project, lead, adjudication.assignment_id)
    for _ in range(2):
        gold.make(engine, project, lead, adjudication.task_id)
    gold.retire(engine, project, adjudication.task_id, Author(labeler_id=lead.labeler_id, origin="10.0.0.1"))
    publish(engine, project, Draft(body="A dog barks."), lead.author)
    publish(engine, project, Draft(body="A dog barks."), lead.author)
    shown = [(entry.actor, entry.action, entry.subject) for entry in told(engine, project.name)][4:]
    assert shown == [
        ("ada", Action.ADJUDICATED, task),
        ("ada", Action.ADJUDICATION_UNDONE, task),
        ("ada", Action.ADJUDICATED, task),
        ("ada", Action.GOLD_MADE, task),
        ("ada", Action.GOLD_RETIRED, task),
        ("ada", Action.GUIDELINE_PUBLISHED, "guideline 2"),
    ]
    assert [entry.origin for entry in told(engine, project.name) if entry.action is Action.GOLD_RETIRED] == ["10.0.0.1"]


def test_what_admins_do_is_told_once_and_only_if_it_was_done(engine: Engine) -> None:
    """Doing it again changes nothing, and tells nothing; nor does what failed."""
    by = Author(origin="command line of root")
    accounts.add(engine, "admins", "ada", Role.LABELER, by)
    account = accounts.id_of(engine, "admins", "ada")
    for _ in range(2):
        accounts.set_role(engine, "admins", account, Role.LEAD, by)
        accounts.disable(engine, "admins", account, by)
    accounts.enable(engine, "admins", account, by)
    accounts.issue_code(engine, "admins", account, by)
    reissue(engine, "admins", "ada", by)
    with pytest.raises(InputError):
        accounts.disable(engine, "admins", 10**9, by)
    entries_ = told(engine, "admins")
    assert [entry.action for entry in entries_] == [
        Action.ACCOUNT_ADDED,
        Action.ROLE_CHANGED,
        Action.ACCOUNT_DISABLED,
        Action.ACCOUNT_ENABLED,
        Action.CODE_ISSUED,
        Action.TOKEN_ISSUED,
    ]
    assert {(entry.actor, entry.origin, entry.subject) for entry in entries_} == {(None, by.origin, "ada")}
    assert entries_[1].detail == {"before": "labeler", "after": "lead"}
