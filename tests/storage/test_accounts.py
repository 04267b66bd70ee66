"""Accounts: who may come in as what, and that a project keeps an admin."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Engine, text

from schemas.errors import ConflictError, InputError
from schemas.roles import PERMISSIONS, Permission, Role
from storage import accounts, migrate, passwords, tokens
from storage.database import open_engine
from storage.label_studio import link, linked
from storage.labelers import by_token, digest, register
from storage.passwords import Visit
from storage.settings import StorageSettings
from storage.testing import empty_database, enlist
from storage.trail import NOBODY, Author

VISIT = Visit(lifetime=timedelta(hours=1), origin=None, former=None)


def test_every_role_is_said_what_it_may() -> None:
    """Nobody but admins says who may do what, and who sees others' answers before answering does not label."""
    assert set(PERMISSIONS) == set(Role)
    assert [role for role in Role if Permission.ADMINISTER in PERMISSIONS[role]] == [Role.ADMIN]
    assert PERMISSIONS[Role.ADMIN] == set(Permission)


def test_an_account_is_listed_with_how_its_owner_comes_in(engine: Engine) -> None:
    """By a code first, by a password then, and not at all at the end."""
    code = accounts.add(engine, "listed", "ada", Role.ENGINEER, NOBODY)
    (waiting,) = accounts.accounts_of(engine, "listed")
    assert (waiting.name, waiting.role, waiting.has_password) == ("ada", Role.ENGINEER, False)
    assert waiting.code_expires_at is not None
    assert waiting.code_expires_at - waiting.created_at == timedelta(days=7)
    labeler = passwords.by_code(engine, "listed", "ada", code, None)
    assert labeler is not None
    passwords.choose(engine, labeler, "hash", VISIT, instead_of=digest(code))
    accounts.disable(engine, "listed", waiting.account_id, NOBODY)
    (out,) = accounts.accounts_of(engine, "listed")
    assert (out.has_password, out.code_expires_at, out.disabled_at is None) == (True, None, False)


def test_a_name_is_one_accounts_whether_a_person_has_it_or_a_program(engine: Engine) -> None:
    """They are labelers all."""
    register(engine, "named", "ada", simulated=False)
    with pytest.raises(ConflictError, match="another name"):
        accounts.add(engine, "named", "ada", Role.LEAD, NOBODY)
    with pytest.raises(InputError, match="printable"):
        accounts.add(engine, "named", "a\nb", Role.LEAD, NOBODY)


def test_a_simulation_gets_no_code(engine: Engine) -> None:
    """Whoever signs in is a person, and what a person labels is marked as such."""
    labeler = enlist(engine, "simulated", "bot")
    with pytest.raises(InputError, match="simulation"):
        accounts.issue_code(engine, "simulated", labeler.labeler_id, NOBODY)


@pytest.mark.parametrize(
    "change", [accounts.disable, lambda *known: accounts.set_role(*known[:3], Role.LEAD, known[3])]
)
def test_nobody_changes_the_own_account(engine: Engine, change: Callable[..., None]) -> None:
    """So that the admin who is at work stays one."""
    admin = enlist(engine, f"own {change}", "ada", lead=True)
    with pytest.raises(InputError, match="your own"):
        change(engine, admin.project, admin.labeler_id, admin.author)


@pytest.mark.parametrize("change", [accounts.disable, accounts.enable, accounts.issue_code])
def test_an_account_of_another_project_is_out_of_reach(engine: Engine, change: Callable[..., Any]) -> None:
    """By its id, or by a name that nobody has."""
    theirs = enlist(engine, f"theirs {change}", "ada")
    with pytest.raises(InputError, match="no account"):
        change(engine, "ours", theirs.labeler_id, NOBODY)
    with pytest.raises(InputError, match="no account"):
        accounts.id_of(engine, "ours", "ada")


def test_a_role_counts_from_the_next_request_on(engine: Engine) -> None:
    """Whatever token or session asks."""
    token = register(engine, "roles", "ada", simulated=False)
    before = by_token(engine, "roles", token)
    assert before is not None
    accounts.set_role(engine, "roles", before.labeler_id, Role.LEAD, NOBODY)
    after = by_token(engine, "roles", token)
    assert after is not None
    assert (before.role, after.role) == (Role.LABELER, Role.LEAD)


def test_who_is_disabled_answers_in_label_studio_no_more_either(engine: Engine) -> None:
    """Their users are labelers here."""
    labeler = enlist(engine, "studio", "ada")
    link(engine, "studio", "ada", "ada@example.org")
    accounts.disable(engine, "studio", labeler.labeler_id, NOBODY)
    assert linked(engine, "studio") == {}
    accounts.enable(engine, "studio", labeler.labeler_id, NOBODY)
    assert set(linked(engine, "studio")) == {"ada@example.org"}


