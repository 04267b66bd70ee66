"""Boxes drawn in a real Chromium: what is stored is what was drawn, by keys, by mouse, and by fingers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import text

from console.testing_pages import CONTRAST, CONTROLS, FOCUSED, HOSTILE, NAMELESS, PHONE, House, assignment, serving

WIDTH, HEIGHT = 40, 24
# A class with markup in it, and one that no key chooses.
CLASSES = ["cat", "<img src=x onerror='window.taken=1'>", *(f"c{number}" for number in range(3, 12))]
CODE = """

class New(Payload):
    size: int
    rows: list[list[float]]
"""
TOUCH = {"viewport": PHONE, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def served(browser: Browser, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One console for the whole file, of a project of boxes over grey images."""
    folder = tmp_path_factory.mktemp("boxes")
    with serving(browser, database, folder, code=CODE, labels=toml(CLASSES)) as house:
        yield house


def toml(classes: list[str]) -> str:
    """Return a label space of boxes as TOML."""
    named = ", ".join(f'"{name}"' for name in classes)
    return f'{{ kind = "boxes", classes = [{named}] }}'


def image(width: int = WIDTH, height: int = HEIGHT) -> dict[str, Any]:
    """Return a payload that is an image."""
    return {"size": 1, "rows": [[float((x + y) % 7) for x in range(width)] for y in range(height)]}


def box(name: str, left: float, top: float, right: float, bottom: float) -> dict[str, Any]:
    """Return a box as it is stored."""
    return {"name": name, "left": left, "top": top, "right": right, "bottom": bottom}


