"""Who may do what: every endpoint, tried as everybody, by session and by token."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from console.api import create_app
from console.settings import ConsoleSettings
from console.testing import Site, serving
from schemas.roles import PERMISSIONS, Permission, Role
from storage.settings import StorageSettings

ACCOUNTS = (Path(__file__).resolve().parents[2] / "docs" / "accounts.md").read_text(encoding="utf-8")
# The document is the same for every project.
DOCUMENT = create_app(
    ConsoleSettings(project=Path()), StorageSettings(database_url=SecretStr("postgresql://nowhere"))
).openapi()
ENDPOINTS = sorted(f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods)


@dataclass(frozen=True)
class Line:
    """The statuses that an endpoint answers with: to nobody, labeler, lead, engineer, admin; and what it is sent.

    What is empty or missing in the project is 204 or 422 to who may ask. An account that was disabled must get what
    nobody gets.
    """

    statuses: tuple[int, int, int, int, int]
    body: dict[str, Any] | None = None
    by_token: tuple[int, int, int, int, int] | None = field(default=None, kw_only=True)  # where that differs


OPEN = (200,) * 5
# Signed in by password only: tokens are refused, whoever's they are.
NO_TOKEN = (401, 403, 403, 403, 403)


def anybody(status: int) -> tuple[int, int, int, int, int]:
    """Of what everybody in the project may."""
    return (401, status, status, status, status)


def labeling(status: int) -> tuple[int, int, int, int, int]:
    """Of what labelers, leads and admins may."""
    return (401, status, status, 403, status)


def leading(status: int) -> tuple[int, int, int, int, int]:
    """Of what leads and admins may."""
    return (401, 403, status, 403, status)


def reviewing(status: int) -> tuple[int, int, int, int, int]:
    """Of what all but labelers may."""
    return (401, 403, status, status, status)


def administering(status: int) -> tuple[int, int, int, int, int]:
    """Of what admins may."""
    return (401, 403, 403, 403, status)


DRAFT = {"body": "A cat has whiskers."}
WRONG = {"name": "NEW", "password": "of nobody at all"}
TABLE = {
    "DELETE /v1/accounts/{account_id}/disabled": Line(administering(204)),
    "DELETE /v1/assignments/{assignment_id}/label": Line(labeling(422)),
    "DELETE /v1/gold/{task_id}": Line(leading(422)),
    "DELETE /v1/session": Line(anybody(204), by_token=NO_TOKEN),
    "DELETE /v1/sessions": Line(anybody(204), by_token=NO_TOKEN),
    "DELETE /v1/tokens/{token_id}": Line(anybody(422), by_token=NO_TOKEN),
    "GET /v1/accounts": Line(administering(200)),
    "GET /v1/agreement": Line(reviewing(200)),
    "GET /v1/consensus": Line(reviewing(200)),
    "GET /v1/contract": Line(OPEN),
    "GET /v1/datasets": Line(anybody(200)),
    "GET /v1/gate": Line(anybody(200)),
    "GET /v1/datasets/{version}": Line(anybody(422)),
    "GET /v1/datasets/{version}/changes": Line(reviewing(422)),
    "GET /v1/dead-letters": Line(reviewing(200)),
    "GET /v1/dead-letters/forecast": Line(reviewing(200)),
    "GET /v1/findings": Line(reviewing(200)),
    "GET /v1/findings/{place}/draft": Line(reviewing(422)),
    "GET /v1/gold": Line(leading(200)),
    "GET /v1/gold/candidates": Line(leading(200)),
    "GET /v1/guideline": Line(anybody(200)),
    "GET /v1/feedback": Line(anybody(200)),
    "GET /v1/guidelines": Line(anybody(200)),
    "GET /v1/guidelines/{version}/diff": Line(anybody(422)),
    "GET /v1/guidelines/{version}/effect": Line(reviewing(422)),
    "GET /v1/healthz": Line(OPEN),
    "GET /v1/labelers": Line(leading(200)),
    "GET /metrics": Line(anybody(200)),
    "GET /v1/assignments/{assignment_id}/media": Line(labeling(422)),
    "GET /v1/me": Line(labeling(200)),
    "GET /v1/me/report": Line(labeling(200)),
    "GET /v1/media/{sample_id}": Line(reviewing(422)),
    "GET /v1/pipeline": Line(anybody(200)),
    "GET /v1/queue": Line(anybody(200)),
    "GET /v1/queue/reasons": Line(anybody(200)),
    "GET /v1/routing": Line(anybody(200)),
    "GET /v1/samples/{sample_id}": Line(reviewing(422)),
    "GET /v1/session": Line(anybody(200)),
    "GET /v1/slices": Line(reviewing(200)),
    "GET /v1/slices/worse": Line(reviewing(200)),
    "GET /v1/drift": Line(reviewing(200)),
    "GET /v1/stream-health": Line(reviewing(200)),
    "GET /v1/tasks/{task_id}": Line(reviewing(422)),
    "GET /v1/tokens": Line(anybody(200), by_token=NO_TOKEN),
    "GET /v1/trail": Line(administering(200)),
    "POST /v1/accounts": Line(administering(201), {"name": "NEW", "role": "lead"}),
    "POST /v1/accounts/{account_id}/code": Line(administering(201)),
    "POST /v1/accounts/{account_id}/disabled": Line(administering(204)),
    "POST /v1/adjudications": Line(leading(204)),
    "POST /v1/assignments/{assignment_id}/label": Line(labeling(422), {"answer": "cat"}),
    "POST /v1/assignments/{assignment_id}/renewal": Line(labeling(422)),
    "POST /v1/assignments/{assignment_id}/skip": Line(labeling(422), {"reason": "blurred"}),
    "POST /v1/claims": Line(labeling(204)),
    "POST /v1/gold": Line(leading(422), {"task_id": 2**40}),
    "POST /v1/guidelines": Line(leading(201), DRAFT),
    "POST /v1/guidelines/preview": Line(leading(200), DRAFT),
    "POST /v1/label-studio/hints": Line((401,) * 5, {"task": {"id": 1}}),  # a token of its own, of no person
    "POST /v1/session": Line((401,) * 5, WRONG),  # open to everybody with a password, which this is not
    "POST /v1/tokens": Line(anybody(201), {"name": "script"}, by_token=NO_TOKEN),
    "PUT /v1/accounts/{account_id}/role": Line(administering(204), {"role": "lead"}),
    "PUT /v1/password": Line((401,) * 5, {"name": "NEW", "current": "of nobody", "new": "long enough for all"}),
}


def test_every_endpoint_has_its_line_in_the_table() -> None:
    """Whoever adds one says who may use it."""
    assert sorted(TABLE) == ENDPOINTS


@pytest.fixture(scope="module")
def site(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a project in which nothing waits, the same for all tests of this file."""
    with serving(database, tmp_path_factory.mktemp("project")) as site:
        yield site


