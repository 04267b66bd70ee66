"""The parts of the bridge to Label Studio: what is sent is only text, and nothing that comes back is taken on trust."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from console.label_studio import client as client_module
from console.label_studio.annotations import Refusal, notice_of, read_answer
from console.label_studio.client import StudioClient
from console.label_studio.layout import label_config
from console.label_studio.page import page
from console.label_studio.signing import is_webhook_token, sent_as, signed_data, webhook_token
from schemas.answers import AnswerKind, plain_of
from schemas.errors import AssayError, InputError, UnavailableError
from schemas.project import LabelSpace
from storage.unleased import WaitingTask

CLASSES = ("cat", "dog", "fox")
LABELS = LabelSpace(classes=CLASSES)
USERS = {7: "ada@example.org"}
SECRET = b"s" * 32
TOKEN = "0123456789abcdef"  # noqa: S105 - of no server
ITEM = {"from_name": "answer", "to_name": "sample", "type": "choices", "value": {"choices": ["cat"]}}
# As Label Studio 1.23.2 answers `GET /api/tasks/`.
ANNOTATION: dict[str, Any] = {
    "id": 1,
    "result": [ITEM],
    "created_username": " ada@example.org, 7",
    "created_ago": "0 minutes",
    "completed_by": 7,
    "was_cancelled": False,
    "ground_truth": False,
    "created_at": "2026-11-26T10:40:37.479101Z",
    "updated_at": "2026-11-26T10:40:37.479142Z",
    "lead_time": None,
    "task": 1,
    "project": 1,
    "updated_by": 7,
}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def answer_of(**changes: Any) -> Any:
    """Return what is read from the annotation with these changes."""
    return read_answer({**ANNOTATION, **changes}, LABELS, CLASSES, USERS)


def test_a_sound_annotation_is_a_users_answer() -> None:
    """Whether Label Studio names the user by id or shows all of it."""
    assert answer_of() == ("ada@example.org", "cat")
    assert answer_of(completed_by={"id": 7, "email": "eve@example.org"}) == ("ada@example.org", "cat")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"result": [{**ITEM, "value": {"choices": ["wolf"]}}]}, Refusal.UNKNOWN_CLASS),
        ({"result": [{**ITEM, "value": {"choices": ["cat", "dog"]}}]}, Refusal.NOT_ONE_CHOICE),
        ({"result": [{**ITEM, "value": {"choices": []}}]}, Refusal.NOT_ONE_CHOICE),
        ({"result": [{**ITEM, "value": {"choices": "cat"}}]}, Refusal.NOT_ONE_CHOICE),
        ({"result": [{**ITEM, "from_name": "other"}]}, Refusal.NOT_ONE_CHOICE),
        ({"result": [{**ITEM, "type": "labels"}]}, Refusal.NOT_ONE_CHOICE),
        ({"result": [ITEM, ITEM]}, Refusal.NOT_ONE_CHOICE),
        ({"result": []}, Refusal.NOT_ONE_CHOICE),
        ({"result": {}}, Refusal.UNREADABLE),
        ({"was_cancelled": True}, Refusal.SKIPPED),
        ({"was_cancelled": "no"}, Refusal.UNREADABLE),
        ({"completed_by": 8}, Refusal.OF_ANOTHER),
        ({"updated_by": 8}, Refusal.OF_ANOTHER),
        ({"updated_by": None}, Refusal.OF_ANOTHER),
        ({"completed_by": 8, "updated_by": 8}, Refusal.UNKNOWN_USER),
        ({"completed_by": True, "updated_by": True}, Refusal.UNREADABLE),
        ({"updated_at": "yesterday"}, Refusal.UNREADABLE),
        ({"created_at": None}, Refusal.UNREADABLE),
        ({"id": "1"}, Refusal.UNREADABLE),
    ],
)
def test_what_is_no_answer_is_refused_with_a_reason(changes: dict[str, Any], reason: Refusal) -> None:
    """Label Studio stores whatever it is sent."""
    assert answer_of(**changes) == reason


@given(st.dictionaries(st.sampled_from(sorted(ANNOTATION)), anything, min_size=1, max_size=4), anything)
def test_whatever_comes_back_is_an_answer_of_a_user_or_a_refusal(changes: dict[str, Any], other: Any) -> None:
    """And is told apart, the same way each time; nothing else is raised."""
    for body in ({**ANNOTATION, **changes}, other):
        read = read_answer(body, LABELS, CLASSES, USERS)
        assert isinstance(read, Refusal) or (read[0] in USERS.values() and read[1] in CLASSES)
        assert notice_of(body) == notice_of(json.loads(json.dumps(body)))


SEVERAL = LabelSpace(kind=AnswerKind.MULTILABEL, classes=CLASSES)
NONE_TOO = SEVERAL.model_copy(update={"empty": True})
BOXES = LabelSpace(kind=AnswerKind.BOXES, classes=CLASSES)
TEXT = LabelSpace(kind=AnswerKind.TEXT)
# As the editor of Label Studio 1.23 sends them.
CHECKED = {**ITEM, "id": "Kx1", "origin": "manual", "value": {"choices": ["dog", "cat"]}}
RECTANGLE = {
    "original_width": 640,
    "original_height": 480,
    "image_rotation": 0,
    "value": {"x": 25.0, "y": 50.0, "width": 12.5, "height": 25, "rotation": 0, "rectanglelabels": ["cat"]},
    "id": "vQ7",
    "from_name": "answer",
    "to_name": "sample",
    "type": "rectanglelabels",
    "origin": "manual",
}
TYPED = {
    "value": {"text": ["A cat, asleep."]},
    "id": "a0",
    "from_name": "answer",
    "to_name": "sample",
    "type": "textarea",
    "origin": "manual",
}


def rectangle(**changes: Any) -> dict[str, Any]:
    """Return the rectangle with changes to its value."""
    return {**RECTANGLE, "value": {**RECTANGLE["value"], **changes}}


@pytest.mark.parametrize(
    ("labels", "result", "answer"),
    [
        (SEVERAL, [CHECKED], ["cat", "dog"]),
        (NONE_TOO, [], []),
        (BOXES, [], []),
        (BOXES, [RECTANGLE], [{"name": "cat", "left": 160.0, "top": 240.0, "right": 240.0, "bottom": 360.0}]),
        (TEXT, [TYPED], "A cat, asleep."),
    ],
)
def test_an_annotation_of_every_kind_is_an_answer(labels: LabelSpace, result: Any, answer: Any) -> None:
    """Rectangles are parts of the picture there, and pixels here."""
    read = read_answer({**ANNOTATION, "result": result}, labels, labels.classes, USERS)
    assert not isinstance(read, Refusal)
    assert (read[0], plain_of(read[1])) == ("ada@example.org", answer)


@pytest.mark.parametrize(
    ("labels", "result", "reason"),
    [
        (SEVERAL, [], Refusal.NOT_OF_THE_KIND),
        (SEVERAL, [CHECKED, CHECKED], Refusal.NOT_OF_THE_KIND),
        (SEVERAL, [{**CHECKED, "value": {"choices": ["cat", "wolf"]}}], Refusal.UNKNOWN_CLASS),
        (SEVERAL, [RECTANGLE], Refusal.NOT_OF_THE_KIND),
        (BOXES, [rectangle(rotation=30)], Refusal.NOT_OF_THE_KIND),
        (BOXES, [{**RECTANGLE, "image_rotation": 90}], Refusal.NOT_OF_THE_KIND),
        (BOXES, [{**RECTANGLE, "original_width": 0}], Refusal.NOT_OF_THE_KIND),
        (BOXES, [{name: RECTANGLE[name] for name in RECTANGLE if name != "original_height"}], Refusal.NOT_OF_THE_KIND),
        (BOXES, [rectangle(rectanglelabels=["wolf"])], Refusal.UNKNOWN_CLASS),
        (BOXES, [rectangle(rectanglelabels=["cat", "dog"])], Refusal.NOT_OF_THE_KIND),
        (BOXES, [rectangle(width=0)], Refusal.NOT_OF_THE_KIND),
        (BOXES, [rectangle(x=float("inf"))], Refusal.NOT_OF_THE_KIND),
        (BOXES, [rectangle(x=1e308)], Refusal.NOT_OF_THE_KIND),
        (BOXES, [rectangle(rectanglelabels=["cat"]), ITEM], Refusal.NOT_OF_THE_KIND),
        (BOXES, [RECTANGLE] * 201, Refusal.NOT_OF_THE_KIND),
        (TEXT, [], Refusal.NOT_OF_THE_KIND),
        (TEXT, [{**TYPED, "value": {"text": ["a", "b"]}}], Refusal.NOT_OF_THE_KIND),
        (TEXT, [{**TYPED, "value": {"text": ["a\x00b"]}}], Refusal.NOT_OF_THE_KIND),
        (TEXT, [TYPED, TYPED], Refusal.NOT_OF_THE_KIND),
    ],
)
def test_what_a_project_of_another_kind_asks_for_is_refused(labels: LabelSpace, result: Any, reason: Refusal) -> None:
    """And so is what was drawn askew, or has no size."""
    assert read_answer({**ANNOTATION, "result": result}, labels, labels.classes, USERS) is reason


@pytest.mark.parametrize("labels", [SEVERAL, BOXES, TEXT], ids=lambda labels: labels.kind)
@given(result=st.lists(st.sampled_from([CHECKED, RECTANGLE, TYPED]) | anything, max_size=2))
def test_whatever_is_in_a_result_is_read_or_refused(labels: LabelSpace, result: Any) -> None:
    """Never a fault of ours."""
    read_answer({**ANNOTATION, "result": result}, labels, labels.classes, USERS)


@pytest.mark.parametrize(
    ("labels", "asked"),
    [
        (SEVERAL, ("HyperText", "Choices", {"choice": "multiple", "required": "true"})),
        (NONE_TOO, ("HyperText", "Choices", {"choice": "multiple", "required": "false"})),
        (BOXES, ("Image", "RectangleLabels", {"canRotate": "false"})),
        (TEXT, ("HyperText", "TextArea", {"maxSubmissions": "1", "required": "true"})),
    ],
)
def test_each_kind_has_its_own_way_to_answer(labels: LabelSpace, asked: tuple[str, str, dict[str, str]]) -> None:
    """Below the sample, of which boxes need the picture itself."""
    shown, control = ET.fromstring(label_config(labels, labels.classes))  # noqa: S314 - our own
    assert (shown.tag, control.tag, shown.get("value")) == (asked[0], asked[1], "$sample")
    assert asked[2].items() <= control.attrib.items()
    assert [each.get("value") for each in control] == list(labels.classes)


def test_boxes_are_drawn_on_the_picture_that_was_sent() -> None:
    """It is signed like the page."""
    task = WaitingTask(task_id=5, payload={"size": 1}, media="https://example.org/1.png")
    data = signed_data(SECRET, task, 2, AnswerKind.BOXES)
    assert data["sample"] == "https://example.org/1.png"
    assert sent_as(SECRET, data) == (5, 2)
    assert sent_as(SECRET, {**data, "sample": "https://example.org/2.png"}) is None


def test_an_id_that_was_given_again_is_another_annotation() -> None:
    """Label Studio on SQLite gives the ids of deleted annotations again; a change is another version of the same."""
    first = notice_of(ANNOTATION)
    again = notice_of({**ANNOTATION, "created_at": "2026-11-27T10:40:37.479101Z"})
    changed = notice_of({**ANNOTATION, "updated_at": "2026-11-27T10:40:37.479101Z", "created_ago": "1 day"})
    assert first.annotation != again.annotation
    assert (first.annotation, first.version == changed.version) == (changed.annotation, False)


def test_an_annotation_is_kept_to_a_limit() -> None:
    """However long somebody makes it."""
    assert len(notice_of({**ANNOTATION, "result": ["x" * 1_000_000]}).body) == 20_000


class Tags(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.text.append(data)


@given(st.dictionaries(st.text(max_size=20), st.text(), max_size=4), st.none() | st.text())
def test_whatever_a_sample_says_the_page_has_our_tags_only(payload: dict[str, Any], media: str | None) -> None:
    """And no attribute of its own choice."""
    tags = Tags(page(payload, media)).tags
    allowed = {"table": set(), "tr": set(), "th": set(), "td": set(), "pre": {"style"}, "p": set()}
    allowed["img"] = {"src", "referrerpolicy", "style"}
    assert [tag for tag, attributes in tags if not set(attributes) <= allowed[tag]] == []


def test_hostile_text_is_shown_as_it_is() -> None:
    """Scripts, quotes and entities are text; NUL and half surrogates, which databases refuse, are replaced."""
    hostile = "</pre><script>alert(1)</script>&amp;\"'\x00\ud800"
    shown = page({"text": hostile, "size": [1, None]}, None)
    assert "<script" not in shown
    assert "".join(Tags(shown).text) == "text</pre><script>alert(1)</script>&amp;\"'\ufffd?size[1, null]"


@pytest.mark.parametrize("media", ["javascript:alert(1)", "data:text/html,x", "//host/x", "pictures/1.png", "http://["])
def test_only_what_is_on_the_web_is_fetched(media: str) -> None:
    """Anything else is shown as text."""
    assert "img" not in [tag for tag, _ in Tags(page({}, media)).tags]


def test_a_picture_on_the_web_is_shown() -> None:
    """Its address cannot break out of the attribute."""
    address = 'https://host/x?a="><script>'
    assert Tags(page({}, address)).tags[0][1]["src"] == address


# What XML 1.0 can hold.
xml_text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from("\t\n\r"), min_size=1)


@given(st.lists(xml_text, min_size=2, unique=True))
def test_classes_come_out_of_the_configuration_as_they_went_in(classes: list[str]) -> None:
    """Quotes, angle brackets and line ends included."""
    root = ET.fromstring(label_config(LABELS, classes))  # noqa: S314 - our own
    assert [choice.get("value") for choice in root.iter("Choice")] == classes


@pytest.mark.parametrize("name", ["a\x00", "\x1b[31m", "\ufffe", "\ud800"])
def test_a_class_that_xml_cannot_hold_is_refused(name: str) -> None:
    """Not even escaped could it be shown there."""
    with pytest.raises(InputError, match="without control characters"):
        label_config(LABELS, ["cat", name])


def waiting_task() -> WaitingTask:
    """Return a task to send."""
    return WaitingTask(task_id=5, payload={"size": 1}, media=None)


def test_a_task_comes_back_as_it_was_sent() -> None:
    """Our task and the guideline version are read from it."""
    assert sent_as(SECRET, signed_data(SECRET, waiting_task(), 2, LABELS.kind)) == (5, 2)


@pytest.mark.parametrize("field", ["sample", "assay_task", "assay_guideline", "assay_key"])
@given(value=anything)
def test_a_task_that_was_edited_is_not_ours(field: str, value: Any) -> None:
    """In whatever field, to whatever value; nor is one that was signed with another secret."""
    data = signed_data(SECRET, waiting_task(), 2, LABELS.kind)
    unchanged = type(value) is type(data[field]) and value == data[field]
    assert (sent_as(SECRET, {**data, field: value}) is None) is not unchanged
    assert sent_as(b"other", data) is None


@given(anything)
def test_whatever_stands_in_label_studio_is_not_ours(data: Any) -> None:
    """Nothing is raised."""
    assert sent_as(SECRET, data) is None


@pytest.mark.parametrize("token", ["", "x", "é", webhook_token(b"other")])
def test_a_webhook_shows_our_token(token: str) -> None:
    """Another one is not taken."""
    assert (is_webhook_token(SECRET, token), is_webhook_token(SECRET, webhook_token(SECRET))) == (False, True)


Handler = Callable[[httpx.Request], httpx.Response]


def studio(handler: Handler, token: str = TOKEN) -> StudioClient:
    """Return a client of a server that answers so."""
    return StudioClient("http://studio", SecretStr(token), transport=httpx.MockTransport(handler))


def lost(request: httpx.Request) -> httpx.Response:
    """Do not answer."""
    raise httpx.ReadTimeout("", request=request)


@pytest.mark.parametrize(
    ("handler", "kind", "remedy"),
    [
        (lost, UnavailableError, "ASSAY_LABEL_STUDIO_URL"),
        (lambda _: httpx.Response(500, text="<b>\x1b[31m"), UnavailableError, "repeat this in a while"),
        (lambda _: httpx.Response(429), UnavailableError, "repeat this in a while"),
        (lambda _: httpx.Response(401, json={"detail": "Invalid token."}), InputError, "ASSAY_LABEL_STUDIO_TOKEN"),
        (lambda _: httpx.Response(403), InputError, "ASSAY_LABEL_STUDIO_TOKEN"),
        (lambda _: httpx.Response(302, headers={"location": "http://evil/"}), InputError, "leads elsewhere"),
        (lambda _: httpx.Response(400, text="no"), InputError, "refused GET /api/users/"),
        (lambda _: httpx.Response(200, text="<html>"), UnavailableError, "leads to Label Studio itself"),
        (lambda _: httpx.Response(200, text='[{"id": "1"}]'), UnavailableError, "0.id"),
        (lambda _: httpx.Response(200, text="[" * 100_000), UnavailableError, "not understood"),
        (lambda _: httpx.Response(200, content=b"\xff\x00"), UnavailableError, "not understood"),
        (lambda _: httpx.Response(204), UnavailableError, "not understood"),
    ],
)
def test_a_server_that_misbehaves_is_said_with_a_remedy(handler: Handler, kind: type[AssayError], remedy: str) -> None:
    """The token is not told, and nothing that a terminal would obey."""
    with studio(handler) as client, pytest.raises(kind) as raised:
        client.users()
    assert remedy in str(raised.value)
    assert TOKEN not in f"{raised.value!r} {raised.value.__cause__!r}"
    assert "\x1b" not in str(raised.value)


def test_an_answer_is_read_to_its_limit_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is sent."""
    monkeypatch.setattr(client_module, "MOST_BYTES", 1000)
    endless = (b"x" * 400 for _ in iter(int, 1))
    with studio(lambda _: httpx.Response(200, content=endless)) as client, pytest.raises(UnavailableError):
        client.users()