def test_a_code_is_used_once_also_by_two_at_once(engine: Engine) -> None:
    """The second finds that it serves no more."""
    code = accounts.add(engine, "twice", "ada", Role.LABELER, NOBODY)
    labeler = passwords.by_code(engine, "twice", "ada", code, None)
    assert labeler is not None

    def choose(number: int) -> bool:
        try:
            return bool(passwords.choose(engine, labeler, f"hash {number}", VISIT, instead_of=digest(code)))
        except ConflictError:
            return False

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(choose, range(4))) == [False, False, False, True]


def test_a_password_that_was_voided_while_it_was_verified_opens_nothing(engine: Engine) -> None:
    """Nor does one of an account that was disabled meanwhile."""
    code = accounts.add(engine, "late", "ada", Role.LABELER, NOBODY)
    labeler = passwords.by_code(engine, "late", "ada", code, None)
    assert labeler is not None
    passwords.choose(engine, labeler, "hash", VISIT, instead_of=digest(code))
    verified = passwords.known(engine, "late", "ada", None)
    assert verified is not None
    accounts.disable(engine, "late", labeler.labeler_id, NOBODY)
    with pytest.raises(ConflictError, match="anew"):
        passwords.sign_in(engine, verified, VISIT)
    accounts.enable(engine, "late", labeler.labeler_id, NOBODY)
    accounts.issue_code(engine, "late", labeler.labeler_id, NOBODY)
    with pytest.raises(ConflictError, match="anew"):
        passwords.sign_in(engine, verified, VISIT)


def test_tokens_have_a_limit_and_a_time(engine: Engine) -> None:
    """One that is revoked makes room, and one that has expired does."""
    labeler = enlist(engine, "tokens", "ada")
    with engine.connect() as connection:
        now = connection.scalars(text("SELECT now()")).one()
    with pytest.raises(InputError, match="past"):
        tokens.issue(engine, labeler, "late", now)
    issued = [tokens.issue(engine, labeler, "script", now + timedelta(hours=1)) for _ in range(49)]
    with pytest.raises(ConflictError, match="revoke one"):
        tokens.issue(engine, labeler, "one too many")
    standing = tokens.tokens_of(engine, labeler)
    assert ([token.name for token in standing], standing[0].used_at is None) == (["first"] + ["script"] * 49, False)
    tokens.revoke(engine, labeler, standing[-1].token_id)
    with pytest.raises(InputError, match="no token"):
        tokens.revoke(engine, labeler, standing[-1].token_id)
    assert [by_token(engine, "tokens", issued[number]) is None for number in (-1, 0)] == [True, False]
    with engine.begin() as connection:
        connection.execute(text("UPDATE tokens SET expires_at = now() WHERE expires_at IS NOT NULL"))
    assert [by_token(engine, "tokens", token) for token in issued] == [None] * 49
    assert [token.name for token in tokens.tokens_of(engine, labeler)] == ["first"]


def test_a_token_of_another_is_out_of_reach(engine: Engine) -> None:
    """By its id."""
    ada, bob = (enlist(engine, "apart", name) for name in ("ada", "bob"))
    with pytest.raises(InputError, match="no token"):
        tokens.revoke(engine, bob, tokens.tokens_of(engine, ada)[0].token_id)


def test_tokens_and_leads_of_before_accounts_work_as_before(stack: Any) -> None:
    """The migration keeps what it finds, and gives it back."""
    with empty_database(stack.database_url) as url:
        settings = StorageSettings(database_url=SecretStr(url))
        engine = open_engine(settings)
        with migrate._config(settings) as config:
            before = str(ScriptDirectory.from_config(config).get_revision("0011").down_revision)
            command.upgrade(config, before)
        columns = "project, name, token_sha256, simulated, lead"
        row = f"INSERT INTO labelers ({columns}) VALUES ('old', 'ada', :sha, false, true)"  # noqa: S608 - of constants
        with engine.begin() as connection:
            connection.execute(text(row), {"sha": digest("an old token")})
        migrate.migrate(settings)
        labeler = by_token(engine, "old", "an old token")
        assert labeler is not None
        assert (labeler.name, labeler.role) == ("ada", Role.LEAD)
        accounts.add(engine, "old", "bob", Role.ENGINEER, Author(origin="a test"))
        with migrate._config(settings) as config:
            command.downgrade(config, before)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT name, token_sha256, lead FROM labelers ORDER BY name")).all()
        engine.dispose()
    assert (rows[0], rows[1][0], rows[1][2]) == (("ada", digest("an old token"), True), "bob", False)
