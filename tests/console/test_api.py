"""The REST API, over HTTP, on a real PostgreSQL: what labelers and leads may see and do."""

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, text

from console.api import create_app
from console.settings import ConsoleSettings
from console.testing import served
from schemas.project import ProjectConfig
from schemas.roles import Role
from storage.consensus import settle
from storage.database import open_engine
from storage.labelers import register
from storage.projects import read_project
from storage.queue import enqueue
from storage.settings import StorageSettings
from storage.testing import fresh_database, task_request, write_project

# Plain HTTP needs none; made once, because each client would take a tenth of a second to make its own.
NO_TLS = ssl.create_default_context()


@dataclass(frozen=True, kw_only=True)
class Api:
    """A served project, its database, and clients of its labelers."""

    url: str
    engine: Engine
    project: ProjectConfig
    clients: ExitStack

    def client(self, *, lead: bool = False) -> httpx.Client:
        """Return a client with the token of a new labeler."""
        token = register(
            self.engine,
            self.project.name,
            f"labeler {uuid4().hex}",
            simulated=True,
            role=Role.LEAD if lead else Role.LABELER,
        )
        return self.stranger({b"Authorization": f"Bearer {token}".encode()})

    def stranger(self, headers: dict[bytes, bytes] | None = None) -> httpx.Client:
        """Return a client with these headers."""
        return self.clients.enter_context(httpx.Client(base_url=self.url, headers=headers, verify=NO_TLS, timeout=10))

    def enqueue(self, *offsets: int, **sample: Any) -> None:
        """Put tasks into the queue."""
        enqueue(self.engine, self.project, [task_request(self.project.name, offset, **sample) for offset in offsets])


@pytest.fixture(scope="module")
def database(stack: Any) -> Iterator[str]:
    """A migrated database; each test has a project of its own in it."""
    with fresh_database(stack.database_url) as url:
        yield url


@pytest.fixture
def api(database: str, tmp_path: Path) -> Iterator[Api]:
    """A server with a project that nobody else has."""
    with serving(database, tmp_path) as api:
        yield api


@contextmanager
def serving(database: str, folder: Path) -> Iterator[Api]:
    """Serve a new project on a free port."""
    write_project(folder, f"p{uuid4().hex}")
    storage = StorageSettings(database_url=SecretStr(database))
    app = create_app(ConsoleSettings(project=folder, api_body_bytes=50_000), storage)
    engine = open_engine(storage)
    try:
        with served(app) as url, ExitStack() as clients:
            yield Api(url=url, engine=engine, project=read_project(folder).config, clients=clients)
    finally:
        engine.dispose()


def is_problem(reply: httpx.Response, status: int) -> bool:
    """Say whether the reply is a problem with this status and a remedy, and gives nothing of our inside away."""
    problem = reply.json()
    assert reply.headers["content-type"] == "application/problem+json"
    assert not [word for word in ("Traceback", "sqlalchemy", "psycopg", ".py") if word in reply.text]
    return (reply.status_code, problem["status"], bool(problem["remedy"])) == (status, status, True)


def test_a_labeler_claims_and_answers_until_nothing_waits(api: Api) -> None:
    """204 says so."""
    api.enqueue(0)
    client = api.client()
    claimed = client.post("/v1/claims").json()
    label = client.post(f"/v1/assignments/{claimed['assignment_id']}/label", json={"answer": "cat"})
    assert (label.status_code, label.json()["answer"], label.json()["simulated"]) == (200, "cat", True)
    assert client.post("/v1/claims").status_code == 204
    assert client.get("/v1/queue").json() == {"open": 1, "leased": 0, "settled": 0, "expert": 0}


