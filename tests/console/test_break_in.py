"""Who tries to break in by requests that no page of ours sends gets nothing: by address, body, session, connection."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import CloseCode
from websockets.sync.client import connect

from console.pages.house import NAVIGATION
from console.testing import NO_TLS, OUR_PAGES
from console.testing_pages import House, assignment, press

# What anybody may see.
OPEN = ("/sign-in", "/password", "/enter", "/openapi.json")
PATHS = [*OPEN, "/guidelines/edit", *(path for path, *_ in NAVIGATION)]
LIVE = "/_nicegui_ws/socket.io/?EIO=4&transport="
FORMS = {
    "/sign-in": {"name": "ada", "password": "of nobody", "to": "/label"},
    "/password": {"name": "ada", "current": "of nobody", "new": "long enough for all"},
    "/sign-out": {},
}
ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\r\nLocation: https://evil.example",
    " //evil.example",
    "/\x00/evil.example",
)
CLIMBS = (
    "../../../pyproject.toml",
    "..%2f..%2f..%2fpyproject.toml",
    "%2e%2e/%2e%2e/%2e%2e/pyproject.toml",
    "..%5c..%5c..%5cpyproject.toml",
    "%252e%252e%252f%252e%252e%252fpyproject.toml",
    "/etc/passwd",
    "..%00/label.js",
)


@pytest.fixture
def client(house: House) -> Iterator[httpx.Client]:
    """A browser in which nobody has signed in, as far as its requests tell."""
    with httpx.Client(base_url=house.url, verify=NO_TLS, trust_env=False, timeout=30, headers=OUR_PAGES) as client:
        yield client


def cookie_of(page: Page) -> str:
    """Return the session of a page's browser."""
    return next(one["value"] for one in page.context.cookies() if one["name"] == "assay")


@pytest.mark.parametrize("path", PATHS)
def test_no_page_may_be_framed_or_guessed_at_by_another_site(client: httpx.Client, path: str) -> None:
    """Nor does it say what serves it, and none but the API's description is had without signing in."""
    told = client.get(path)
    policy = told.headers["content-security-policy"]
    assert ("frame-ancestors 'none'" in policy, "object-src 'none'" in policy, "base-uri 'none'" in policy) == (
        True,
    ) * 3
    assert (told.headers["x-content-type-options"], told.headers["referrer-policy"]) == ("nosniff", "same-origin")
    assert [name for name in ("server", "x-powered-by", "access-control-allow-origin") if name in told.headers] == []
    if path not in OPEN:
        assert (told.status_code, told.headers["location"]) == (303, f"/sign-in?to={path}")


@pytest.mark.parametrize("to", ELSEWHERE)
def test_signing_in_leads_nowhere_else(client: httpx.Client, to: str) -> None:
    """Neither the form's own address, nor that to which a refused one goes back."""
    told = client.post("/sign-in", data={**FORMS["/sign-in"], "to": to})
    assert (told.status_code, urlsplit(told.headers["location"]).netloc) == (303, "")
    assert told.headers["location"].endswith("to=%2Flabel")
    assert "set-cookie" not in told.headers


@pytest.mark.parametrize("climb", CLIMBS)
def test_no_address_leads_out_of_the_folders_that_are_served(client: httpx.Client, climb: str) -> None:
    """As written, since clients tidy addresses up before they send them."""
    version = client.get("/sign-in").text.split("/_nicegui/")[1].split("/")[0]
    folders = (
        "static",
        f"_nicegui/{version}/static",
        f"_nicegui/{version}/libraries",
        f"_nicegui/{version}/components",
    )
    for folder in (*folders, f"_nicegui/{version}/resources/x", f"_nicegui/{version}/esm/x", "v1/samples", "v1/media"):
        told = httpx.get(
            httpx.URL(client.base_url, raw_path=f"/{folder}/{climb}".encode()), trust_env=False, timeout=30
        )
        assert told.status_code in (400, 401, 403, 404)
        assert ("requires-python" in told.text, "root:" in told.text) == (False, False)


@pytest.mark.parametrize("path", FORMS)
def test_a_form_of_another_site_is_refused(client: httpx.Client, path: str) -> None:
    """With an Authorization header too, which counts for the API alone."""
    for site in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site", "Authorization": "Basic YTpi"}):
        assert client.post(path, data=FORMS[path], headers=site).status_code == 403


@pytest.mark.parametrize("path", [*FORMS, "/v1/session", "/v1/password", "/v1/label-studio/hints"])
def test_what_is_open_to_all_reads_no_more_than_it_must(client: httpx.Client, path: str) -> None:
    """A body without end, a file, nesting without end, and letters that are none: refused, and never our fault."""
    bodies: list[dict[str, Any]] = [
        {"content": b"x" * 300_000},
        {"content": b"x" * 300_000, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"files": {"name": ("../../a.html", b"<script>" * 50_000, "text/html")}},
        {"content": b"[" * 100_000, "headers": {"Content-Type": "application/json"}},
        {"content": b'{"name": "\\ud800", "password": "\\u0000"}', "headers": {"Content-Type": "application/json"}},
        {"data": {"name": "a\x00b", "password": "\x00", "new": "\x00" * 20, "current": "\x00", "to": "\x00"}},
        {"data": {"name": "a\r\nSet-Cookie: taken=1", "password": "x", "to": "/\r\nSet-Cookie: taken=1"}},
        {"data": {"name": "' OR 1=1 --", "password": "' OR 1=1 --", "to": "/label"}},
    ]
    method = "PUT" if path == "/v1/password" else "POST"
    told = [client.request(method, path, **body) for body in bodies]
    assert [reply.status_code for reply in told if reply.status_code >= 500] == []
    assert [reply for reply in told if "set-cookie" in reply.headers] == []
    if path != "/sign-out":  # which reads no body
        assert [reply.status_code for reply in told[1:3]] == [413, 413]
    assert client.get("/v1/healthz").status_code == 200


