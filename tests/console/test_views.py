"""The endpoints behind the pages, over HTTP: what everybody sees, and what leads alone do."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from console.api import create_app
from console.settings import ConsoleSettings
from console.testing import served
from schemas.roles import Role
from storage.database import open_engine
from storage.labelers import register
from storage.lake import Lake
from storage.queue import enqueue
from storage.settings import StorageSettings
from storage.testing import (
    accepted_sample,
    archive_samples,
    fresh_database,
    project_config,
    task_request,
    write_project,
)

NAME = "zoo"
FOR_ALL = ("/v1/queue/reasons", "/v1/pipeline", "/v1/routing", "/v1/feedback", "/v1/datasets", "/v1/gate")
FOR_LEADS = ("/v1/stream-health", "/v1/drift", "/v1/dead-letters", "/v1/dead-letters/forecast", "/v1/samples/s0-0")


@pytest.fixture(scope="module")
def clients(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, httpx.Client]]:
    """Clients of a labeler, a lead and nobody, of a project with one task and one archived sample."""
    folder = tmp_path_factory.mktemp("zoo")
    write_project(folder, NAME)
    with fresh_database(stack.database_url) as url:
        storage = StorageSettings(database_url=SecretStr(url), lake=str(folder / "lake"))
        engine = open_engine(storage)
        with Lake.open(storage) as lake:
            lake.ensure(NAME)
            archive_samples(lake, NAME, [accepted_sample(0)])
        enqueue(engine, project_config(NAME), [task_request(NAME, 0)])
        tokens = {
            name: f"Bearer {register(engine, NAME, name, simulated=True, role=Role(name))}"
            for name in ("labeler", "lead")
        }
        with served(create_app(ConsoleSettings(project=folder), storage)) as address:
            found = {
                name: httpx.Client(base_url=address, headers={"authorization": tokens.get(name, "")}, trust_env=False)
                for name in ("labeler", "lead", "nobody")
            }
            yield found
            for client in found.values():
                client.close()
        engine.dispose()


@pytest.mark.parametrize("path", FOR_ALL)
def test_everybody_who_is_signed_in_sees_the_project(clients: dict[str, httpx.Client], path: str) -> None:
    """And nobody else does."""
    assert [clients[who].get(path).status_code for who in ("labeler", "lead", "nobody")] == [200, 200, 401]


@pytest.mark.parametrize("path", FOR_LEADS)
def test_single_samples_are_for_leads(clients: dict[str, httpx.Client], path: str) -> None:
    """A labeler must not learn the prediction, or what others answered."""
    assert [clients[who].get(path).status_code for who in ("labeler", "lead", "nobody")] == [403, 200, 401]


def test_what_everybody_sees_names_no_sample(clients: dict[str, httpx.Client]) -> None:
    """Only how many there are."""
    said = "".join(clients["labeler"].get(path).text for path in FOR_ALL)
    assert [leak for leak in ("s0", "hidden-model", "scores", "leaky", "camera") if leak in said] == []


def test_a_life_names_prediction_and_selection(clients: dict[str, httpx.Client]) -> None:
    """The id may hold what an address cannot."""
    found = clients["lead"].get("/v1/samples/s0-0").json()
    assert found["sample"]["prediction"]["scores"] == {"cat": 0.6, "dog": 0.1}
    assert found["task"]["selection"]["reasons"] == ["uncertain"]
    assert clients["lead"].get("/v1/samples/a%2Fb%27%3F").status_code == 422


@pytest.mark.parametrize(
    "query",
    ["since=2026-01-01", "limit=0", "limit=99999", "contract=-1", "rule=a%00b", "since=0001-01-01T00:00:00%2B14:00"],
)
def test_a_choice_that_makes_no_sense_is_refused(clients: dict[str, httpx.Client], query: str) -> None:
    """With what to do, and not by an error of ours."""
    reply = clients["lead"].get(f"/v1/dead-letters/forecast?{query}")
    assert (reply.status_code, bool(reply.json()["remedy"])) == (422, True)


def test_a_version_that_is_not_there_is_said_to_be_missing(clients: dict[str, httpx.Client]) -> None:
    """Like any other wrong input."""
    assert clients["labeler"].get("/v1/datasets/1").status_code == 422
    assert clients["lead"].get("/v1/datasets/1/changes").status_code == 422
