"""The bridge between a real Label Studio server and our API: there and back, and nothing is counted twice."""

import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, event, text
from typer.testing import CliRunner

from assay.cli import app
from console.api import create_app
from console.label_studio import client as client_module
from console.label_studio.bridge import HINTS, Bridge
from console.label_studio.client import StudioClient
from console.label_studio.signing import webhook_token
from console.settings import ConsoleSettings
from console.testing import served
from infra.label_studio import PROGRAM, RunningLabelStudio, running_label_studio
from schemas.errors import ConflictError, InputError
from schemas.guidelines import ClassChange, Definition, Draft
from schemas.labels import Label, TaskStatus
from schemas.project import ProjectConfig
from schemas.verdicts import TaskRequest
from storage import guidelines
from storage.consensus import settle
from storage.database import open_engine
from storage.label_studio import alone, last_refused, link, linked, outcomes, studio_project
from storage.projects import read_project
from storage.publishing import publish
from storage.queue import claim, enqueue
from storage.settings import StorageSettings
from storage.testing import enlist, fresh_database, task_request, write_project

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not PROGRAM.exists(), reason="infra/setup.sh label-studio makes Label Studio's environment"),
    pytest.mark.timeout(500),
]

NO_TLS = ssl.create_default_context()
# How long is waited for what comes by itself.
PATIENCE_SECONDS = 60.0
PASSWORD = "correct horse"  # noqa: S105 - of a server that lives for a test


CLASSES = '{ classes = ["cat", "dog", "fox"] }'
NAMES = {"from_name": "answer", "to_name": "sample", "origin": "manual", "id": "vQ7"}
# By kind: the label space, a result as the editor sends it, and the answer that it is.
KINDS: dict[str, tuple[str, list[dict[str, Any]], Any]] = {
    "multilabel": (
        '{ kind = "multilabel", classes = ["cat", "dog"] }',
        [{**NAMES, "type": "choices", "value": {"choices": ["dog", "cat"]}}],
        ["cat", "dog"],
    ),
    "boxes": (
        '{ kind = "boxes", classes = ["cat", "dog"] }',
        [
            {
                **NAMES,
                "type": "rectanglelabels",
                "original_width": 640,
                "original_height": 480,
                "image_rotation": 0,
                "value": {"x": 25, "y": 50, "width": 12.5, "height": 25, "rotation": 0, "rectanglelabels": ["cat"]},
            }
        ],
        [{"name": "cat", "left": 160.0, "top": 240.0, "right": 240.0, "bottom": 360.0}],
    ),
    "text": ('{ kind = "text" }', [{**NAMES, "type": "textarea", "value": {"text": ["A cat."]}}], "A cat."),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLabelStudio]:
    """One server for all tests; each has a project of its own in it."""
    with running_label_studio(tmp_path_factory.mktemp("label-studio")) as running:
        yield running


@pytest.fixture(scope="module")
def database(stack: Any) -> Iterator[str]:
    """A migrated database."""
    with fresh_database(stack.database_url) as url:
        yield url


@dataclass(frozen=True, kw_only=True)
class User:
    """Somebody who annotates in Label Studio, signed in as a browser is."""

    email: str
    http: httpx.Client

    def annotate(self, task: int, answer: str | list[dict[str, Any]], **changes: Any) -> int:
        """Choose a class for a task of Label Studio, or say what this result says; return the annotation's id."""
        body = {"result": result(answer) if isinstance(answer, str) else answer, **changes}
        return int(self._sent("POST", f"/api/tasks/{task}/annotations/", body)["id"])

    def change(self, annotation: int, answer: str) -> None:
        """Choose another class."""
        self._sent("PATCH", f"/api/annotations/{annotation}/", {"result": result(answer)})

    def _sent(self, method: str, path: str, body: dict[str, Any]) -> Any:
        headers = {"X-CSRFToken": self.http.cookies["csrftoken"]}
        return self.http.request(method, path, json=body, headers=headers).raise_for_status().json()