def test_pages_are_read_to_the_last() -> None:
    """Also where the server tells a wrong total: an empty page, or one that is not found, is the last."""

    def handler(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        tasks = [{"id": page, "data": {}, "annotations": []}]
        return httpx.Response(404) if page > 3 else httpx.Response(200, json={"total": 99, "tasks": tasks})

    with studio(handler) as client:
        assert [task.id for task in client.tasks(1)] == [1, 2, 3]


def test_a_task_of_another_project_is_not_found() -> None:
    """Its number is the server's, across projects."""
    task = {"id": 1, "project": 2, "data": {}, "annotations": []}
    with studio(lambda _: httpx.Response(200, json=task)) as client:
        assert (client.task(1, 1), client.task(2, 1)) == (None, client_module.StudioTask(**task))


def test_a_personal_access_token_is_exchanged_and_again_when_it_has_expired() -> None:
    """What it is exchanged for lives for minutes."""
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/token/refresh/":
            return httpx.Response(200, json={"access": f"access {len(seen)}"})
        seen.append(request.headers["authorization"])
        return httpx.Response(401) if len(seen) == 2 else httpx.Response(200, json=[])

    with studio(handler, "a.b.c") as client:
        assert (client.users(), client.users()) == ({}, {})
    assert seen == ["Bearer access 0", "Bearer access 0", "Bearer access 2"]


@pytest.mark.parametrize("url", ["", "studio", "ftp://studio", "http://", "http://me:secret@studio", "http://[", "a b"])
def test_what_is_no_address_is_refused(url: str) -> None:
    """With how to write one."""
    with pytest.raises(InputError, match="http://HOST:PORT"):
        StudioClient(url, SecretStr(TOKEN))