def test_labelers_work_blind(api: Api) -> None:
    """Not one response of a whole day tells a labeler the prediction, the reasons, attributes or others' answers."""
    api.enqueue(0, 1, uncertain=0.123456)
    before, client = api.client(), api.client()
    for _ in range(2):
        other = before.post("/v1/claims").json()
        before.post(f"/v1/assignments/{other['assignment_id']}/label", json={"answer": "fox"})
    claimed = client.post("/v1/claims")
    address = f"/v1/assignments/{claimed.json()['assignment_id']}/label"
    replies = [claimed, client.get("/v1/queue"), client.get("/v1/guideline"), client.get("/v1/findings")]
    replies += [client.post(address, json={"answer": answer}) for answer in ("wolf", "dog", "dog", "cat")]
    said = "".join(reply.text for reply in replies)
    leaks = (
        "prediction",
        "scores",
        "0.617283",
        "hidden-model",
        "selection",
        "uncertain",
        "0.123456",
        "audit",
        "attributes",
        "leaky",
        "priority",
        "camera",
        "confidence",
        "consensus",
        "occurred_at",
        "wanted",
        "purpose",
        "gold",
    )
    assert [leak for leak in leaks if leak in said] == []
    said_to_all = ('"cat","dog","fox"', '"name":"fox"')  # the classes, by an assignment and by the guideline
    told = [reduce(lambda text, known: text.replace(known, ""), said_to_all, reply.text) for reply in replies]
    assert [reply.text for reply, rest in zip(replies, told, strict=True) if "fox" in rest] == [
        replies[4].text  # the answer that is no class is told what the classes are
    ]
    shown = {"assignment_id", "task_id", "expires_at", "guideline", "kind", "classes", "payload", "media"}
    assert set(claimed.json()) == shown
    assert claimed.json()["payload"] == {"size": 0}


def test_a_labeler_renews_answers_takes_it_back_and_skips(api: Api) -> None:
    """Each on the same assignment; the record counts what stands."""
    api.enqueue(0)
    client = api.client()
    claimed = client.post("/v1/claims").json()
    address = f"/v1/assignments/{claimed['assignment_id']}"
    renewed = client.post(f"{address}/renewal").json()
    assert renewed["expires_at"] > claimed["expires_at"]
    assert {**renewed, "expires_at": None} == {**claimed, "expires_at": None}
    client.post(f"{address}/label", json={"answer": "cat"})
    assert client.get("/v1/me").json()["labels"] == 1
    assert client.delete(f"{address}/label").json()["assignment_id"] == claimed["assignment_id"]
    assert is_problem(client.delete(f"{address}/label"), 409)
    assert client.post(f"{address}/skip", json={"reason": "blurred"}).status_code == 204
    assert is_problem(client.post(f"{address}/renewal"), 409)
    assert is_problem(client.post(f"{address}/skip", json={"reason": ""}), 422)
    mine = client.get("/v1/me").json()
    assert (mine["labels"], mine["skipped"], mine["gold"]) == (0, 1, None)


def test_a_lead_adjudicates_and_makes_gold(api: Api) -> None:
    """Shown what labelers said; the answer settles the task, which is then mixed in for others."""
    api.enqueue(0)
    lead = api.client(lead=True)
    for reason in ("blurred", "dark", "cut off"):
        client = api.client()
        skipped = client.post("/v1/claims").json()
        client.post(f"/v1/assignments/{skipped['assignment_id']}/skip", json={"reason": reason})
    adjudication = lead.post("/v1/adjudications").json()
    assert (adjudication["votes"], adjudication["skips"]) == ([], ["blurred", "dark", "cut off"])
    task = adjudication["task_id"]
    assert is_problem(lead.post("/v1/gold", json={"task_id": task}), 422)
    lead.post(f"/v1/assignments/{adjudication['assignment_id']}/label", json={"answer": "fox"})
    settle(api.engine, api.project, [task])
    assert lead.get("/v1/queue").json()["settled"] == 1
    assert lead.post("/v1/adjudications").status_code == 204
    assert lead.post("/v1/gold", json={"task_id": task}).status_code == 204
    assert [(gold["task_id"], gold["answer"]) for gold in lead.get("/v1/gold").json()] == [(task, "fox")]
    assert lead.delete(f"/v1/gold/{task}").status_code == 204
    assert is_problem(lead.delete(f"/v1/gold/{task}"), 422)


def test_leads_see_reports_and_the_method_and_labelers_their_own_report(api: Api) -> None:
    """A report says what others did to nobody but leads; before labelers can be told apart there is no estimate."""
    api.enqueue(0)
    client, lead = api.client(), api.client(lead=True)
    claimed = client.post("/v1/claims").json()
    client.post(f"/v1/assignments/{claimed['assignment_id']}/label", json={"answer": "cat"})
    mine = client.get("/v1/me/report").json()
    assert (mine["labels"], mine["answered"], mine["confusion"], mine["drift"]) == (1, 0, [], None)
    assert lead.get("/v1/labelers").json() == [mine]
    assert lead.get("/v1/consensus").json() is None
    assert all(is_problem(client.get(f"/v1/{page}"), 403) for page in ("labelers", "consensus"))