def result(answer: str) -> list[dict[str, Any]]:
    """Return the result of an annotation, as Label Studio's editor sends it."""
    return [{"from_name": "answer", "to_name": "sample", "type": "choices", "value": {"choices": [answer]}}]


@pytest.fixture(scope="module")
def admin(server: RunningLabelStudio) -> Iterator[httpx.Client]:
    """A client of Label Studio with the rights of its first user."""
    headers = {"Authorization": f"Token {server.token}"}
    with httpx.Client(base_url=server.url, headers=headers, verify=NO_TLS, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def users(server: RunningLabelStudio, admin: httpx.Client) -> Iterator[tuple[User, User]]:
    """Ada and Bob, who have signed up by invitation."""
    with ExitStack() as stack:
        yield signed_up(server, admin, stack, "ada"), signed_up(server, admin, stack, "bob")


def signed_up(server: RunningLabelStudio, admin: httpx.Client, stack: ExitStack, name: str) -> User:
    """Sign somebody up, as the form does."""
    invitation = admin.get("/api/invite").raise_for_status().json()["invite_url"]
    http = stack.enter_context(httpx.Client(base_url=server.url, verify=NO_TLS, timeout=60, trust_env=False))
    http.get("/user/signup/").raise_for_status()
    user = User(email=f"{name}@example.org", http=http)
    form = {"email": user.email, "password": PASSWORD, "csrfmiddlewaretoken": http.cookies["csrftoken"]}
    assert http.post(invitation, data=form, headers={"Referer": server.url}).status_code == httpx.codes.FOUND
    return user


@dataclass(frozen=True, kw_only=True)
class Side:
    """Our side: a project with tasks, its folder, a bridge."""

    engine: Engine
    project: ProjectConfig
    folder: Path
    server: RunningLabelStudio
    stack: ExitStack

    def bridge(self, *, most: int = 10, callback: str | None = None, **client: Any) -> Bridge:
        """Return a bridge as a process that has just started has it."""
        studio = StudioClient(self.server.url, SecretStr(self.server.token), **client)
        return Bridge(self.engine, self.project, self.stack.enter_context(studio), most=most, callback=callback)

    @property
    def number(self) -> int:
        """The project's number in Label Studio."""
        studio = studio_project(self.engine, self.project.name, self.server.url)
        assert studio is not None
        return studio.number

    @property
    def task(self) -> int:
        """Our task of the sample s0."""
        with self.engine.connect() as connection:
            found = text("SELECT min(task_id) FROM tasks WHERE project = :project")
            return int(connection.execute(found, {"project": self.project.name}).scalar_one())

    def fates(self) -> dict[str, int]:
        """Return what became of all annotations."""
        studio = studio_project(self.engine, self.project.name, self.server.url)
        assert studio is not None
        return dict(outcomes(self.engine, studio))

    def answers(self) -> list[tuple[str, str, str, int]]:
        """Return sample, labeler, answer and guideline of all labels, and check that each is announced once.

        And that no labeler has two on a task in a round, nor more than are wanted.
        """
        columns = "sample_id, name, answer, l.guideline, l.task_id, l.label_id"
        joined = "labels l JOIN tasks t USING (task_id) JOIN labelers USING (labeler_id)"
        found = f"SELECT {columns} FROM {joined} WHERE t.project = :project ORDER BY 1, 2, 4"  # noqa: S608 - our own
        with self.engine.connect() as connection:
            rows = connection.execute(text(found), {"project": self.project.name}).all()
            waiting = connection.execute(text("SELECT topic, value FROM outbox")).all()
        announced = [
            Label.model_validate_json(row.value) for row in waiting if row.topic == f"{self.project.name}.labels"
        ]
        assert sorted(each.label_id for each in announced) == sorted(row.label_id for row in rows)
        assert max(Counter((row.task_id, row.name, row.guideline) for row in rows).values(), default=0) <= 1
        return [tuple(row)[:4] for row in rows]


@pytest.fixture
def side(database: str, server: RunningLabelStudio, tmp_path: Path, users: tuple[User, User]) -> Iterator[Side]:
    """A project of three tasks whose labelers Ada and Bob are users of Label Studio."""
    with opened(database, server, tmp_path, users) as side:
        yield side


@pytest.fixture(params=KINDS)
def side_of(
    request: pytest.FixtureRequest,
    database: str,
    server: RunningLabelStudio,
    tmp_path: Path,
    users: tuple[User, User],
) -> Iterator[tuple[Side, str]]:
    """A project of each kind, and which."""
    with opened(database, server, tmp_path, users, KINDS[request.param][0]) as side:
        yield side, request.param


@contextmanager
def opened(
    database: str, server: RunningLabelStudio, tmp_path: Path, users: tuple[User, User], labels: str = CLASSES
) -> Iterator[Side]:
    """Open a new project with this label space, of other kinds than one class with two pictures on the web."""
    write_project(tmp_path, f"p{uuid4().hex}")
    governs = tmp_path / "project.toml"
    governs.write_text(governs.read_text().replace(CLASSES, labels))
    engine = open_engine(StorageSettings(database_url=SecretStr(database)), pool_size=8)
    project = read_project(tmp_path)
    guidelines.ensure(engine, project.config.name, project.guideline, project.config.labels.classes)
    samples = [task_request(project.config.name, offset, uncertain=0.5 - offset / 10) for offset in range(3)]
    enqueue(engine, project.config, samples if labels == CLASSES else [samples[0], *map(pictured, samples[1:])])
    for name, user in zip(("Ada", "Bob"), users, strict=True):
        enlist(engine, project.config.name, name)
        link(engine, project.config.name, name, user.email.upper())
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        yield Side(engine=engine, project=project.config, folder=tmp_path, server=server, stack=stack)


def pictured(request: TaskRequest) -> TaskRequest:
    """Return the request with its sample's picture on the web."""
    media = f"https://example.org/{request.origin.offset}.png"
    return request.model_copy(update={"sample": {**request.sample, "media": media}})


def there(admin: httpx.Client, side: Side) -> list[dict[str, Any]]:
    """Return the tasks of the project in Label Studio."""
    found = admin.get("/api/tasks/", params={"project": side.number, "fields": "all"}).raise_for_status()
    tasks: list[dict[str, Any]] = found.json()["tasks"]
    return tasks


def ids(admin: httpx.Client, side: Side) -> list[int]:
    """Return their ids in Label Studio."""
    return [task["id"] for task in there(admin, side)]


def until(condition: Callable[[], bool]) -> None:
    """Wait for what comes by itself."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@contextmanager
def api(database: str, side: Side) -> Iterator[str]:
    """Serve our API, as the stack does."""
    settings = ConsoleSettings(
        project=side.folder, label_studio_url=side.server.url, label_studio_token=SecretStr(side.server.token)
    )
    with served(create_app(settings, StorageSettings(database_url=SecretStr(database)))) as url:
        yield url


def test_tasks_go_out_and_answers_come_back_by_webhook_and_by_sweep(
    side: Side, admin: httpx.Client, users: tuple[User, User], database: str
) -> None:
    """The most urgent first, blind, and what both ways bring counts once; tasks that are settled are removed there."""
    ada, bob = users
    with api(database, side) as url:
        sent, _ = side.bridge(most=2, callback=url).push()
        assert (sent, [task["data"]["assay_guideline"] for task in there(admin, side)]) == (2, [1, 1])
        first = ids(admin, side)[0]
        ada.annotate(first, "cat")
        until(lambda: side.answers() == [("s0", "Ada", "cat", 1)])
    bob.annotate(first, "cat")  # nobody listens now: this webhook is lost
    swept = side.bridge().sweep()
    assert (swept.fates, side.answers()) == (
        {"counted": 1, "unchanged": 1},
        [("s0", "Ada", "cat", 1), ("s0", "Bob", "cat", 1)],
    )
    assert side.bridge().sweep().fates == {"unchanged": 2}
    task = side.task
    assert settle(side.engine, side.project, [task])[task].status is TaskStatus.SETTLED
    sent, swept = side.bridge(most=2).push()
    assert (sent, swept.removed) == (1, 1)
    assert [each["data"]["assay_task"] for each in there(admin, side)] == [task + 1, task + 2]
    assert "s0" not in str(there(admin, side))


def test_labels_of_every_kind_come_back(
    side_of: tuple[Side, str], admin: httpx.Client, users: tuple[User, User]
) -> None:
    """Label Studio takes the layout; boxes are asked for where there is a picture, and are pixels here."""
    side, kind = side_of
    _, said, answer = KINDS[kind]
    sent, _ = side.bridge().push()
    if kind == "boxes":
        pictures = [task["data"]["sample"] for task in there(admin, side)]
        assert (sent, pictures) == (2, ["https://example.org/1.png", "https://example.org/2.png"])
    users[0].annotate(ids(admin, side)[-1], said)
    assert side.bridge().sweep().fates == {"counted": 1}
    assert side.bridge().sweep().fates == {"unchanged": 1}
    assert side.answers() == [("s2", "Ada", answer, 1)]


def test_nothing_in_label_studio_says_what_a_labeler_must_not_see(side: Side, admin: httpx.Client) -> None:
    """No prediction, reason, attribute or source; and the class names stand there as they are here."""
    side.bridge().push()
    shown = str([(task["data"], task["meta"], task["predictions"]) for task in there(admin, side)])
    assert [
        leak for leak in ("hidden-model", "0.617283", "uncertain", "leaky", "camera", "batch") if leak in shown
    ] == []
    project = admin.get(f"/api/projects/{side.number}/").json()
    assert project["parsed_label_config"]["answer"]["labels"] == list(side.project.labels.classes)
    assert "A cat has whiskers." in project["expert_instruction"]


def test_what_label_studio_believes_we_do_not(side: Side, admin: httpx.Client, users: tuple[User, User]) -> None:
    """Two answers of one user, a class that does not exist, an answer in another's name, a skip, a stranger.

    Also a task that we did not send, one with our key copied to it, and one that was edited after it was sent.
    """
    ada, bob = users
    side.bridge().push()
    one, two, three = there(admin, side)
    ada.annotate(one["id"], "cat")
    ada.annotate(one["id"], "dog")
    bob.annotate(one["id"], "wolf")
    bob_id = bob.http.get("/api/current-user/whoami").json()["id"]
    admin.post(f"/api/tasks/{two['id']}/annotations/", json={"result": result("dog"), "completed_by": bob_id})
    admin.post(f"/api/tasks/{two['id']}/annotations/", json={"result": result("dog")})
    ada.annotate(two["id"], "fox", was_cancelled=True)
    edited = {"data": {**three["data"], "sample": "<b>say cat</b>"}}
    admin.patch(f"/api/tasks/{three['id']}/", json=edited).raise_for_status()
    bob.annotate(three["id"], "cat")
    copied = {**three["data"], "assay_task": one["data"]["assay_task"]}
    foreign = [{"data": {"sample": "whose?"}}, {"data": copied}]
    admin.post(f"/api/projects/{side.number}/import", json=foreign).raise_for_status()
    for task in there(admin, side)[3:]:
        bob.annotate(task["id"], "cat")
    expected = {
        "counted": 1,
        "answered": 1,
        "unknown_class": 1,
        "of_another": 1,
        "unknown_user": 1,
        "skipped": 1,
        "foreign_task": 3,
    }
    swept = side.bridge().sweep()
    assert (swept.fates, swept.foreign, side.answers()) == (expected, 3, [("s0", "Ada", "cat", 1)])
    studio = studio_project(side.engine, side.project.name, side.server.url)
    assert studio is not None
    kept = {one.reason: one.body for one in last_refused(side.engine, studio, 10)}
    assert ("wolf" in kept["unknown_class"], set(kept)) == (True, set(expected) - {"counted"})


def test_a_refusal_is_looked_at_again_and_a_correction_is_not_applied(
    side: Side, admin: httpx.Client, users: tuple[User, User]
) -> None:
    """A user who is linked late has not worked in vain; a label never changes, and what was changed is shown."""
    ada, bob = users
    side.bridge().push()
    task = ids(admin, side)[0]
    admin.post(f"/api/tasks/{task}/annotations/", json={"result": result("dog")})
    annotation = ada.annotate(task, "cat")
    assert side.bridge().sweep().fates == {"counted": 1, "unknown_user": 1}
    enlist(side.engine, side.project.name, "Root")
    link(side.engine, side.project.name, "Root", side.server.email)
    ada.change(annotation, "dog")
    assert side.bridge().sweep().fates == {"counted": 1, "changed": 1}
    ada.change(annotation, "cat")
    bob.annotate(task, "fox")
    assert side.bridge().sweep().fates == {"unchanged": 2, "no_room": 1}
    assert side.answers() == [("s0", "Ada", "cat", 1), ("s0", "Root", "dog", 1)]
    settle(
        side.engine, side.project, [there(admin, side)[0]["data"]["assay_task"]]
    )  # they disagree: one more is wanted
    assert side.bridge().sweep().fates == {"unchanged": 2, "counted": 1}
    assert side.fates() == {"counted": 3, "changed": 1}


class Cut(httpx.HTTPTransport):
    """A transport that dies when the server has done what it was asked, before its answer is read."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; of an import, lose the answer."""
        answer = super().handle_request(request)
        if not request.url.path.endswith("/import"):
            return answer
        answer.read()
        answer.close()
        raise httpx.ReadError("killed")


def test_a_push_that_died_after_label_studio_had_its_tasks_sends_none_twice(side: Side, admin: httpx.Client) -> None:
    """What stands there is asked for, not remembered."""
    with pytest.raises(Exception, match="ReadError"):
        side.bridge(transport=Cut()).push()
    sent, swept = side.bridge().push()
    assert (sent, len(swept.standing), len(ids(admin, side))) == (0, 3, 3)


def test_a_task_that_is_there_twice_is_removed_once(side: Side, admin: httpx.Client, users: tuple[User, User]) -> None:
    """Label Studio may take what it was sent after we gave it up; answers to either count, one of each labeler."""
    ada, bob = users
    side.bridge().push()
    task = there(admin, side)[0]
    admin.post(f"/api/projects/{side.number}/import", json=[{"data": task["data"]}]).raise_for_status()
    twin = max(ids(admin, side))
    ada.annotate(task["id"], "cat")
    ada.annotate(twin, "cat")
    bob.annotate(twin, "cat")
    swept = side.bridge().sweep()
    assert (swept.fates, swept.removed, twin in ids(admin, side)) == ({"counted": 2, "answered": 1}, 1, False)
    assert side.answers() == [("s0", "Ada", "cat", 1), ("s0", "Bob", "cat", 1)]


class KilledError(Exception):
    """Our process was killed."""


def test_a_sweep_that_died_before_it_committed_counts_once_when_it_is_repeated(
    side: Side, admin: httpx.Client, users: tuple[User, User]
) -> None:
    """Label and record of the annotation are one transaction."""
    side.bridge().push()
    users[0].annotate(ids(admin, side)[0], "cat")

    def die(connection: Any) -> None:
        if connection.exec_driver_sql("SELECT count(*) FROM labels WHERE xmin::text = txid_current()::text").scalar():
            raise KilledError

    event.listen(side.engine, "commit", die)
    with pytest.raises(KilledError):
        side.bridge().sweep()
    event.remove(side.engine, "commit", die)
    assert (side.answers(), side.fates()) == ([], {})
    assert side.bridge().sweep().fates == {"counted": 1}
    assert (side.bridge().sweep().fates, side.answers()) == ({"unchanged": 1}, [("s0", "Ada", "cat", 1)])


def test_a_guideline_that_reopens_a_task_sends_it_anew(
    side: Side, admin: httpx.Client, users: tuple[User, User]
) -> None:
    """Answers under the guideline before count no more, and its task is removed; the instruction is the new text."""
    ada, bob = users
    side.bridge().push()
    task = ids(admin, side)[0]
    ada.annotate(task, "cat")
    annotation = bob.annotate(task, "dog")
    side.bridge().sweep()
    publish(side.engine, side.project, Draft(body="A dog <barks>.", settles=(("cat", "dog"),)))
    bob.change(annotation, "cat")
    admin.post(f"/api/tasks/{task}/annotations/", json={"result": result("cat")})
    enlist(side.engine, side.project.name, "Root")
    link(side.engine, side.project.name, "Root", side.server.email)
    sent, swept = side.bridge().push()
    assert (sent, swept.removed, swept.fates) == (3, 3, {"unchanged": 1, "changed": 1, "outdated": 1})
    task = next(task["id"] for task in there(admin, side) if task["data"]["assay_task"] == side.task)
    bob.annotate(task, "cat")
    assert side.bridge().sweep().fates == {"counted": 1}
    assert side.answers() == [("s0", "Ada", "cat", 1), ("s0", "Bob", "dog", 1), ("s0", "Bob", "cat", 2)]
    assert "A dog &lt;barks&gt;." in admin.get(f"/api/projects/{side.number}/").json()["expert_instruction"]


def test_a_guideline_that_renames_a_class_changes_the_choice_there(
    side: Side, admin: httpx.Client, users: tuple[User, User]
) -> None:
    """What was answered before counts as it was meant; what is open stands there with the new classes."""
    ada, bob = users
    side.bridge().push()
    first, second, _ = ids(admin, side)
    ada.annotate(first, "cat")
    side.bridge().sweep()
    definitions = tuple(Definition(name=name) for name in ("feline", "dog", "fox"))
    renamed = (ClassChange(takes=("cat",), gives=("feline",)),)
    publish(side.engine, side.project, Draft(body="Latin.", definitions=definitions, changes=renamed))
    bob.annotate(first, "cat")
    bob.annotate(second, "feline")
    sent, swept = side.bridge().push()
    assert (sent, swept.removed, swept.fates) == (2, 3, {"unchanged": 1, "counted": 1, "unknown_class": 1})
    project = admin.get(f"/api/projects/{side.number}/").json()
    assert project["parsed_label_config"]["answer"]["labels"] == ["feline", "dog", "fox"]
    ada.annotate(ids(admin, side)[0], "feline")
    side.bridge().sweep()
    assert side.answers() == [("s0", "Ada", "cat", 1), ("s0", "Bob", "cat", 1), ("s1", "Ada", "feline", 2)]


def test_a_task_that_was_begun_stays_under_a_guideline_with_the_same_classes(
    side: Side, admin: httpx.Client, users: tuple[User, User]
) -> None:
    """Else it would be offered once more to who has answered it; the others are sent anew."""
    side.bridge().push()
    begun = ids(admin, side)[0]
    users[0].annotate(begun, "cat")
    publish(side.engine, side.project, Draft(body="The same at length."))
    sent, swept = side.bridge().push()
    assert (sent, swept.removed, begun in ids(admin, side)) == (2, 2, True)
    users[1].annotate(begun, "cat")
    assert side.bridge().sweep().fates == {"unchanged": 1, "counted": 1}


def test_many_pages_are_read(side: Side, admin: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """In imports and in lists."""
    monkeypatch.setattr(client_module, "PAGE", 1)
    assert (side.bridge().push()[0], side.bridge().push()[0], len(ids(admin, side))) == (3, 0, 3)


def test_who_answers_in_label_studio_cannot_answer_the_same_task_here_as_well(
    side: Side, admin: httpx.Client, users: tuple[User, User]
) -> None:
    """A lease that is held here is used up."""
    ada = linked(side.engine, side.project.name)[users[0].email]
    assignment = claim(side.engine, side.project, ada)
    assert assignment is not None
    side.bridge().push()
    users[0].annotate(ids(admin, side)[0], "cat")
    assert side.bridge().sweep().fates == {"counted": 1}
    again = claim(side.engine, side.project, ada)
    assert (again is not None and again.task_id != assignment.task_id, len(side.answers())) == (True, 1)


def test_the_webhook_is_made_once_and_takes_our_token_only(side: Side, admin: httpx.Client, database: str) -> None:
    """What it is told is a hint: a task that is not there changes nothing."""
    with api(database, side) as url, httpx.Client(base_url=url, verify=NO_TLS, timeout=10, trust_env=False) as stranger:
        assert stranger.post(HINTS, json={"task": {"id": 1}}).status_code == 401
        side.bridge(callback="http://127.0.0.1:9/").push()
        side.bridge(callback=url).push()
        side.bridge(callback=url).push()
        hooks = admin.get("/api/webhooks/", params={"project": side.number}).json()
        assert [(hook["url"], hook["actions"]) for hook in hooks] == [
            (url + HINTS, ["ANNOTATION_CREATED", "ANNOTATION_UPDATED"])
        ]
        studio = studio_project(side.engine, side.project.name, side.server.url)
        assert studio is not None
        ours = {"Authorization": f"Bearer {webhook_token(studio.secret)}"}
        bodies = [{"task": {"id": 10**9}}, {"task": {"id": "x"}}, {}, []]
        told = [stranger.post(HINTS, json=body, headers=ours).status_code for body in bodies]
        assert told == [202, 422, 422, 422]
        refused = [{}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {webhook_token(b'')}"}]
        assert {stranger.post(HINTS, json=bodies[0], headers=headers).status_code for headers in refused} == {401}
    assert side.answers() == []


def test_a_personal_access_token_serves_as_well(side: Side, admin: httpx.Client) -> None:
    """It is what Label Studio gives its users by default."""
    token = admin.post("/api/token/", json={}).raise_for_status().json()["token"]
    with StudioClient(side.server.url, SecretStr(token)) as client:
        sent, _ = Bridge(side.engine, side.project, client, most=1).push()
    assert (sent, len(ids(admin, side))) == (1, 1)


def test_the_commands_do_all_of_it(side: Side, admin: httpx.Client, users: tuple[User, User], database: str) -> None:
    """Push, link, sweep and status, as one types them."""
    variables = {
        "ASSAY_LABEL_STUDIO_URL": f"{side.server.url}/",
        "ASSAY_LABEL_STUDIO_TOKEN": side.server.token,
        "ASSAY_DATABASE_URL": database,
        "ASSAY_PROJECT": str(side.folder),
        "ASSAY_VAR": str(side.folder / "var"),
    }

    def told(*words: str) -> str:
        done = CliRunner(env=variables).invoke(app, ["label-studio", *words], catch_exceptions=False)
        return " ".join(done.output.split())

    assert told("status") == f"Nothing was sent to {side.server.url}/ yet: `assay label-studio push` does it."
    assert told("push") == "No annotation was found. Sent 3 tasks; 3 stand there now."
    task = ids(admin, side)[0]
    users[0].annotate(task, "cat")
    admin.post(f"/api/tasks/{task}/annotations/", json={"result": result("[/b] wolf")})
    assert told("sweep") == "Annotations: 1 counted, 1 unknown_class. 3 tasks stand there now."
    enlist(side.engine, side.project.name, "Root")
    assert "is Root's answer from now on" in told("link", "Root", side.server.email)
    shown = told("status")
    assert f"Project {side.number} of {side.server.url}/; 3 users are linked" in shown
    assert "unknown_class: annotation" in shown
    assert "[/b] wolf" in shown
    assert side.server.token not in shown


def test_what_cannot_be_done_is_said(side: Side, admin: httpx.Client) -> None:
    """Nothing was sent yet; another push is at work; a wrong token; the project is gone, and a new one is made."""
    with pytest.raises(InputError, match="assay label-studio push"):
        side.bridge().sweep()
    with alone(side.engine, side.project.name), pytest.raises(ConflictError, match="at work"):
        side.bridge().push()
    with StudioClient(side.server.url, SecretStr("0" * 40)) as client, pytest.raises(InputError, match="_TOKEN"):
        Bridge(side.engine, side.project, client, most=1).push()
    side.bridge().push()
    admin.delete(f"/api/projects/{side.number}/").raise_for_status()
    with pytest.raises(InputError, match="--new-project"):
        side.bridge().push()
    assert side.bridge().push(new_project=True)[0] == 3
