"""The first minutes: what `assay up` prints on an empty machine is all that somebody needs who has read nothing."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from console.testing_pages import browsing
from infra.settings import InfraSettings
from infra.stack import Stack

pytestmark = pytest.mark.faults

CHECKOUT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"^(http://127\.0\.0\.1:\d+)/enter#(\S+)$", re.MULTILINE)


def assay(var: Path, *arguments: str) -> str:
    """Run a command on the platform in this folder, and return what it printed."""
    told = subprocess.run(
        (sys.executable, "-m", "assay", *arguments),
        env={**os.environ, "ASSAY_VAR": str(var), "COLUMNS": "300"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a platform, which is stopped at the end."""
    folder = tmp_path_factory.mktemp("first") / "var"
    yield folder
    Stack(InfraSettings(var=folder)).stop()


@pytest.fixture(scope="module")
def told(var: Path) -> str:
    """What the first `assay up` printed."""
    return assay(var, "up", "--example")


@pytest.fixture
def page() -> Iterator[Page]:
    """A page of a browser in which nobody ever was."""
    with browsing() as browser:
        yield browser.new_page()


@pytest.mark.timeout(400)
def test_who_has_read_nothing_opens_one_address_and_labels(told: str, page: Page) -> None:
    """One address is printed, which leads to a sample; a key labels it."""
    (found,) = ADDRESS.finditer(told)
    assert told.count("http") == 1
    assert "is simulated" in " ".join(told.split())
    page.goto(found[0])
    page.wait_for_selector("#sample")
    expect(page.get_by_text("Press the key of what you see")).to_be_visible()
    page.keyboard.press("7")
    expect(page.get_by_role("status")).to_have_text("7 is stored.")
    mine = page.request.get(f"{found[1]}/v1/me").json()
    assert mine["labels"] == 1


def test_a_second_up_prints_no_way_in_and_says_how_to_get_one(var: Path, told: str, page: Page) -> None:
    """Nor does it publish anything again."""
    (first,) = ADDRESS.finditer(told)
    again = assay(var, "up", "--example")
    assert (ADDRESS.search(again), "Published" in again, "assay user ticket NAME" in again) == (None, False, True)
    (other,) = ADDRESS.finditer(assay(var, "user", "ticket", "admin"))
    assert httpx.post(f"{first[1]}/v1/session", json={"ticket": first[2]}, trust_env=False).status_code == 401
    page.goto(other[0])
    expect(page.locator(".account")).to_contain_text("admin")


def test_the_ticket_is_written_nowhere(var: Path, told: str) -> None:
    """Neither in a log nor in any other file of the platform."""
    (found,) = ADDRESS.finditer(told)
    logs = [path for path in (var / "log").rglob("*") if path.is_file()]
    assert len(logs) > 5
    assert [path for path in [*logs, var / "stack.env"] if found[2].encode() in path.read_bytes()] == []
