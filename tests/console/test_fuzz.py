"""The REST API keeps to what its OpenAPI document says, whatever it is sent (schemathesis)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import SecretStr
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine

from console.api import create_app
from console.settings import ConsoleSettings
from console.testing import served
from storage.database import open_engine
from storage.labelers import register
from storage.projects import read_project
from storage.queue import enqueue
from storage.settings import StorageSettings
from storage.testing import fresh_database, task_request, write_project

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# The document is the same for every project.
DOCUMENT = create_app(
    ConsoleSettings(project=Path()), StorageSettings(database_url=SecretStr("postgresql://nowhere"))
).openapi()
OPERATIONS = [found.ok() for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()]
FUZZ = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


# The label spaces of the kinds, and the operations by which answers come in and go out.
LABELS = {
    "classification": '{ classes = ["cat", "dog", "fox"] }',
    "multilabel": '{ kind = "multilabel", classes = ["cat", "dog"], empty = true }',
    "boxes": '{ kind = "boxes", classes = ["cat", "dog"] }',
    "text": '{ kind = "text" }',
}
ANSWER = "POST /v1/assignments/{assignment_id}/label"
OF_ANSWERS = [one for one in OPERATIONS if one.label in {ANSWER, "GET /v1/findings", "GET /v1/labelers", "GET /v1/me"}]


@pytest.fixture(scope="module")
def served_api(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The URL of a served project in which tasks wait, and the token of its lead."""
    with serving(stack, tmp_path_factory.mktemp("project"), LABELS["classification"]) as api:
        yield api


@pytest.fixture(scope="module", params=LABELS)
def served_kind(
    request: pytest.FixtureRequest, stack: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The same of a project of each kind."""
    with serving(stack, tmp_path_factory.mktemp("project"), LABELS[request.param]) as api:
        yield api


@contextmanager
def serving(stack: Any, folder: Path, labels: str) -> Iterator[tuple[str, str]]:
    """Serve a new project with this label space."""
    name = f"p{uuid4().hex}"
    write_project(folder, name)
    text = (folder / "project.toml").read_text().replace(LABELS["classification"], labels)
    (folder / "project.toml").write_text(text)
    with fresh_database(stack.database_url) as url:
        storage = StorageSettings(database_url=SecretStr(url))
        with served(create_app(ConsoleSettings(project=folder), storage)) as address:
            engine: Engine = open_engine(storage)
            project = read_project(folder).config
            enqueue(engine, project, [task_request(name, offset) for offset in range(50)])
            token = register(engine, name, "lead", simulated=True, lead=True)
            engine.dispose()
            yield address, token


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_reply_is_one_that_the_document_knows(operation: Any, served_api: tuple[str, str]) -> None:
    """And no request, however strange, is answered with a fault of ours."""
    address, token = served_api

    @FUZZ
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        reply = case.call_and_validate(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, checks=CHECKS, timeout=30
        )
        assert reply.status_code != 403
        assert (reply.status_code == 401) == (
            "label-studio" in operation.path
        )  # whose webhooks have tokens of their own

    ask()


@pytest.mark.parametrize("operation", OF_ANSWERS, ids=lambda operation: operation.label)
def test_answers_of_every_kind_are_taken_or_refused_as_the_document_says(
    operation: Any, served_kind: tuple[str, str]
) -> None:
    """On assignments that are there to be answered."""
    address, token = served_kind
    headers = {"Authorization": f"Bearer {token}"}

    @FUZZ
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        claimed = httpx.post(f"{address}/v1/claims", headers=headers, timeout=30)
        if operation.label == ANSWER and claimed.status_code == 200:
            case.path_parameters = {"assignment_id": claimed.json()["assignment_id"]}
        reply = case.call_and_validate(base_url=address, headers=headers, checks=CHECKS, timeout=30)
        assert reply.status_code in (200, 409, 422)

    ask()


def test_every_endpoint_is_asked() -> None:
    """The test above would hold for none at all."""
    labels = {operation.label for operation in OPERATIONS}
    assert {"POST /v1/claims", "POST /v1/adjudications", "DELETE /v1/gold/{task_id}", "GET /v1/me"} <= labels
    assert len(labels) == sum(len(methods) for methods in DOCUMENT["paths"].values())
