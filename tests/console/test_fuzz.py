"""The REST API keeps to what its OpenAPI document says, whatever it is sent (schemathesis)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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

from console.api import create_app
from console.settings import ConsoleSettings
from console.testing import NO_TLS, OUR_PAGES, Site, serving
from schemas.roles import Role
from storage.labelers import Labeler
from storage.queue import enqueue
from storage.settings import StorageSettings
from storage.testing import fresh_database, task_request

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
# What an admin is never told, but where sessions do not count: of passwords, and of Label Studio's own tokens.
REFUSED = {401, 403, 429}
STRANGERS = {"/v1/session": {401, 429}, "/v1/password": {401, 429}, "/v1/label-studio/hints": {401}}
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
def fuzzed(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Labeler]]:
    """A served project in which tasks wait, and its admin."""
    with waiting(stack, tmp_path_factory.mktemp("project"), LABELS["classification"]) as site:
        yield site, site.enlist(Role.ADMIN)[0]


@pytest.fixture(scope="module", params=LABELS)
def of_kind(request: pytest.FixtureRequest, stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same of a project of each kind."""
    with waiting(stack, tmp_path_factory.mktemp("project"), LABELS[request.param]) as site:
        yield site


@contextmanager
def waiting(stack: Any, folder: Path, labels: str) -> Iterator[Site]:
    """Serve a new project with this label space, in which tasks wait."""
    with fresh_database(stack.database_url) as url, serving(url, folder, labels) as site:
        enqueue(site.engine, site.project, [task_request(site.project.name, offset) for offset in range(50)])
        yield site


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_reply_is_one_that_the_document_knows(operation: Any, fuzzed: tuple[Site, Labeler]) -> None:
    """And no request, however strange, is answered with a fault of ours.

    Each comes from a session of its own, since some end it.
    """
    site, admin = fuzzed
    strangers = STRANGERS.get(operation.path, set())

    @FUZZ
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        case.headers.pop("Authorization", None)  # made up, and it would count instead of the session
        headers = {**OUR_PAGES, "Cookie": f"assay={site.session(admin)}"}
        reply = case.call_and_validate(base_url=site.url, headers=headers, checks=CHECKS, timeout=30)
        assert reply.status_code in strangers or reply.status_code not in REFUSED

    ask()


@pytest.mark.parametrize("operation", OF_ANSWERS, ids=lambda operation: operation.label)
def test_answers_of_every_kind_are_taken_or_refused_as_the_document_says(operation: Any, of_kind: Site) -> None:
    """On assignments that are there to be answered."""
    headers = {"Authorization": f"Bearer {of_kind.enlist(Role.LEAD)[1]}"}

    @FUZZ
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        claimed = httpx.post(f"{of_kind.url}/v1/claims", headers=headers, timeout=30, verify=NO_TLS)
        if operation.label == ANSWER and claimed.status_code == 200:
            case.path_parameters = {"assignment_id": claimed.json()["assignment_id"]}
        reply = case.call_and_validate(base_url=of_kind.url, headers=headers, checks=CHECKS, timeout=30)
        assert reply.status_code in (200, 409, 422)

    ask()


def test_every_endpoint_is_asked() -> None:
    """The test above would hold for none at all."""
    labels = {operation.label for operation in OPERATIONS}
    assert {"PUT /v1/password", "GET /v1/trail", "POST /v1/tokens"} <= labels
    assert {"POST /v1/claims", "POST /v1/adjudications", "DELETE /v1/gold/{task_id}", "GET /v1/me"} <= labels
    assert len(labels) == sum(len(methods) for methods in DOCUMENT["paths"].values())
