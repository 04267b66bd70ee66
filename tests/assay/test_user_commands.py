"""The commands for accounts, and the trail of what they did."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from typer.testing import CliRunner

from assay.cli import app
from schemas.errors import InputError
from schemas.roles import Role
from storage import accounts, passwords
from storage.database import open_engine
from storage.labelers import by_token
from storage.settings import StorageSettings
from storage.testing import fresh_database

Run = Callable[..., list[str]]


@pytest.fixture
def engine(stack: Any) -> Iterator[Engine]:
    """A prepared database of the test's own."""
    with fresh_database(stack.database_url) as url:
        engine = open_engine(StorageSettings(database_url=SecretStr(url)))
        yield engine
        engine.dispose()


@pytest.fixture
def run(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a command on that database, and return the lines that it prints."""
    folder = str(tmp_path_factory.mktemp("var"))
    variables = {
        "ASSAY_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "ASSAY_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "ASSAY_LAKE": f"{folder}/lake",
        "ASSAY_VAR": folder,
        "COLUMNS": "300",
    }
    runner = CliRunner(env=variables)
    return lambda *words: runner.invoke(app, words, catch_exceptions=False).output.splitlines()


def test_a_person_gets_a_code_and_another_when_the_password_is_lost(run: Run, engine: Engine) -> None:
    """The first serves no more then; names are printed as they are, however much they look like rich's markup."""
    name = "[/ada] :+1:"
    first = run("user", "add", name, "--role", "lead")
    assert first[2] == f"{name} is lead of digits, and chooses a password with it."
    second = run("user", "password", name)
    serve = [passwords.by_code(engine, "digits", name, told[1], None) for told in (first, second)]
    assert [each is None for each in serve] == [True, False]
    assert serve[1] is not None
    assert serve[1].role is Role.LEAD


def test_accounts_are_shown_with_how_their_owners_come_in(run: Run, engine: Engine) -> None:
    """And what becomes of them."""
    run("user", "add", "ada")
    token = run("labeler", "add", "script", "--lead")[1]
    assert run("user", "role", "ada", "admin") == ["ada is admin of digits now."]
    shown = " ".join(run("user", "list"))
    assert [
        each in shown for each in ("with a code, until", "by token, or with `assay user ticket`", "admin", "lead")
    ] == [True] * 4
    assert "comes in no more" in run("user", "disable", "script")[0]
    assert "not since" in " ".join(run("user", "list"))
    assert by_token(engine, "digits", token) is None
    assert run("user", "enable", "script") == ["script may come in again."]
    assert by_token(engine, "digits", token) is not None


def test_a_name_that_nobody_has_is_no_account(run: Run) -> None:
    """It is said how to find the right one."""
    with pytest.raises(InputError, match="assay user list"):
        run("user", "disable", "nobody")


def test_the_trail_tells_of_it_with_whose_command_line_it_was(run: Run, engine: Engine) -> None:
    """Newest first, in pages."""
    run("user", "add", "ada")
    run("user", "role", "ada", "admin")
    told = run("trail")
    rows = [[cell.strip() for cell in row.split("│")[3:-1]] for row in told if row.startswith("│")]
    assert [row[2:4] for row in rows] == [["role changed", "ada"], ["account added", "ada"]]
    assert [row[1].startswith("command line of ") for row in rows] == [True, True]
    assert rows[0][4] == "after admin, before labeler"
    newest = next(row.split("│")[1].strip() for row in told if row.startswith("│"))
    assert "role changed" not in " ".join(run("trail", "--before", newest, "--limit", "1"))
    assert [account.name for account in accounts.accounts_of(engine, "digits")] == ["ada"]
