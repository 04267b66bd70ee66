"""A labeler learns nothing of others' labels, of gold, or of what the model thinks, through any endpoint, by any id."""

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import inspect, text

from console.api import create_app
from console.settings import ConsoleSettings
from console.testing import Site
from schemas.labels import Purpose
from schemas.roles import Role
from storage import gold
from storage.answers import answer
from storage.assignments import skip
from storage.consensus import settle
from storage.queue import claim, enqueue
from storage.settings import StorageSettings
from storage.testing import enlist, label_next, task_request

DOCUMENT = create_app(
    ConsoleSettings(project=Path()), StorageSettings(database_url=SecretStr("postgresql://nowhere"))
).openapi()
# One body for all that want any: what an endpoint does not know it must refuse in vain.
BODIES: dict[str, dict[str, Any]] = {
    "/v1/assignments/{assignment_id}/label": {"answer": "dog"},
    "/v1/assignments/{assignment_id}/skip": {"reason": "mine"},
    "/v1/guidelines": {"body": "mine"},
    "/v1/guidelines/preview": {"body": "mine"},
    "/v1/accounts": {"name": "mine", "role": "admin"},
    "/v1/accounts/{account_id}/role": {"role": "admin"},
    "/v1/tokens": {"name": "mine"},
    "/v1/label-studio/hints": {"task": {"id": 1}},
    "/v1/session": {"name": "mallory", "password": "mine"},
    "/v1/password": {"name": "mallory", "current": "mine", "new": "mine, and long enough"},
}
# What the seeded project holds and no labeler may see; fox is the answer of others, and gold's.
SECRETS = (
    "0.617283",
    "0.123456",
    "hidden-model",
    "leaky",
    "camera",
    "mallory",
    "Bob",
    "too blurred",
    "fox",
)
# Where the classes stand that everybody may answer; and a token, in which any letters may stand by chance.
KNOWN = ("classes", "definitions", "token")


@pytest.fixture
def seeded(site: Site) -> Site:
    """A project with a settled task, one that an expert made gold, one that was skipped, one that is disputed."""
    project, engine = site.project, site.engine
    requests = [task_request(project.name, offset, uncertain=0.123456) for offset in range(6)]
    for request in requests:
        request.sample["prediction"] = {"model": "hidden-model", "scores": {"fox": 0.617283, "cat": 0.382717}}
    enqueue(engine, project, requests)
    lead = enlist(engine, project.name, "mallory", lead=True)
    others = [enlist(engine, project.name, f"Bob {number}") for number in range(3)]
    for other in others:
        assignment = claim(engine, project, other)
        assert assignment is not None
        skip(engine, project, other, assignment.assignment_id, "too blurred")
    adjudication = claim(engine, project, lead, Purpose.EXPERT)
    assert adjudication is not None
    answer(engine, project, lead, adjudication.assignment_id, "fox")
    settle(engine, project, [adjudication.task_id])
    gold.make(engine, project, lead, adjudication.task_id)
    given = [("fox", "fox", "cat"), ("fox", "cat", "fox")]
    labeled = [
        label_next(engine, project, other, one) for other, all_ in zip(others, given, strict=False) for one in all_
    ]
    settle(engine, project, sorted(set(labeled)))
    site.session(lead)
    return site


def ids(site: Site) -> set[str]:
    """Return every id that stands in the database."""
    found: set[str] = {"0", "1"}
    with site.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for column in inspect(connection).get_columns(table):
                if re.search(r"(_id|version|guideline|sha256)$", column["name"]):
                    values = connection.scalars(text(f'SELECT DISTINCT "{column["name"]}" FROM "{table}"'))  # noqa: S608
                    found |= {str(value) for value in values if value is not None}
    return found


def requests(site: Site) -> list[tuple[str, str, dict[str, Any] | None]]:
    """Return every request that there is, with every id in every place."""
    known = sorted(ids(site))
    made: list[tuple[str, str, dict[str, Any] | None]] = []
    for path, methods in DOCUMENT["paths"].items():
        places = re.findall(r"{(\w+)}", path)
        for method, values in product(methods, product(known, repeat=len(places))):
            address = path.format(**dict(zip(places, values, strict=True)))
            if (method, path) == ("post", "/v1/gold"):
                made += [(method, address, {"task_id": int(one)}) for one in known if one.isdigit()]
            else:
                made.append((method, address, BODIES.get(path) if method in ("post", "put") else None))
    return made


def shown(reply: httpx.Response) -> str:
    """Return what a reply says, but for the classes where everybody may see them; metrics are plain text."""

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: kept(each) for name, each in value.items() if name not in KNOWN}
        return [kept(each) for each in value] if isinstance(value, list) else value

    if not reply.content or reply.headers["Content-Type"].startswith("text/plain"):
        return reply.text
    return json.dumps(kept(reply.json()))


# By token first: each session of the other leaves an id, which would then be tried in every place.
@pytest.mark.parametrize("by", ["token", "session"])
def test_no_response_of_any_endpoint_tells_a_labeler_what_others_know(seeded: Site, by: str) -> None:
    """With every id in the database; while the labeler holds an assignment."""
    labeler, token = seeded.enlist(Role.LABELER)
    program, browser = seeded.program(token), seeded.browser()
    told, claimed = [], program.post("/v1/claims")
    assert claimed.status_code == 200
    for method, address, body in requests(seeded):
        if by == "token":
            reply = program.request(method, address, json=body)
        else:  # each from a session of its own, since some end it
            signed_in = {"Cookie": f"assay={seeded.session(labeler)}"}
            reply = browser.request(method, address, json=body, headers=signed_in)
        assert reply.status_code < 500
        told.append((method, address, shown(reply)))
    assert len(told) > 200
    assert [(secret, *each) for each in told for secret in SECRETS if secret in each[2]] == []


def test_the_secrets_are_there_to_be_told(seeded: Site) -> None:
    """To whom they are for: else the test above would prove nothing."""
    admin, _ = seeded.enlist(Role.ADMIN)
    pages = ("gold", "accounts", "findings", "trail")
    told = "".join(seeded.browser(admin).get(f"/v1/{page}").text for page in pages)
    assert [secret in told for secret in ("fox", "mallory", "Bob")] == [True] * 3
    with seeded.engine.connect() as connection:
        samples = str(connection.scalars(text("SELECT sample::text || selection::text FROM tasks")).all())
        skips = str(connection.scalars(text("SELECT skip_reason FROM assignments")).all())
    hidden = ("0.617283", "0.123456", "hidden-model", "leaky", "camera")
    assert [each in samples for each in hidden] == [True] * 5
    assert "too blurred" in skips
