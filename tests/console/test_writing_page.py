"""Texts written in a real Chromium: what is stored is what was typed, letter for letter."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from console.testing_pages import CONTRAST, CONTROLS, FOCUSED, HOSTILE, NAMELESS, PHONE, House, assignment, serving
from schemas.answers import LONGEST_TEXT

CODE = """

class New(Payload):
    size: int
    heard: str
"""
# Both directions of writing, marks, what is beyond the basic plane, markup, and white space that counts.
TYPED = "  שלום & <b>hello</b>,\n\tمرحبا 👩‍🔬 e\u0301 “ok”…  "  # noqa: RUF001 - other scripts are meant


@pytest.fixture(scope="module")
def served(browser: Browser, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One console for the whole file, of a project of texts."""
    folder = tmp_path_factory.mktemp("texts")
    with serving(browser, database, folder, code=CODE, labels='{ kind = "text" }') as house:
        yield house


def opened(house: House, *offsets: int) -> Page:
    """Return a new labeler's page with the first of new tasks."""
    house.enqueue(*offsets, payload={"size": 1, "heard": HOSTILE})
    page = house.sign_in(house.context())
    expect(page.get_by_label("What is said or written")).to_be_focused()
    return page


def send(page: Page, key: str = "Control+Enter") -> None:
    """Send what is written, and wait for what comes next."""
    before = assignment(page)
    page.keyboard.press(key)
    page.wait_for_function("id => document.getElementById('sample')?.dataset.assignment !== id", arg=before)


def test_what_is_typed_is_stored_letter_for_letter(house: House) -> None:
    """The field has the focus when a sample comes, and its keys are letters there."""
    page = opened(house, 0, 1)
    page.keyboard.type("us?")
    send(page)
    page.keyboard.insert_text(TYPED)
    send(page)
    assert house.answers() == ["us?", TYPED]
    assert page.evaluate("window.taken") is None


def test_escape_gives_the_keys_back(house: House) -> None:
    """U brings the text back, which is mended and sent again; S skips."""
    page = opened(house, 0, 1)
    page.keyboard.type("helo")
    send(page)
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    field = page.get_by_label("What is said or written")
    expect(field).to_have_value("helo")
    field.fill("hello")
    send(page)
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.keyboard.press("1")
    expect(page.get_by_text("Nothing waits for you now.")).to_be_visible()
    assert house.answers() == ["hello"]


def test_a_text_that_is_too_long_is_refused_and_kept(house: House) -> None:
    """It is counted in characters, as the server does, not in halves of them; nothing is cut off."""
    page = opened(house, 0)
    field = page.get_by_label("What is said or written")
    field.fill("👩" * LONGEST_TEXT + "x")
    expect(page.get_by_text("5,001 of 5,000 characters")).to_have_class("count over")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The text has 5001 characters")).to_be_visible()
    assert house.answers() == []
    page.keyboard.press("Backspace")
    send(page)
    assert house.answers() == ["👩" * LONGEST_TEXT]


def test_nothing_written_is_no_text(house: House) -> None:
    """What the server says of it is seen beside the field."""
    page = opened(house, 0)
    page.keyboard.type("  ")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The text is empty")).to_be_visible()
    assert house.answers() == []


def test_all_of_it_can_be_read_reached_and_fits(house: House) -> None:
    """Contrast, names, the way by Tab with the focus seen, and 390 pixels, beside a hostile sample."""
    house.enqueue(0, payload={"size": 1, "heard": HOSTILE})
    for scheme in ("light", "dark"):
        page = house.sign_in(house.context(viewport=PHONE, color_scheme=scheme))
        page.wait_for_selector("#sample")
        page.keyboard.insert_text("x" * (LONGEST_TEXT + 1))
        page.wait_for_timeout(400)  # colours change gradually
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate("[window.taken, document.documentElement.scrollWidth]") == [None, PHONE["width"]]
    controls, reached = page.evaluate(CONTROLS), []
    for _ in range(len(controls) + 1):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    assert [control for control in controls if control not in {name for name, _ in reached}] == []
    assert [name for name, outlined in reached if name and not outlined] == []
