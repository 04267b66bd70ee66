"""What other sites make browsers send is refused, for every endpoint; and what browsers are told with each response."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from starlette.types import Message, Receive, Scope, Send

from console.api import create_app
from console.origin import SameOrigin
from console.settings import ConsoleSettings
from console.testing import Site, serving
from schemas.roles import Role
from storage.settings import StorageSettings

# The document is the same for every project.
DOCUMENT = create_app(
    ConsoleSettings(project=Path()), StorageSettings(database_url=SecretStr("postgresql://nowhere"))
).openapi()
UNSAFE = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods if method != "get"]
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "SELF"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {},  # a browser that sends neither is none of today's
]
OURS = [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "SELF"}]


@pytest.fixture(scope="module")
def site(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a project in which nothing waits, the same for all tests of this file."""
    with serving(database, tmp_path_factory.mktemp("project")) as site:
        yield site


@pytest.mark.parametrize(("method", "path"), UNSAFE)
def test_what_another_site_makes_a_browser_send_is_refused(site: Site, method: str, path: str) -> None:
    """Before anything else is looked at; the same from our own pages is not, nor what a program sends with a token."""
    address = path.format(account_id=2**40, assignment_id=uuid4(), task_id=2**40, token_id=2**40)
    for headers in [*FOREIGN, *OURS]:
        labeler, token = site.enlist(Role.ADMIN)
        sent = {name: value.replace("SELF", site.url) for name, value in headers.items()}
        browser = site.client(headers=sent, cookies={"assay": site.session(labeler)})
        told = browser.request(method, address)
        assert (told.status_code == 403 and "Another site" in told.text) == (headers in FOREIGN)
        program = site.client(headers={**sent, "Authorization": f"Bearer {token}"})
        assert "Another site" not in program.request(method, address).text


def test_behind_a_proxy_only_the_origin_that_is_set_is_ours(database: str, tmp_path: Path) -> None:
    """Whatever host the proxy asks for."""
    with serving(database, tmp_path, api_origin="https://assay.example") as site:
        asked = [site.client(headers={"Origin": each}) for each in ("https://assay.example", site.url)]
        told = [each.post("/v1/session", json={"name": "ada", "password": "of nobody"}).status_code for each in asked]
    assert told == [401, 403]


def test_another_site_signs_nobody_in(site: Site) -> None:
    """Else it could have people work in an account of its own."""
    attacker = site.client(headers={"Sec-Fetch-Site": "cross-site"})
    assert attacker.post("/v1/session", json={"name": "ada", "password": "of an attacker"}).status_code == 403


def test_an_authorization_that_is_none_is_not_made_up_for_by_a_cookie(site: Site) -> None:
    """Else the header would lead around the check of where a request comes from."""
    labeler, _ = site.enlist(Role.ADMIN)
    for header in ("Bearer x", "Basic YTpi", ""):
        client = site.client(headers={"Authorization": header}, cookies={"assay": site.session(labeler)})
        assert client.get("/v1/session").status_code == 401


def test_every_response_tells_browsers_what_not_to_do_with_it(site: Site) -> None:
    """Problems too."""
    labeler, _ = site.enlist(Role.LABELER)
    asked = [("GET", "/v1/queue"), ("GET", "/v1/accounts"), ("GET", "/nothing"), ("POST", "/v1/claims")]
    for method, path in asked:
        headers = site.client(cookies={"assay": site.session(labeler)}).request(method, path).headers
        expected = ("nosniff", "frame-ancestors 'none'", "same-origin")
        names = ("x-content-type-options", "content-security-policy", "referrer-policy")
        assert tuple(headers[name] for name in names) == expected
        assert headers.get("cache-control") == ("no-store" if path.startswith("/v1/") else None)


@pytest.mark.parametrize(
    ("headers", "opened"),
    [
        ({"Origin": "http://assay.test"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, False),
    ],
)
def test_another_site_opens_no_websocket(headers: dict[str, str], opened: bool) -> None:  # noqa: FBT001 - a parameter
    """No browser asks before it does so; by ours, labelers answer."""
    told: list[str] = []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "websocket.accept"})

    async def send(message: Message) -> None:
        told.append(message["type"])

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    raw = [(name.lower().encode(), value.encode()) for name, value in {"Host": "assay.test", **headers}.items()]
    scope = {"type": "websocket", "path": "/", "headers": [*raw, (b"cookie", b"assay=x")]}
    asyncio.run(SameOrigin(inside, origin=None)(scope, receive, send))
    assert told == ["websocket.accept" if opened else "websocket.close"]