@pytest.fixture
def somebody(site: Site) -> int:
    """The account that admins change."""
    return site.enlist(Role.LABELER)[0].labeler_id


def ask(client: httpx.Client, endpoint: str, account_id: int, body: dict[str, Any] | None) -> int:
    """Ask for what is not there, or of somebody else, and return the status."""
    method, path = endpoint.split(" ")
    ids = {"account_id": account_id, "assignment_id": uuid4(), "version": 1}
    ids |= {"sample_id": "absent", "task_id": 2**40, "token_id": 2**40, "place": 2**40}
    if body and body.get("name") == "NEW":
        body = {**body, "name": uuid4().hex}
    return client.request(method, path.format(**ids), json=body).status_code


@pytest.mark.parametrize("endpoint", TABLE)
def test_everybody_may_what_the_table_says_by_session_and_by_token(site: Site, somebody: int, endpoint: str) -> None:
    """To the status."""
    line, by_session, by_token = TABLE[endpoint], [], []
    for role in Role:
        labeler, token = site.enlist(role)
        by_session.append(ask(site.browser(labeler), endpoint, somebody, line.body))
        by_token.append(ask(site.program(token), endpoint, somebody, line.body))
    nobody = ask(site.browser(), endpoint, somebody, line.body)
    assert (nobody, *by_session) == line.statuses
    assert (nobody, *by_token) == (line.by_token or line.statuses)


@pytest.mark.parametrize("endpoint", TABLE)
def test_who_was_disabled_is_nobody_whatever_the_role(site: Site, somebody: int, endpoint: str) -> None:
    """Though session and token were not ended one by one."""
    admin, token = site.enlist(Role.ADMIN)
    browser, line = site.browser(admin), TABLE[endpoint]
    with site.engine.begin() as connection:
        out = "UPDATE labelers SET disabled_at = now() WHERE labeler_id = :id"
        connection.execute(text(out), {"id": admin.labeler_id})
    told = [ask(client, endpoint, somebody, line.body) for client in (browser, site.program(token))]
    assert told == [line.statuses[0]] * 2


def test_the_documentation_says_what_each_role_may() -> None:
    """One row a permission, one column a role, as in the code."""
    rows = {
        row.split("|")[1].strip(" `"): row.split("|")[3:-1] for row in ACCOUNTS.splitlines() if row.startswith("| `")
    }
    for permission in Permission:
        assert [cell.strip() == "yes" for cell in rows[permission]] == [
            permission in PERMISSIONS[role] for role in Role
        ]