@dataclass(frozen=True)
class Easel:
    """A page that shows an image, and its labeler's hands."""

    page: Page

    def keys(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the image is in the window."""
        left, top, scale = self.page.evaluate(PLACE)
        return left + x * scale, top + y * scale

    def drag(self, *points: tuple[float, float]) -> None:
        """Press the mouse at the first of these points of the image, and let it go at the last."""
        self.page.mouse.move(*self.at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.at(*point), steps=3)
        self.page.mouse.up()

    def click(self, x: float, y: float) -> None:
        """Click a point of the image."""
        self.page.mouse.click(*self.at(x, y))

    @property
    def told(self) -> str:
        """What is said of the box that is selected."""
        return self.page.locator(".says").inner_text()

    def send(self, house: House) -> list[dict[str, Any]]:
        """Send by Enter, wait for what comes next, and return the boxes that were stored."""
        before = assignment(self.page)
        self.page.keyboard.press("Enter")
        self.page.wait_for_function("id => document.getElementById('sample')?.dataset.assignment !== id", arg=before)
        return sorted(house.answers()[-1], key=lambda one: (one["left"], one["top"]))


# Left, top and scale of the image in the window.
PLACE = """() => {
  const { left, top, width } = document.querySelector(".sheet").getBoundingClientRect();
  return [left, top, width / document.querySelector(".sheet > img").naturalWidth];
}"""


def easel(house: House, context: BrowserContext | None = None) -> Easel:
    """Return a new labeler's page as soon as boxes can be drawn."""
    page = house.sign_in(context or house.context())
    page.wait_for_selector("#sample[role=application]")
    return Easel(page)


def test_boxes_are_drawn_and_changed_without_a_mouse(house: House) -> None:
    """Arrows move by a pixel, with Shift they size, with Ctrl ten at once; Tab goes on, and Delete deletes."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    hands.keys("n")
    assert hands.told == "Box 1 of 1: cat, 10 by 6 pixels, 15 from the left, 9 from the top."
    hands.keys("ArrowRight", "ArrowDown", "ArrowDown", "Shift+ArrowLeft", "Shift+ArrowUp")
    hands.keys("n", "3", "Control+ArrowLeft", "Control+Shift+ArrowRight", "n", "Shift+Tab", "ArrowUp", "Tab", "Delete")
    assert hands.send(house) == [box("c3", 5, 8, 25, 14), box("cat", 16, 11, 25, 16)]


def test_a_box_neither_leaves_the_image_nor_vanishes(house: House) -> None:
    """Steps stop at the image's sides, and at a pixel."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    hands.keys("n", *["Control+ArrowLeft"] * 3, *["Control+ArrowUp"] * 3, *["Control+Shift+ArrowLeft"] * 3)
    hands.keys("n", *["Control+ArrowRight"] * 9, *["Control+ArrowDown"] * 9, *["Control+Shift+ArrowDown"] * 3)
    assert hands.send(house) == [box("cat", 0, 0, 1, 6), box("cat", 30, 18, 40, 24)]


def test_each_step_can_be_taken_back(house: House) -> None:
    """New, moved, named, deleted: Z takes one after the other back."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    hands.keys("n", "ArrowRight", "3", "Delete")
    assert hands.told == "0 boxes, none selected."
    told = []
    for _ in range(4):
        hands.keys("z")
        told.append(hands.told)
    size = "10 by 6 pixels"
    assert told == [
        f"Box 1 of 1: c3, {size}, 16 from the left, 9 from the top.",
        f"Box 1 of 1: cat, {size}, 16 from the left, 9 from the top.",
        f"Box 1 of 1: cat, {size}, 15 from the left, 9 from the top.",
        "0 boxes, none selected.",
    ]


def test_boxes_are_drawn_moved_and_resized_by_mouse(house: House) -> None:
    """From whichever corner; a side that is held follows, the middle moves all, and sides are whole pixels."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    hands.drag((30, 15), (20, 5))
    hands.drag((25, 10), (20, 10.4))
    hands.drag((15, 10), (12.2, 10))
    hands.drag((25, 15), (27, 18))
    hands.page.keyboard.press("Escape")
    hands.drag((14, 7), (18, 9))
    hands.drag((18, 9), (13, 6))
    assert hands.send(house) == [box("cat", 12, 5, 27, 18), box("cat", 13, 6, 14, 7)]


def test_escape_gives_a_drag_up(house: House) -> None:
    """As if it had not begun."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    hands.drag((10, 5), (30, 15))
    hands.page.mouse.move(*hands.at(20, 10))
    hands.page.mouse.down()
    hands.page.mouse.move(*hands.at(5, 5), steps=3)
    hands.keys("Escape")
    hands.page.mouse.move(*hands.at(0, 0), steps=3)
    hands.page.mouse.up()
    assert hands.send(house) == [box("cat", 10, 5, 30, 15)]


@pytest.mark.parametrize(("side", "drawn", "off"), [(8, (2, 3, 7, 5), 0), (700, (70, 140, 490, 630), 2)])
def test_small_and_large_images_have_boxes_of_their_own_pixels(
    house: House, side: int, drawn: tuple[int, int, int, int], off: int
) -> None:
    """A digit's pixels are large on the screen; several of a photograph share one there."""
    house.enqueue(0, payload=image(side, side))
    hands = easel(house)
    left, top, right, bottom = drawn
    hands.drag((left, top), (right, bottom))
    before = [int(number) for number in re.findall(r"\d+", hands.told)[2:]]
    hands.keys("ArrowLeft")
    (one,) = hands.send(house)
    assert [one["right"] - one["left"], one["bottom"] - one["top"], one["left"] + 1, one["top"]] == before
    assert before == pytest.approx([right - left, bottom - top, left, top], abs=off)


def test_a_click_selects_the_smallest_box_under_it(house: House) -> None:
    """So one within another can be reached; a click beside them selects none."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    hands.drag((2, 2), (30, 18))
    hands.page.keyboard.press("Escape")
    hands.drag((10, 6), (20, 12))
    hands.click(35, 10)
    assert hands.told == "2 boxes, none selected."
    hands.click(15, 9)
    assert hands.told.startswith("Box 2 of 2")
    hands.click(25, 15)
    assert hands.told.startswith("Box 1 of 2")


def test_what_is_drawn_enlarged_has_the_images_own_pixels(house: House) -> None:
    """Enlarging keeps what is in the middle there, dragging with H moves the view alone, and pixels stay crisp."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    middle = hands.at(20, 12)
    hands.keys(*"+++++")
    assert hands.at(20, 12) == pytest.approx(middle, abs=2)
    dropped = hands.at(18, 10)
    hands.keys("h")
    hands.drag((20, 12), (18, 10))
    hands.keys("h")
    assert hands.at(20, 12) == pytest.approx(dropped, abs=2)
    hands.drag((17, 12), (21, 14))
    assert hands.page.evaluate(f"getComputedStyle({IMAGE}).imageRendering") == "pixelated"
    hands.keys("f")
    hands.drag((30, 2), (38, 6))
    assert hands.send(house) == [box("cat", 17, 12, 21, 14), box("cat", 30, 2, 38, 6)]


IMAGE = "document.querySelector('.sheet > img')"


def test_the_wheel_with_ctrl_enlarges_around_the_pointer(house: House) -> None:
    """What is under it stays under it."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    place = hands.at(10, 10)
    hands.page.mouse.move(*place)
    hands.page.keyboard.down("Control")
    hands.page.mouse.wheel(0, -600)
    hands.page.keyboard.up("Control")
    hands.page.wait_for_function(f"{IMAGE}.getBoundingClientRect().width > 2000")
    assert hands.at(10, 10) == pytest.approx(place, abs=4)


def test_buttons_do_all_that_keys_do(house: House) -> None:
    """Each has its name; after a click, keys go on with the box."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    for name in ("New box", "10 pixels", "Move left", "Wider", "10 pixels", "Move down", "Shorter", "c3", "New box"):
        hands.page.get_by_role("button", name=name, exact=True).click()
    for name in ("Box before", "Next box", "Delete", "Step back", "Delete", "Enlarge", "Shrink", "Whole image"):
        hands.page.get_by_role("button", name=name, exact=True).click()
    hands.keys("ArrowRight")
    hands.page.get_by_role("button", name="Send 1 box").click()
    expect(hands.page.get_by_text("1 box is stored.")).to_be_visible()
    assert house.answers() == [[box("c3", 6, 10, 26, 15)]]


def test_fingers_draw_and_two_of_them_enlarge(house: House) -> None:
    """On a telephone; what the first finger began to draw is gone when the second comes."""
    house.enqueue(0, payload=image())
    hands = easel(house, house.context(**TOUCH))
    touch = hands.page.context.new_cdp_session(hands.page)

    def fingers(kind: str, *points: tuple[float, float]) -> None:
        told = [dict(zip("xy", hands.at(*point), strict=True)) for point in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    fingers("touchStart", (10, 5))
    fingers("touchMove", (20, 9))
    fingers("touchMove", (30, 15))
    fingers("touchEnd")
    assert hands.told == "Box 1 of 1: cat, 20 by 10 pixels, 10 from the left, 5 from the top."
    hands.keys("Escape")
    before = hands.page.evaluate(PLACE)[2]
    fingers("touchStart", (18, 2))
    fingers("touchMove", (16, 2))
    fingers("touchStart", (16, 2), (24, 2))
    fingers("touchMove", (12, 2), (28, 2))
    fingers("touchEnd")
    assert hands.page.evaluate(PLACE)[2] == pytest.approx(2 * before, rel=0.2)
    assert hands.told == "1 box, none selected."
    hands.page.get_by_role("button", name="Send 1 box").tap()
    expect(hands.page.get_by_text("1 box is stored.")).to_be_visible()
    assert house.answers() == [[box("cat", 10, 5, 30, 15)]]


def test_that_nothing_is_there_is_said_twice(house: House) -> None:
    """A second Enter in haste must not say so of a sample that nobody has looked at."""
    house.enqueue(0, 1, payload=image())
    hands = easel(house)
    first = assignment(hands.page)
    hands.keys("Enter")
    assert "Send once more" in hands.told
    assert (house.answers(), assignment(hands.page)) == ([], first)
    assert hands.send(house) == []
    hands.keys("Enter")
    assert "Send once more" in hands.told


def test_enter_on_a_button_presses_it_and_sends_nothing(house: House) -> None:
    """Whoever goes by Tab expects that of Enter."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    for name in ("New box", "New box", "Skip"):
        hands.page.get_by_role("button", name=name, exact=True).focus()
        hands.keys("Enter")
    expect(hands.page.get_by_role("dialog", name="Why skip it?")).to_be_visible()
    assert hands.page.locator(".box").count() == 2
    assert house.answers() == []


def test_undo_brings_the_boxes_back_and_a_refusal_loses_none(house: House) -> None:
    """They are changed and sent again; both answers stay in the history of labels."""
    house.enqueue(0, 1, payload=image())
    hands = easel(house)
    hands.keys("n")
    hands.send(house)
    hands.keys("n", "n", "u")
    hands.page.wait_for_function("document.querySelectorAll('.box').length === 1")
    hands.page.evaluate(
        "emitEvent('act', {do: 'answer', value: 7, assignment: document.querySelector('#sample').dataset.assignment})"
    )
    expect(hands.page.get_by_text("no list of boxes")).to_be_visible()
    hands.keys("ArrowRight")
    assert hands.send(house) == [box("cat", 16, 9, 26, 15)]
    hands.page.wait_for_function("document.querySelectorAll('.box').length === 2")
    with house.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM labels")) == 2


def test_who_draws_keeps_the_lease(house: House) -> None:
    """A third of it may pass between strokes; nothing is drawn anew meanwhile."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    seconds = hands.page.get_attribute("#sample", "data-lease")
    assert seconds == str(house.project.overlap.lease_seconds)
    before = expiry(house)
    hands.keys("n")
    assert expiry(house) == before
    hands.page.evaluate("document.getElementById('sample').dataset.lease = 0.1")
    hands.page.wait_for_timeout(200)
    hands.keys("ArrowRight")
    for _ in range(100):
        if expiry(house) > before:
            break
        hands.page.wait_for_timeout(100)
    assert expiry(house) > before
    assert hands.told.startswith("Box 1 of 1: cat, 10 by 6 pixels, 16 from")


def expiry(house: House) -> datetime:
    """Return when the only lease ends."""
    with house.engine.connect() as connection:
        return connection.execute(text("SELECT expires_at FROM assignments")).scalar_one()


def test_a_name_is_text_wherever_it_stands(house: House) -> None:
    """In the button, beside the box, and in what is said of it."""
    house.enqueue(0, payload=image())
    hands = easel(house)
    hands.keys("n", "2")
    expect(hands.page.locator(".box > span")).to_have_text(f"1 {CLASSES[1]}")
    assert CLASSES[1] in hands.told
    hands.page.wait_for_timeout(200)
    assert hands.page.evaluate("window.taken") is None
    assert [one["name"] for one in hands.send(house)] == [CLASSES[1]]


def test_a_sample_that_is_no_image_says_so(house: House) -> None:
    """It is shown as what it is, and can be skipped."""
    house.enqueue(0, payload={"size": 1, "rows": HOSTILE})
    page = house.sign_in(house.context(viewport=PHONE))
    expect(page.locator(".says")).to_contain_text("this sample is none")
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    assert page.evaluate("[window.taken, document.documentElement.scrollWidth]") == [None, PHONE["width"]]
    page.keyboard.press("s")
    page.keyboard.press("1")
    expect(page.get_by_text("Nothing waits for you now.")).to_be_visible()
    assert house.answers() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_of_it_can_be_read_reached_and_fits(house: House, scheme: str) -> None:
    """Contrast, names, the way by Tab with the focus seen, and 390 pixels, with two boxes on the image."""
    house.enqueue(0, payload=image())
    hands = easel(house, house.context(viewport=PHONE, color_scheme=scheme))
    hands.keys("n", "n", "2")
    hands.page.wait_for_timeout(400)  # colours change gradually
    assert hands.page.evaluate(CONTRAST) == []
    assert hands.page.evaluate(NAMELESS) == []
    assert hands.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    controls, reached = hands.page.evaluate(CONTROLS), []
    for _ in range(len(controls) + 1):
        hands.keys("Tab")
        reached.append(hands.page.evaluate(FOCUSED))
    assert [control for control in controls if control not in {name for name, _ in reached}] == []
    assert [name for name, outlined in reached if name and not outlined] == []
    hands.keys("?")
    hands.page.wait_for_timeout(400)
    assert hands.page.evaluate(CONTRAST) == []
