"""Images in files, over HTTP and in Chromium: shown to who holds the lease or may see samples, and to nobody else."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, expect
from pydantic import SecretStr
from sqlalchemy import text

from console.rendering.image import png
from console.testing import CLASSES, NO_TLS
from console.testing_pages import House, serving
from schemas.roles import Role
from storage.labelers import register
from storage.lake import Lake
from storage.queue import enqueue
from storage.settings import StorageSettings
from storage.testing import accepted_sample, archive_samples, task_request

IMAGE = png(bytes(range(256)), 16)
SECRET = b"\x89PNG\r\n\x1a\n secret"
VIEW = '\n[view]\nmedia = "pictures"\n'
# What a producer may call its image; each leads somewhere that is there.
HOSTILE = (
    "../secret.png",
    "../project.toml",
    "/etc/passwd",
    "link.png",
    "page.png",
    ".hidden.png",
    "large.png",
    "a\0.png",
)


def furnish(folder: Path) -> None:
    """Put images below a project's folder of media, and beside it."""
    pictures = folder / "pictures"
    pictures.mkdir()
    (pictures / "ä 1.png").write_bytes(IMAGE)
    (pictures / ".hidden.png").write_bytes(SECRET)
    (pictures / "large.png").write_bytes(SECRET.ljust(20_000_001, b"\0"))
    (pictures / "page.png").write_text("<script>window.taken = 1</script>", "utf-8")
    (pictures / "link.png").symlink_to(folder / "secret.png")
    (folder / "secret.png").write_bytes(SECRET)


