"""Hostile text is text on every page, whoever wrote it and wherever it is typed: nothing runs, nothing leaves us."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, expect

from console.testing_pages import House, assignment, serving
from schemas.guidelines import Definition, Draft
from schemas.roles import Role
from storage import publishing
from storage.labelers import Labeler, by_token, register
from storage.sessions import open_session
from storage.testing import label_next

# Each sets `taken` where it runs, or would fetch something from elsewhere.
ATTEMPTS = (
    "<script>window.taken=1</script>",
    "<img src=x onerror=window.taken=1>",
    '"><svg onload=window.taken=1>',
    "' autofocus onfocus=window.taken=1 x='",
    "</textarea></title><script>window.taken=1</script>",
    "{{constructor.constructor('window.taken=1')()}}${window.taken=1}",
    "<iframe srcdoc='<script>parent.taken=1</script>'></iframe>",
    "<a href='javascript:window.taken=1'>a</a>[b](javascript:window.taken=1)",
    "<img src=https://evil.example/a>![c](https://evil.example/b)<link rel=stylesheet href=//evil.example/c>",
    "<form action=https://evil.example><button>d</button></form><base href=https://evil.example>",
    "'; DROP TABLE labels; --\\",
    "../../../../etc/passwd%00%0d%0aSet-Cookie:taken=1",
)
ALL = " ".join(ATTEMPTS)
# Why a request failed that the page's Content-Security-Policy forbids.
REFUSED = "csp"
# As much as a name may hold.
NAME = "<img src=x onerror=window.taken=1>{{taken=1}}<svg onload=window.taken=1>'\""
LABELS = '{ classes = ["<img src=x onerror=window.taken=1>", "{{constructor.constructor(`taken=1`)()}}", "fox"] }'
CODE = "\n\nclass New(Payload):\n    size: int\n    note: str\n"
# The parameters that pages read.
USED = (
    ("/sample", "id"),
    ("/dead-letters", "rule"),
    ("/sign-in", "to"),
    ("/sign-in", "refused"),
    ("/password", "refused"),
    ("/guidelines/edit", "finding"),
    ("/enter", "id"),
)
FIELDS = "input:not([type=hidden]):not([type=checkbox]):not([type=radio]), textarea"


@dataclass
class Watched:
    """What a browser did that no page of ours makes it do."""

    url: str
    noticed: list[str] = field(default_factory=list)

    def on(self, page: Page) -> Page:
        """Watch a page from now on."""
        page.on("dialog", self._dialog)
        page.on("requestfinished", self._request)
        page.on("requestfailed", self._request)
        return page

    def _dialog(self, dialog: Dialog) -> None:
        self.noticed.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        """Note what went elsewhere, were it in vain; what our policy forbade did not leave the browser."""
        if request.failure != REFUSED and not request.url.startswith((self.url, "data:", "blob:", "about:")):
            self.noticed.append(request.url)

    def look(self, page: Page) -> None:
        """Note what ran on a page, and what of it would run at a click."""
        if page.evaluate("window.taken") is not None:
            self.noticed.append(f"a script ran on {page.url}")
        bad = "[...document.querySelectorAll('a')].filter((a) => a.protocol === 'javascript:').map((a) => a.outerHTML)"
        self.noticed += page.evaluate(bad)


@pytest.fixture(scope="module")
def hostile(browser: Browser, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A project in which all that somebody may write is hostile: classes, samples, names, reasons, guideline."""
    with serving(browser, database, tmp_path_factory.mktemp("project"), labels=LABELS, code=CODE) as house:
        written(house)
        yield house


def written(house: House) -> None:
    """Write hostile text in every place that people and producers may write to."""
    for offset in range(4):
        house.enqueue(offset, payload={"size": offset, "note": ALL})
    first, second, fox = house.project.labels.classes
    for number, answer in enumerate((first, second, fox)):
        labeler = enlisted(house, Role.LABELER, f"{NAME} {number}")
        for _ in range(2):
            label_next(house.engine, house.project, labeler, answer)
    meant = tuple(Definition(name=name, text=ALL) for name in house.project.labels.classes)
    draft = Draft(body=f"# {ALL}\n\n{ALL}\n\n| a |\n|---|\n| {NAME} |", definitions=meant, settles=((first, second),))
    publishing.publish(house.engine, house.project, draft)


def enlisted(house: House, role: Role, name: str) -> Labeler:
    """Return a new labeler of that name."""
    token = register(house.engine, house.project.name, name, simulated=False, role=role)
    labeler = by_token(house.engine, house.project.name, token)
    assert labeler is not None
    return labeler


