"""Commands explain themselves, and a failure says what to do."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import SecretStr

from assay.__main__ import main
from assay.cli import app
from assay.settings import CommandSettings
from console.settings import ConsoleSettings
from infra.settings import InfraSettings
from schemas.topics import Topics
from storage.database import open_engine
from storage.labelers import by_token
from storage.settings import StorageSettings
from storage.testing import empty_database, fresh_database
from streams.settings import StreamSettings

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What a command printed, and with which status it ended."""

    returncode: int
    stdout: str
    stderr: str


def assay(*arguments: str, **variables: str) -> Ended:
    """Run a command where no stack runs, in this process: another would need seconds to import everything."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(CHECKOUT)
        patch.setattr(sys, "argv", ["assay", *arguments])
        for name, value in variables.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main()
    return Ended(returncode=int(ended.value.code or 0), stdout=out.getvalue(), stderr=err.getvalue())


def process(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, as users do."""
    return subprocess.run(
        (sys.executable, "-m", "assay", *arguments),
        env={**os.environ, **variables},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def commands(group: Any, name: str = "assay") -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name."""
    for each, command in getattr(group, "commands", {}).items():
        yield from commands(command, f"{name} {each}")
    if not hasattr(group, "commands"):
        yield name, group


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme_and_explains_itself(name: str) -> None:
    """Its help is a sentence, and so is that of each of its options."""
    assert f"`{name}" in README
    assert (COMMANDS[name].help or "").strip().endswith(".")
    assert [each.name for each in COMMANDS[name].params if not getattr(each, "help", None)] == []


def test_the_readme_names_no_command_that_does_not_exist() -> None:
    """Documentation outlives code easily."""
    table = [line.split("`")[1] for line in README.splitlines() if line.startswith("| `assay ")]
    named = {" ".join(word for word in each.split() if word.islower()) for each in table}
    assert named == set(COMMANDS)


@pytest.mark.parametrize("settings", [CommandSettings, ConsoleSettings, InfraSettings, StorageSettings, StreamSettings])
def test_every_setting_is_in_the_readme(settings: type) -> None:
    """By the variable that sets it."""
    missing = [name for name in settings.model_fields if f"ASSAY_{name.upper()}`" not in README]  # type: ignore[attr-defined]
    assert missing == []


def test_every_topic_is_in_the_readme() -> None:
    """Producers and consumers of other teams read it."""
    assert [topic for topic in Topics(project="PROJECT").all if f"`{topic}`" not in README] == []


@pytest.mark.parametrize("target", ["demo", "test", "test-faults", "up", "down", "check", "fuzz"])
def test_every_make_target_that_the_readme_names_exists(target: str) -> None:
    """And make says what each does."""
    assert f"make {target}" in README
    told = subprocess.run(("make", "help"), cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert f"make {target} " in told


def test_make_clean_stops_every_stack_before_it_deletes(tmp_path: Path) -> None:
    """That of a demo which was kept, too: deleted under it, its processes would go on writing."""
    shutil.copy(CHECKOUT / "Makefile", tmp_path)
    for folder in (".venv/bin", "var/run", "var/demo/run", "else where/run"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / ".venv/bin/assay").write_text('#!/bin/sh\n[ -d "$ASSAY_VAR" ] && echo "$1 $ASSAY_VAR" >> stopped\n')
    (tmp_path / ".venv/bin/assay").chmod(0o755)
    subprocess.run(("make", "clean"), cwd=tmp_path, env={**os.environ, "ASSAY_VAR": "else where"}, check=True)
    assert (tmp_path / "stopped").read_text().splitlines() == ["down var", "down var/demo", "down else where"]
    assert not (tmp_path / "var").exists()


def test_project_check_names_all_problems_at_once(tmp_path: Path) -> None:
    """So that nobody mends one to find the next."""
    shutil.copytree(CHECKOUT / "examples" / "digits", tmp_path / "mine")
    (tmp_path / "mine" / "guideline.md").unlink()
    (tmp_path / "mine" / "expectations.json").write_text("{")
    checked = assay("project", "check", str(tmp_path / "mine"))
    assert checked.returncode == 1
    assert "guideline.md is missing" in checked.stderr
    assert "expectations.json is not valid JSON" in checked.stderr


@pytest.mark.parametrize(
    ("command", "variables", "remedy"),
    [
        ("audit", {}, "assay up"),
        ("produce /nonexistent", {"ASSAY_KAFKA_BOOTSTRAP": "127.0.0.1:1"}, "Give a file"),
        ("audit", {"ASSAY_KAFKA_BOOTSTRAP": "127.0.0.1:1"}, "ASSAY_DATABASE_URL"),
        ("up", {"ASSAY_KAFKA_PORT": "many"}, "ASSAY_KAFKA_PORT"),
        ("up", {"ASSAY_LAKE_PROPERTIES": "{'endpoint'"}, "ASSAY_LAKE_PROPERTIES (further properties"),
        ("up --project /nonexistent", {}, "project.toml is missing"),
        ("labeler add ada", {}, "assay up"),
        ("label-studio push", {"ASSAY_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}, "ASSAY_LABEL_STUDIO_URL"),
        ("label-studio status", {}, "ASSAY_LABEL_STUDIO_URL"),
        ("audit", {"ASSAY_KAFKA_BOOTSTRAP": "127.0.0.1:1", "ASSAY_DATABASE_URL": "notaurl"}, "postgresql://USER"),
        ("audit", {"ASSAY_KAFKA_BOOTSTRAP": "127.0.0.1:1", "ASSAY_DATABASE_URL": "mysql://a/b"}, "postgresql://USER"),
    ],
)
def test_a_failure_says_what_to_do_and_shows_no_traceback(
    command: str, variables: dict[str, str], remedy: str, tmp_path: Path
) -> None:
    """On standard error, with exit status 1."""
    failed = assay(*command.split(), **variables, ASSAY_VAR=str(tmp_path))
    assert (failed.returncode, "Traceback" in failed.stderr) == (1, False)
    assert remedy in " ".join(failed.stderr.split())


def test_a_broker_that_does_not_answer_is_named_with_the_command_that_tells_more(tmp_path: Path) -> None:
    """Nor does a process of its own show a traceback; the sockets that the client leaves open end with it."""
    failed = process("produce", "README.md", ASSAY_KAFKA_BOOTSTRAP="127.0.0.1:1", ASSAY_VAR=str(tmp_path))
    assert (failed.returncode, "Traceback" in failed.stderr) == (1, False)
    assert "assay status" in " ".join(failed.stderr.split())


@pytest.fixture(scope="module")
def services(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Variables that name a broker, and a prepared database and lake of the test's own."""
    with fresh_database(stack.database_url) as url:
        folder = str(tmp_path_factory.mktemp("services"))
        yield {
            "ASSAY_KAFKA_BOOTSTRAP": stack.kafka_bootstrap,
            "ASSAY_DATABASE_URL": url,
            "ASSAY_LAKE": f"{folder}/lake",
            "ASSAY_VAR": folder,
        }


@pytest.mark.parametrize("command", ["labeler add ada", "audit", "dataset list"])
def test_services_that_nobody_prepared_are_named(services: dict[str, str], stack: Any, command: str) -> None:
    """With the command that prepares them."""
    with empty_database(stack.database_url) as url:
        failed = assay(*command.split(), **{**services, "ASSAY_DATABASE_URL": url})
    assert (failed.returncode, "Traceback" in failed.stderr) == (1, False)
    assert "run `assay prepare`" in " ".join(failed.stderr.split())


def test_that_no_model_is_promoted_is_said(services: dict[str, str]) -> None:
    """With what will promote one."""
    failed = assay("dataset", "promoted", **services)
    assert (failed.returncode, "Traceback" in failed.stderr) == (1, False)
    assert "No version's model is promoted yet: the DAG retrain judges" in " ".join(failed.stderr.split())


def test_status_tells_what_kafka_says_while_postgresql_is_down(services: dict[str, str]) -> None:
    """One service that is away hides none of the others."""
    told = assay("status", **{**services, "ASSAY_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/assay"})
    assert told.returncode == 0
    assert "digits.samples" in told.stdout
    assert told.stdout.count("PostgreSQL does not answer") == 4


def test_status_says_what_becomes_of_tasks_that_were_set_aside(services: dict[str, str]) -> None:
    """Nobody is to wait for an expert who is never asked."""
    told = assay("status", **services)
    assert "0 set aside for an expert: a lead settles them" in " ".join(told.stdout.split())


def test_status_says_by_which_method_tasks_are_settled(services: dict[str, str]) -> None:
    """By none that tells labelers apart while nobody has labeled anything."""
    told = assay("status", **services)
    assert "Consensus: by one coin, until labelers gave enough to be told apart." in " ".join(told.stdout.split())


def token_in(told: Ended) -> str:
    """Return the token that a command printed."""
    return told.stdout.splitlines()[1]


def test_a_lost_token_is_replaced(services: dict[str, str]) -> None:
    """Names are printed as they are, however much they look like rich's markup."""
    first = token_in(assay("labeler", "add", "[/ada] :+1:", **services))
    again = assay("labeler", "token", "[/ada] :+1:", **services)
    assert "[/ada] :+1: goes on with it" in again.stdout
    engine = open_engine(StorageSettings(database_url=SecretStr(services["ASSAY_DATABASE_URL"])))
    known = [by_token(engine, "digits", token) is not None for token in (first, token_in(again))]
    engine.dispose()
    assert known == [False, True]


def test_a_lost_database_does_not_show_its_password(tmp_path: Path) -> None:
    """Nor does any log."""
    url = "postgresql://assay:hunter2@127.0.0.1:1/assay"
    variables = {"ASSAY_KAFKA_BOOTSTRAP": "127.0.0.1:1", "ASSAY_DATABASE_URL": url, "ASSAY_VAR": str(tmp_path)}
    failed = assay("audit", **variables)
    assert (failed.returncode, "hunter2" in failed.stdout + failed.stderr) == (1, False)


@pytest.mark.faults
def test_up_names_the_port_that_is_taken(tmp_path: Path) -> None:
    """And the variable that changes it; what it had started is not left behind."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        failed = process("up", ASSAY_VAR=str(tmp_path), ASSAY_POSTGRES_PORT=port)
    assert process("down", ASSAY_VAR=str(tmp_path)).returncode == 0
    assert failed.returncode == 1
    assert f"{port}" in failed.stderr
    assert "ASSAY_POSTGRES_PORT" in failed.stderr


def test_status_works_where_nothing_runs(tmp_path: Path) -> None:
    """It says how to start."""
    told = assay("status", ASSAY_VAR=str(tmp_path))
    assert (told.returncode, "assay up" in " ".join(told.stdout.split())) == (0, True)