def test_a_planted_session_is_not_taken_over(house: House, client: httpx.Client) -> None:
    """Who signs in gets an id of their own, by a cookie that no script reads and no other site sends."""
    name, code = house.invite()
    planted = "x" * 43
    choice = {"name": name, "current": code, "new": "correct horse battery"}
    told = client.post("/password", data=choice, headers={"Cookie": f"assay={planted}"})
    kept = told.headers["set-cookie"]
    assert (told.status_code, planted in kept) == (303, False)
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(kept.split("; "))
    assert client.get("/v1/session", headers={"Cookie": f"assay={planted}"}).status_code == 401


@pytest.mark.parametrize(
    "origin", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}]
)
def test_no_other_site_opens_a_live_connection(house: House, origin: dict[str, str]) -> None:
    """By WebSocket or by polling, to a page that is there; and it is not told that it may read along."""
    page = house.sign_in(house.context(), "/queue")
    query = f"{LIVE}polling&client_id={page.evaluate('clientId')}"
    cookie = {"Cookie": f"assay={cookie_of(page)}"}
    polled = httpx.get(f"{house.url}{query}", headers={**origin, **cookie}, trust_env=False)
    assert (polled.status_code, "access-control-allow-origin" in polled.headers) == (403, False)
    with pytest.raises(InvalidStatus, match="403"), connected(house, page, {**origin, **cookie}):
        pass


def connected(house: House, page: Page, headers: dict[str, str]) -> Any:
    """Open a WebSocket to a page."""
    query = f"{LIVE}websocket&client_id={page.evaluate('clientId')}&tab_id={uuid4()}&document_id={uuid4()}"
    return connect(f"{house.url.replace('http', 'ws', 1)}{query}", additional_headers=headers, proxy=None)


def test_nobody_else_comes_to_a_page_by_its_id(house: House) -> None:
    """Neither without a session nor with another one; its own browser does."""
    page, other = (house.sign_in(house.context(), "/queue") for _ in range(2))
    ours = {"Origin": house.url}
    for cookies in ({}, {"Cookie": f"assay={cookie_of(other)}"}):
        with pytest.raises(InvalidStatus, match="403"), connected(house, page, {**ours, **cookies}):
            pass
    with connected(house, page, {**ours, "Cookie": f"assay={cookie_of(page)}"}) as socket:
        assert json.loads(socket.recv(timeout=10).removeprefix("0"))["maxPayload"] > 0


# Returns what a page would send for an answer, without sending it.
CAPTURED = """async (assignment) => {
  const sent = [], emit = window.socket.emit;
  window.socket.emit = (...all) => sent.push(all);
  emitEvent("act", { do: "answer", value: "dog", assignment });
  while (!sent.length) await new Promise(requestAnimationFrame);
  window.socket.emit = emit;
  return sent[0];
}"""


def test_an_event_of_a_page_is_taken_from_its_own_connection_only(house: House) -> None:
    """Though it names the page, its element and its listener, which nobody else is told."""
    house.enqueue(0, 1)
    page, other = (house.sign_in(house.context()) for _ in range(2))
    page.wait_for_selector("#sample")
    other.wait_for_selector("#sample")
    event = page.evaluate(CAPTURED, assignment(page))
    other.evaluate("event => window.socket.emit(...event)", event)
    press(other, "1")
    assert house.answers() == ["cat"]
    page.evaluate("event => window.socket.emit(...event)", event)
    expect(page.get_by_role("status")).to_have_text("dog is stored.")
    assert house.answers() == ["cat", "dog"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sessions SET ended_at = now()",
        "UPDATE labelers SET role = 'engineer'",
        "UPDATE labelers SET disabled_at = now()",
    ],
)
def test_an_open_page_stops_working_with_what_opened_it(house: House, change: str) -> None:
    """For who signed out elsewhere, may do less, or was disabled: nothing is stored, and one is sent to sign in."""
    house.enqueue(0)
    page = house.sign_in(house.context())
    page.wait_for_selector("#sample")
    with house.engine.begin() as connection:
        connection.execute(text(change))
    page.keyboard.press("1")
    page.wait_for_url(f"{house.url}/sign-in**")
    assert house.answers() == []


def test_a_message_without_end_ends_the_connection_and_nothing_else(house: House) -> None:
    """A live connection reads no more than a request."""
    page = house.sign_in(house.context(), "/queue")
    headers = {"Origin": house.url, "Cookie": f"assay={cookie_of(page)}"}
    with connected(house, page, headers) as socket:
        socket.recv(timeout=10)
        with suppress(ConnectionClosed):
            socket.send("4" + "x" * 1_000_000)
            while True:
                socket.recv(timeout=10)
    assert socket.close_code == CloseCode.MESSAGE_TOO_BIG
    assert httpx.get(f"{house.url}/v1/healthz", trust_env=False).status_code == 200