def signed_in(house: House, role: Role, name: str) -> Page:
    """Return a page of a browser in which somebody new of that name has signed in."""
    with house.engine.begin() as connection:
        secret = open_session(connection, enlisted(house, role, name), timedelta(hours=1), None)
    context = house.context()
    context.add_cookies([{"name": "assay", "value": secret, "url": house.url}])
    return context.new_page()


def opened(page: Page, url: str) -> None:
    """Open a page, and let it draw what comes by its live connection."""
    page.goto(url)
    page.wait_for_selector("h1")
    page.wait_for_timeout(600)


def pages(page: Page, house: House) -> Iterator[str]:
    """Open every page that a link leads to, from the navigation on, and yield its address while it is shown."""
    seen, waiting = set(), ["/queue", "/sign-in", "/password", "/sample?id=s0-0", "/datasets/1"]
    while waiting:
        path = waiting.pop(0)
        if (kind := path.split("=")[0]) in seen:
            continue
        seen.add(kind)
        opened(page, f"{house.url}{path}")
        yield path
        links = page.evaluate("[...document.querySelectorAll('a[href]')].map((a) => a.href)")
        ours = [urlsplit(link) for link in links if link.startswith(house.url)]
        waiting += [f"{one.path}?{one.query}" if one.query else one.path for one in ours]


def test_what_is_stored_runs_on_no_page(hostile: House) -> None:
    """Every page that an admin reaches, whose own name is hostile too."""
    watched = Watched(hostile.url)
    page, visited = watched.on(signed_in(hostile, Role.ADMIN, f"{NAME} admin")), []
    for path in pages(page, hostile):
        watched.look(page)
        visited.append(path)
    assert {"/label", "/findings", "/guidelines", "/guidelines/edit", "/agreement", "/dead-letters"} <= set(visited)
    assert watched.noticed == []


def test_what_is_typed_into_any_field_runs_nowhere(hostile: House) -> None:
    """Every field of every page, with all attempts at once, sent by Enter or by the form's button."""
    watched, filled = Watched(hostile.url), set()
    page = watched.on(signed_in(hostile, Role.ADMIN, f"{NAME} typist"))
    for path in pages(page, hostile):
        fields = page.locator(FIELDS)
        for place in range(fields.count()):
            if fields.nth(place).is_visible():
                filled.add(fields.nth(place).evaluate("(field) => field.name || field.id"))
                _typed(page.context, place, f"{hostile.url}{path}", watched)
    assert {"name", "password", "current", "new", "id", "body"} <= filled
    assert watched.noticed == []


def _typed(context: BrowserContext, place: int, address: str, watched: Watched) -> None:
    page = watched.on(context.new_page())
    opened(page, address)
    target = page.locator(FIELDS).nth(place)
    target.fill(ALL)
    target.press("Enter")
    page.wait_for_timeout(600)
    watched.look(page)
    page.close()


def test_a_reason_and_a_class_come_back_as_text(hostile: House) -> None:
    """What a labeler types for a reason, and what the status says of a class that was chosen."""
    watched = Watched(hostile.url)
    page = watched.on(signed_in(hostile, Role.LABELER, f"{NAME} labeler"))
    opened(page, f"{hostile.url}/label")
    page.keyboard.press("1")
    expect(page.get_by_role("status")).to_contain_text("onerror=window.taken=1> is stored.")
    shown = assignment(page)
    page.keyboard.press("s")
    page.get_by_label("Another reason").fill(ALL[:500])
    page.keyboard.press("Enter")
    page.wait_for_function("id => document.getElementById('sample')?.dataset.assignment !== id", arg=shown)
    events: list[Any] = [ALL, {"do": ALL}, {"do": "answer", "value": ALL, "assignment": assignment(page)}, [ALL] * 3]
    for event in events:
        page.evaluate("event => emitEvent('act', event)", event)
    page.wait_for_timeout(600)
    watched.look(page)
    assert watched.noticed == []


def test_a_link_with_hostile_parameters_shows_them_as_text(hostile: House) -> None:
    """Whoever follows a link that somebody sent them runs nothing of theirs."""
    watched = Watched(hostile.url)
    page = watched.on(signed_in(hostile, Role.ADMIN, f"{NAME} follower"))
    addresses = [f"{path}?{urlencode({name: ALL})}" for path, name in USED]
    for address in (*addresses, f"/datasets/{quote(ALL, safe='')}", f"/guidelines/{quote(ALL, safe='')}"):
        page.goto(f"{hostile.url}{address}#{quote(ALL)}")
        page.wait_for_timeout(600)
        watched.look(page)
    assert watched.noticed == []
