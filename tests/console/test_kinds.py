"""Labels of every kind over HTTP, on a real PostgreSQL: from the claim to what they come to."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, func, select

from console.api import create_app
from console.settings import ConsoleSettings
from console.testing import served
from labeling.kinds import kind_of
from schemas.answers import Answer
from schemas.boxes import Box
from schemas.project import ProjectConfig
from schemas.roles import Role
from storage.consensus import settle
from storage.database import open_engine
from storage.labelers import register
from storage.projects import read_project
from storage.queue import enqueue
from storage.settings import StorageSettings
from storage.tables import ConsensusRow, LabelRow
from storage.testing import FOLDER, fresh_database, published, task_request, write_project

# Plain HTTP needs none; made once, because each client would take a tenth of a second to make its own.
NO_TLS = ssl.create_default_context()
WHOLE = {"name": "cat", "left": 0.0, "top": 0.0, "right": 10.0, "bottom": 10.0}
FAR = {**WHOLE, "name": "dog", "left": 50.0, "right": 70.0}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One kind: its label space, two answers that differ, the first told otherwise, and what is no answer."""

    labels: str
    first: Any
    other: Any
    again: Any
    wrong: tuple[Any, ...]


CASES = {
    "classification": Case(
        labels='{ classes = ["cat", "dog"] }',
        first="cat",
        other="dog",
        again="cat",
        wrong=("wolf", ["cat"], [], "\x00", 1, None, [WHOLE]),
    ),
    "multilabel": Case(
        labels='{ kind = "multilabel", classes = ["cat", "dog"] }',
        first=["cat", "dog"],
        other=["dog"],
        again=["dog", "cat"],
        wrong=("cat", [], ["wolf"], ["cat", "wolf"], [["cat"]], ["cat"] * 3, [WHOLE], {"cat": True}),
    ),
    "boxes": Case(
        labels='{ kind = "boxes", classes = ["cat", "dog"] }',
        first=[WHOLE, FAR],
        other=[],
        again=[FAR, WHOLE, {**WHOLE, "top": 0.00001}],
        wrong=(
            "cat",
            ["cat"],
            WHOLE,
            [{**WHOLE, "name": "wolf"}],
            [{**WHOLE, "right": 0.0}],
            [{**WHOLE, "right": 1e308}],
            [{**WHOLE, "left": -1e308, "right": 1e308}],
            [{key: WHOLE[key] for key in ("name", "left", "top")}],
            [{**WHOLE, "name": "c\x00"}],
        ),
    ),
    "text": Case(
        labels='{ kind = "text" }',
        first="A cat, asleep.",
        other="Two dogs.",
        again="A cat, asleep.",
        wrong=("", " \n", "a\x00b", "x" * 5001, ["cat"], [WHOLE], 7),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Api:
    """A served project of one kind, its database, and clients of its labelers."""

    url: str
    engine: Engine
    project: ProjectConfig
    clients: ExitStack

    def client(self, *, lead: bool = False) -> httpx.Client:
        """Return a client with the token of a new labeler."""
        role = Role.LEAD if lead else Role.LABELER
        token = register(self.engine, self.project.name, f"labeler {uuid4().hex}", simulated=True, role=role)
        headers = {"Authorization": f"Bearer {token}"}
        return self.clients.enter_context(httpx.Client(base_url=self.url, headers=headers, verify=NO_TLS, timeout=30))

    def labeled(self, answer: Any) -> httpx.Response:
        """Have a new labeler claim and answer."""
        client = self.client()
        claimed = client.post("/v1/claims").json()
        return client.post(f"/v1/assignments/{claimed['assignment_id']}/label", json={"answer": answer})

    def kept(self, answer: Any) -> Answer:
        """Return an answer in canonical form."""
        return kind_of(self.project.labels).read(answer, self.project.labels.classes)

    def stored(self, row: Any) -> int:
        """Count the rows."""
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(row)) or 0


@contextmanager
def serving(server: str, folder: Path, labels: str) -> Iterator[Api]:
    """Serve a new project with this label space, on a database of its own, in which one task waits."""
    name = f"p{uuid4().hex}"
    write_project(folder, name)
    text = (
        FOLDER["project.toml"]
        .replace('{ classes = ["cat", "dog", "fox"] }', labels)
        .replace("most = 4", "most = 6")
        .replace("NAME", name)
    )
    (folder / "project.toml").write_text(text, encoding="utf-8")
    with fresh_database(server) as database:
        storage = StorageSettings(database_url=SecretStr(database))
        app = create_app(ConsoleSettings(project=folder, api_body_bytes=20_000_000), storage)
        engine = open_engine(storage)
        try:
            with served(app) as url, ExitStack() as clients:
                api = Api(url=url, engine=engine, project=read_project(folder).config, clients=clients)
                enqueue(engine, api.project, [task_request(name, 0)])
                yield api
        finally:
            engine.dispose()


def answered(api: Api, offsets: range, given: dict[str, Callable[[int], Any]]) -> None:
    """Have labelers of these names answer new tasks, each as the function of the offset says."""
    enqueue(api.engine, api.project, [task_request(api.project.name, offset) for offset in offsets])
    for answer in given.values():
        client = api.client()
        while (reply := client.post("/v1/claims")).status_code == 200:
            claimed = reply.json()
            said = {"answer": answer(claimed["payload"]["size"])}
            client.post(f"/v1/assignments/{claimed['assignment_id']}/label", json=said)


def test_a_word_that_some_leave_out_is_found_and_only_its_tasks_are_labeled_anew(stack: Any, tmp_path: Path) -> None:
    """The draft names them, and publishing it reopens them and no other."""
    with serving(stack.database_url, tmp_path, CASES["text"].labels) as api:
        said = {"ann": lambda size: f"number {size} um" if size else "number"}
        said["ben"] = lambda size: f"number {size}" if size else "number"
        answered(api, range(1, 13), said)
        lead = api.client(lead=True)
        tasks = range(1, 14)
        settle(api.engine, api.project, tasks)
        found = lead.get("/v1/findings").json()
        assert [(one["kind"], one["tasks"]) for one in found] == [("filler", 12)]
        draft = lead.get("/v1/findings/0/draft").json()
        assert len(draft["reopens"]) == 12
        assert lead.post("/v1/guidelines/preview", json=draft).json()["reopened"] == 12
        assert lead.post("/v1/guidelines", json={**draft, "reopens": [10_000]}).status_code == 422
        assert lead.post("/v1/guidelines", json=draft).json() == {"version": 2, "reopened": 12, "retold": 0}
        queue = lead.get("/v1/queue").json()
        assert (queue["open"], queue["settled"]) == (12, 1)
        assert lead.get("/v1/findings").json() == []
        effect = lead.get("/v1/guidelines/2/effect").json()
        assert (effect["tasks"], effect["labels"], effect["touched_before"]["disputed"]["estimate"]) == (12, 0, 1.0)
        assert effect["touched_before"]["alpha"] is None


def test_one_box_for_many_is_found_and_settled_by_a_guideline(stack: Any, tmp_path: Path) -> None:
    """With the class that it is about, and its tasks."""
    many = [{**WHOLE, "right": 4.5}, {**WHOLE, "left": 5.5}]
    with serving(stack.database_url, tmp_path, CASES["boxes"].labels) as api:
        answered(api, range(1, 6), {"ann": lambda _: [WHOLE], "ben": lambda _: many})
        lead = api.client(lead=True)
        (found,) = [one for one in lead.get("/v1/findings").json() if one["kind"] == "one_or_many"]
        assert (found["classes"], found["tasks"], len(found["evidence"])) == (["cat"], 6, 6)
        draft = lead.get("/v1/findings/0/draft").json()
        assert "## One box or many: cat" in draft["body"]
        assert lead.post("/v1/guidelines", json=draft).json()["reopened"] == 6


def test_a_renamed_class_is_renamed_within_sets_and_boxes(stack: Any, tmp_path: Path) -> None:
    """A task is said otherwise, not asked again; after a split it is asked again."""
    with serving(stack.database_url, tmp_path, CASES["boxes"].labels) as api:
        for _ in range(3):
            api.labeled([WHOLE])
            settle(api.engine, api.project, [1])
        lead = api.client(lead=True)
        renamed = {"body": "A cat is a tiger.", "changes": [{"takes": ["cat"], "gives": ["tiger"]}]}
        renamed["definitions"] = [{"name": "tiger"}, {"name": "dog"}]
        assert lead.post("/v1/guidelines", json=renamed).json() == {"version": 2, "reopened": 0, "retold": 1}
        (box,) = consensus(api)[0]
        assert isinstance(box, Box)
        assert box.name == "tiger"
        split = {"body": "Tigers are two.", "changes": [{"takes": ["tiger"], "gives": ["cub", "lion"]}]}
        split["definitions"] = [{"name": "cub"}, {"name": "lion"}, {"name": "dog"}]
        assert lead.post("/v1/guidelines", json=split).json() == {"version": 3, "reopened": 1, "retold": 0}


@pytest.fixture(params=CASES)
def served_case(request: pytest.FixtureRequest, stack: Any, tmp_path: Path) -> Iterator[tuple[Api, Case]]:
    """A served project of each kind."""
    case = CASES[request.param]
    with serving(stack.database_url, tmp_path, case.labels) as api:
        yield api, case


def consensus(api: Api) -> tuple[Answer, bool]:
    """Return the only task's consensus, and whether it is settled."""
    with api.engine.connect() as connection:
        row = connection.execute(select(ConsensusRow.answer, ConsensusRow.settled)).one()
        return row.answer, row.settled


def test_two_answer_a_third_is_asked_and_the_consensus_settles(served_case: tuple[Api, Case]) -> None:
    """By what most say; the event says what the label does, and so does the reply."""
    api, case = served_case
    replies = [api.labeled(case.first), api.labeled(case.other)]
    task = replies[0].json()["task_id"]
    decision = settle(api.engine, api.project, [task])[task]
    assert (decision.status, decision.wanted) == ("open", 3)
    replies.append(api.labeled(case.first))
    while settle(api.engine, api.project, [task])[task].status == "open":
        replies.append(api.labeled(case.first))
    assert len(replies) <= 6
    assert consensus(api) == (api.kept(case.first), True)
    assert api.client(lead=True).get("/v1/queue").json()["settled"] == 1
    told = [json.loads(message.value)["answer"] for message in published(api.engine)]
    assert told == [reply.json()["answer"] for reply in replies]
    assert replies[0].json()["answer"] == case.first


def test_an_answer_is_taken_back_given_again_and_skipped(served_case: tuple[Api, Case]) -> None:
    """The same in other words changes nothing, another is refused until the first is taken back."""
    api, case = served_case
    client = api.client()
    claimed = client.post("/v1/claims").json()
    assert claimed["kind"] == api.project.labels.kind
    address = f"/v1/assignments/{claimed['assignment_id']}"
    label = client.post(f"{address}/label", json={"answer": case.first}).json()
    assert client.post(f"{address}/label", json={"answer": case.again}).json() == label
    assert client.post(f"{address}/label", json={"answer": case.other}).status_code == 409
    assert client.delete(f"{address}/label").json()["kind"] == claimed["kind"]
    assert client.post(f"{address}/label", json={"answer": case.other}).json()["label_id"] != label["label_id"]
    client.delete(f"{address}/label")
    assert client.post(f"{address}/skip", json={"reason": "blurred"}).status_code == 204
    assert client.post("/v1/claims").status_code == 204


def test_a_lead_sees_the_votes_settles_and_makes_gold(served_case: tuple[Api, Case]) -> None:
    """Which others get unseen, and which their records count."""
    api, case = served_case
    given = [api.labeled(answer).json() for answer in (case.first, case.other)]
    task = given[0]["task_id"]
    settle(api.engine, api.project, [task])
    for _ in range(3):
        client = api.client()
        claimed = client.post("/v1/claims").json()
        client.post(f"/v1/assignments/{claimed['assignment_id']}/skip", json={"reason": "blurred"})
    lead = api.client(lead=True)
    adjudication = lead.post("/v1/adjudications").json()
    assert sorted(json.dumps(vote["answer"]) for vote in adjudication["votes"]) == sorted(
        json.dumps(label["answer"]) for label in given
    )
    lead.post(f"/v1/assignments/{adjudication['assignment_id']}/label", json={"answer": case.again})
    settle(api.engine, api.project, [task])
    assert consensus(api)[1]
    assert lead.post("/v1/gold", json={"task_id": task}).status_code == 204
    assert [gold["answer"] for gold in lead.get("/v1/gold").json()] == [case.first]
    told = lead.get("/v1/labelers").json()
    assert [(one["labels"], one["compared"]) for one in told if one["labels"]] == [(1, 1), (1, 1)]
    assert {one["agreement"]["estimate"] < 0.5 for one in told if one["labels"]} == {True}


def test_what_is_no_answer_is_refused_and_stored_nowhere(served_case: tuple[Api, Case]) -> None:
    """With what to do instead, in few words, whatever was sent."""
    api, case = served_case
    client = api.client()
    claimed = client.post("/v1/claims").json()
    address = f"/v1/assignments/{claimed['assignment_id']}/label"
    many: Any = [WHOLE] * 100_000
    half = b'{"answer": "a\\ud800b"}'
    replies = [client.post(address, json={"answer": wrong}) for wrong in (*case.wrong, many, ["cat"] * 100_000)]
    replies += [
        client.post(address, content=body) for body in (half, b'{"answer": [1e999]}', b'{"answer": NaN}', b"{}")
    ]
    assert [reply.status_code for reply in replies] == [422] * len(replies)
    assert [reply.text for reply in replies if len(reply.text) > 1000 or not reply.json()["remedy"]] == []
    assert api.stored(LabelRow) == 0
    deep = client.post(address, content=b'{"answer": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    assert deep.status_code in (400, 422)