@pytest.fixture(scope="module")
def served(browser: Browser, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One console for the whole file, of a project whose samples name images; two of them are accepted."""
    folder = tmp_path_factory.mktemp("project")
    furnish(folder)
    with serving(browser, database, folder, view=VIEW) as house:
        storage = StorageSettings(database_url=SecretStr(database), lake=str(folder / "lake"))
        with Lake.open(storage) as lake:
            named = (accepted_sample(1, media="ä 1.png"), accepted_sample(2, media="../secret.png"))
            archive_samples(lake, house.project.name, named)
        yield house


def put(house: House, *names: str | None) -> None:
    """Put a task into the queue for each image that its sample names."""
    requests = [task_request(house.project.name, offset) for offset in range(len(names))]
    for request, name in zip(requests, names, strict=True):
        request.sample["media"] = name
    enqueue(house.engine, house.project, requests)


@pytest.fixture
def client(house: House) -> Iterator[Callable[[Role | None], httpx.Client]]:
    """Make clients of new people with a role, or of nobody."""
    made: list[httpx.Client] = []

    def of(role: Role | None) -> httpx.Client:
        headers = {}
        if role is not None:
            token = register(house.engine, house.project.name, uuid4().hex, simulated=True, role=role)
            headers["Authorization"] = f"Bearer {token}"
        made.append(httpx.Client(base_url=house.url, headers=headers, verify=NO_TLS, trust_env=False, timeout=30))
        return made[-1]

    yield of
    for each in made:
        each.close()


Client = Callable[[Role | None], httpx.Client]


def claimed(client: httpx.Client) -> str:
    """Claim a task; return the address of its image."""
    return f"/v1/assignments/{client.post('/v1/claims').json()['assignment_id']}/media"


def test_who_holds_the_lease_gets_the_image_and_a_browser_may_do_nothing_else_with_it(
    house: House, client: Client
) -> None:
    """Its type is what it is; it runs nothing, stays in no cache, and is for no other site."""
    put(house, "ä 1.png")
    labeler = client(Role.LABELER)
    reply = labeler.get(claimed(labeler))
    assert (reply.status_code, reply.content, reply.headers["content-type"]) == (200, IMAGE, "image/png")
    said = {name: reply.headers[name] for name in ("x-content-type-options", "cross-origin-resource-policy")}
    assert said == {"x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin"}
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; sandbox")
    assert reply.headers["cache-control"] == "no-store"


def test_others_do_not_get_it(house: House, client: Client) -> None:
    """Neither who holds no lease of it, a lead, an engineer nor nobody; and not its labeler after the lease."""
    put(house, "ä 1.png")
    labeler = client(Role.LABELER)
    address = claimed(labeler)
    asked = {role: client(role).get(address).status_code for role in (*Role, None)}
    assert asked == {Role.LABELER: 422, Role.LEAD: 422, Role.ENGINEER: 403, Role.ADMIN: 422, None: 401}
    with house.engine.begin() as connection:
        connection.execute(text("UPDATE assignments SET expires_at = now() - interval '1 second'"))
    assert labeler.get(address).status_code == 422
    labeler.post(address.replace("media", "renewal"))
    assert labeler.get(address).status_code == 200
    labeler.post(address.replace("media", "label"), json={"answer": "cat"})
    assert labeler.get(address).status_code == 422


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_a_producer_leads_to_another_file(house: House, client: Client, name: str) -> None:
    """It is refused with what to do, and nothing of the file is told."""
    put(house, name)
    labeler = client(Role.LABELER)
    reply = labeler.get(claimed(labeler))
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert "it is not shown" in reply.json()["detail"]
    assert [leak for leak in ("secret", "of a test", "root:", "script") if leak in reply.text] == []


def test_a_sample_without_an_image_has_none(house: House, client: Client) -> None:
    """And says so."""
    put(house, None)
    labeler = client(Role.LABELER)
    assert "names no image" in labeler.get(claimed(labeler)).json()["detail"]


def test_images_of_all_samples_take_the_permission_to_see_samples(client: Client) -> None:
    """By the id of the sample, in which no path is looked for."""
    asked = {role: client(role).get("/v1/media/s0-1").status_code for role in (*Role, None)}
    assert asked == {Role.LABELER: 403, Role.LEAD: 200, Role.ENGINEER: 200, Role.ADMIN: 200, None: 401}
    lead = client(Role.LEAD)
    assert lead.get("/v1/media/s0-1").content == IMAGE
    ids = ("s0-2", "s0-0", "absent", "%C3%A4%201.png", "..%2fsecret.png", "%2e%2e/secret.png", "/etc/passwd", "a%00")
    replies = [lead.get(f"/v1/media/{name}") for name in ids]
    assert [reply.status_code for reply in replies] == [422] * len(ids)
    assert [reply for reply in replies if b"secret\x22" in reply.content or SECRET in reply.content] == []


def test_the_image_is_on_the_pages(house: House) -> None:
    """Of labeling, and of a sample's life; a sample that names none is shown as a table."""
    put(house, "ä 1.png", None)
    page = house.sign_in(house.context())
    page.wait_for_function(WIDTH)
    page.keyboard.press("1")
    expect(page.get_by_text("cannot be drawn as its project wants")).to_be_visible()
    lead = house.sign_in(house.context(), "/sample?id=s0-1", lead=True)
    lead.wait_for_function(WIDTH)


WIDTH = "document.querySelector('img.photo')?.naturalWidth === 16"


def test_boxes_are_drawn_over_a_file(browser: Browser, database: str, tmp_path: Path) -> None:
    """In its own pixels; where the file is none that is shown, that is said."""
    furnish(tmp_path)
    labels = CLASSES.replace("{", '{ kind = "boxes",')
    with serving(browser, database, tmp_path, view=VIEW, labels=labels) as house:
        put(house, "ä 1.png", "page.png")
        page = house.sign_in(house.context())
        page.wait_for_selector("#sample[role=application]")
        for key in ("n", "Control+ArrowLeft", "Control+ArrowUp", "Control+Shift+ArrowRight", "Enter"):
            page.keyboard.press(key)
        expect(page.locator(".says")).to_contain_text("The image cannot be shown")
        assert house.answers() == [[{"name": "cat", "left": 0, "top": 0, "right": 14, "bottom": 4}]]
        assert page.evaluate("window.taken") is None