def test_labelers_who_do_not_lead_neither_adjudicate_nor_learn_what_is_gold(api: Api) -> None:
    """Whatever they ask."""
    client = api.client()
    refused = [client.post("/v1/adjudications"), client.get("/v1/gold"), client.delete("/v1/gold/1")]
    refused.append(client.post("/v1/gold", json={"task_id": 1}))
    assert all(is_problem(reply, 403) for reply in refused)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic abc", "Bearer nobody", "Bearer \xff\xfe", "bearer x y"])
def test_without_a_labelers_token_nothing_is_shown(api: Api, header: str | None) -> None:
    """But the contract and the health, which say nothing of samples."""
    client = api.stranger({} if header is None else {b"Authorization": header.encode("latin-1")})
    refused = [client.post("/v1/claims"), client.get("/v1/guideline"), client.get("/v1/queue")]
    refused += [client.get("/v1/findings"), client.post(f"/v1/assignments/{uuid4()}/label", json={"answer": "cat"})]
    refused += [client.post("/v1/guidelines", json={"body": "x"}), client.get("/v1/guidelines")]
    refused += [client.post("/v1/adjudications"), client.get("/v1/gold"), client.get("/v1/me")]
    refused += [client.get(f"/v1/{page}") for page in ("me/report", "labelers", "consensus")]
    assert all(is_problem(reply, 401) for reply in refused)
    assert [client.get(f"/v1/{page}").status_code for page in ("contract", "healthz")] == [200, 200]


def test_a_token_of_another_project_opens_nothing(api: Api) -> None:
    """Though it is in the same database."""
    token = register(api.engine, "another", uuid4().hex, simulated=True)
    assert is_problem(api.stranger({b"Authorization": f"Bearer {token}".encode()}).post("/v1/claims"), 401)


def test_leads_see_findings_and_publish_what_settles_them(api: Api) -> None:
    """The tasks that the change touches wait again, with the new version."""
    api.enqueue(0)
    labelers, lead = [api.client(), api.client()], api.client(lead=True)
    for client, answer in zip(labelers, ("cat", "dog"), strict=True):
        claimed = client.post("/v1/claims").json()
        client.post(f"/v1/assignments/{claimed['assignment_id']}/label", json={"answer": answer})
    settle(api.engine, api.project, [claimed["task_id"]])
    (found,) = lead.get("/v1/findings").json()
    assert (found["classes"], found["tasks"], found["of"]) == (["cat", "dog"], 1, 1)
    assert found["examples"] == [claimed["task_id"]]
    change = lead.get("/v1/findings/0/draft").json()
    assert found["says"] in change["body"]
    assert is_problem(lead.get("/v1/findings/1/draft"), 422)
    said = lead.post("/v1/guidelines/preview", json=change)
    assert said.json() == {"reopened": 1, "retold": 0, "labels": 2, "examples": [claimed["task_id"]]}
    published = lead.post("/v1/guidelines", json=change)
    assert (published.status_code, published.json()) == (201, {"version": 2, "reopened": 1, "retold": 0})
    told = labelers[0].get("/v1/guideline").json()
    assert (told["version"], told["body"], told["settles"]) == (2, change["body"], [["cat", "dog"]])
    assert [guideline["version"] for guideline in labelers[0].get("/v1/guidelines").json()] == [1, 2]
    did = lead.get("/v1/guidelines/2/effect").json()
    assert (did["tasks"], did["labels"], did["touched_before"]["disputed"]["estimate"]) == (1, 0, 1.0)
    assert is_problem(lead.get("/v1/guidelines/3/effect"), 422)
    assert is_problem(labelers[0].get("/v1/guidelines/2/effect"), 403)
    assert labelers[0].post("/v1/claims").json()["guideline"] == 2


def test_labelers_who_do_not_lead_publish_nothing(api: Api) -> None:
    """Nor see what others confuse."""
    client = api.client()
    change = {"body": "A dog barks.", "settles": []}
    assert is_problem(client.post("/v1/guidelines", json=change), 403)
    assert is_problem(client.get("/v1/findings"), 403)


def test_what_cannot_be_used_is_said_with_a_remedy(api: Api) -> None:
    """An unknown class, a stranger's assignment, one that never was, no UUID, an unknown field, a changed mind."""
    api.enqueue(0)
    client, stranger = api.client(), api.client(lead=True)
    address = f"/v1/assignments/{client.post('/v1/claims').json()['assignment_id']}/label"
    assert is_problem(client.post(address, json={"answer": "wolf"}), 422)
    assert is_problem(stranger.post(address, json={"answer": "cat"}), 422)
    assert is_problem(client.post(f"/v1/assignments/{uuid4()}/label", json={"answer": "cat"}), 422)
    assert is_problem(client.post("/v1/assignments/1/label", json={"answer": "cat"}), 422)
    assert is_problem(client.post(address, json={"answer": "cat", "labeler": "ada"}), 422)
    assert client.post(address, json={"answer": "cat"}).status_code == 200
    assert is_problem(client.post(address, json={"answer": "dog"}), 409)
    assert is_problem(client.get("/v1/nothing"), 404)
    assert is_problem(client.get("/v1/claims"), 405)
    assert is_problem(stranger.post("/v1/guidelines", json={"body": "x", "settles": [["cat", "wolf"]]}), 422)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[1, 2]",
        b'{"answer": 1}',
        b'{"answer": "\\u0000"}',
        b'{"answer": "\\ud800"}',
        b'{"answer": "\xff"}',
        b'{"answer": NaN}',
        b'{"answer": ' + b"9" * 10_000 + b"}",
        b"[" * 40_000,
        json.dumps({"answer": "x" * 201}).encode(),
        json.dumps({"answer": "<script>alert(1)</script>"}).encode(),
    ],
)
def test_hostile_bodies_are_problems(api: Api, body: bytes) -> None:
    """Never a traceback, never a lost lease."""
    api.enqueue(0)
    client = api.client()
    address = f"/v1/assignments/{client.post('/v1/claims').json()['assignment_id']}/label"
    reply = client.post(address, content=body, headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422)
    assert is_problem(reply, reply.status_code)
    assert client.post(address, json={"answer": "cat"}).status_code == 200


def test_a_guideline_may_hold_any_text_but_nul(api: Api) -> None:
    """It comes back as it went in, as JSON, not as a page."""
    lead, hostile = api.client(lead=True), "<script>'; DROP TABLE guidelines; --\u202e\U0001f98a"
    assert is_problem(lead.post("/v1/guidelines", json={"body": "a\x00b"}), 422)
    assert lead.post("/v1/guidelines", json={"body": hostile}).status_code == 201
    shown = lead.get("/v1/guideline")
    assert (shown.json()["body"], shown.headers["content-type"]) == (hostile, "application/json")


def test_a_hostile_sample_is_shown_as_it_came(api: Api) -> None:
    """NUL included."""
    payload = {"size": 1, "colour": "\x00</script><script>alert(1)</script>"}
    api.enqueue(0, payload=payload)
    assert api.client().post("/v1/claims").json()["payload"] == payload


def test_a_body_is_read_to_its_limit_only(api: Api) -> None:
    """Whether its length is announced or not."""
    lead = api.client(lead=True)
    whole = json.dumps({"body": "x" * 60_000}).encode()
    kind = {"content-type": "application/json"}
    assert is_problem(lead.post("/v1/guidelines", content=whole, headers=kind), 413)
    assert is_problem(lead.post("/v1/guidelines", content=iter([whole]), headers=kind), 413)


def test_the_contract_is_published_as_json_schema(api: Api) -> None:
    """Of the whole sample, in the current version."""
    schema = api.stranger().get("/v1/contract").json()
    assert schema["properties"]["contract"]["const"] == 2
    assert set(schema["$defs"]["New"]["properties"]) == {"size", "colour"}


def test_no_page_loads_anything_from_elsewhere(api: Api) -> None:
    """There are no pages; the description is JSON."""
    assert [api.stranger().get(f"/{page}").status_code for page in ("docs", "redoc")] == [404, 404]
    assert api.stranger().get("/openapi.json").json()["info"]["title"] == "Assay"


def test_a_lost_database_is_a_503_and_its_return_is_noticed(stack: Any, tmp_path: Path) -> None:
    """No restart is needed."""
    with fresh_database(stack.database_url) as database, serving(database, tmp_path) as api:
        client = api.client()
        name = api.engine.url.database
        with doors_shut(stack.database_url, name):
            lost = [client.post("/v1/claims"), client.get("/v1/healthz"), client.get("/v1/queue")]
            assert all(is_problem(reply, 503) for reply in lost)
            assert lost[0].headers["retry-after"]
        assert client.get("/v1/healthz").json() == {"status": "ok"}
        assert client.post("/v1/claims").status_code == 204


@contextmanager
def doors_shut(server: str, name: str | None) -> Iterator[None]:
    """Let nobody into the database, and throw out who is in it."""
    admin = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            throw_out = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            connection.execute(text(throw_out), {"name": name})
        yield
        with admin.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    finally:
        admin.dispose()
