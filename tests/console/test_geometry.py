"""Laws of boxes in pixels, on the very module that the label page runs, in Chromium."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from console.pages.house import STATIC
from labeling.kinds.boxes import Boxes

WIDTHS = st.integers(1, 5000)
PLACES = st.floats(-10_000, 10_000) | st.integers(-10, 10).map(lambda half: half / 2)
POINTS = st.fixed_dictionaries({"x": PLACES, "y": PLACES})
IMAGES = st.fixed_dictionaries({"width": WIDTHS, "height": WIDTHS})
GRIPS = st.sampled_from([{"x": x, "y": y} for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y])
# As many as are tried at once, since asking a browser takes longer than what is asked.
DRAWS = st.lists(st.tuples(IMAGES, POINTS, POINTS, POINTS, GRIPS), min_size=1, max_size=50)
# What each function makes of a box that was drawn from one point to another.
MADE = """draws => draws.map(([image, from, to, by, grip]) => {
  const whole = ({ x, y }) => ({ x: Math.round(x), y: Math.round(y) });
  const drawn = geometry.between(from, to, image);
  return [image, drawn, geometry.between(to, from, image), geometry.moved(drawn, by, image),
    geometry.grown(drawn, whole(by), image), geometry.pulled(drawn, grip, by, image),
    geometry.middle({ left: from.x, top: from.y, right: to.x, bottom: to.y }, image)];
})"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page that has loaded the module and nothing else."""
    page = browser.new_page()
    page.route(
        "**/*", lambda route: route.fulfill(body=content(route.request.url), content_type=kind(route.request.url))
    )
    page.goto("http://geometry.test/")
    page.evaluate("import('/geometry.js').then((module) => { window.geometry = module; })")
    yield page
    page.close()


def content(url: str) -> str:
    """Return a file of the console, or an empty page."""
    return (STATIC / "geometry.js").read_text("utf-8") if url.endswith("/geometry.js") else ""


def kind(url: str) -> str:
    """Return the content type of what is at an address."""
    return "text/javascript" if url.endswith(".js") else "text/html"


def is_within(box: dict[str, Any], image: dict[str, int]) -> bool:
    """Say whether a box lies on whole pixels of an image and has some."""
    sides = [box[side] for side in ("left", "top", "right", "bottom")]
    wide = 0 <= box["left"] < box["right"] <= image["width"]
    return wide and 0 <= box["top"] < box["bottom"] <= image["height"] and all(side == int(side) for side in sides)


@settings(max_examples=30)
@given(DRAWS)
def test_whatever_a_pointer_does_a_box_is_of_whole_pixels_within_the_image(page: Page, draws: list[Any]) -> None:
    """So the server takes it; and where a drag began makes no difference."""
    for image, drawn, turned, *others in page.evaluate(MADE, draws):
        assert turned == drawn
        assert [one for one in (drawn, *others) if not is_within(one, image)] == []
        named = [{"name": "cat", **one} for one in (drawn, *others)]
        assert Boxes().read(named, ["cat"])


@settings(max_examples=30)
@given(DRAWS)
def test_moving_keeps_the_size_and_pulling_the_sides_that_are_not_held(page: Page, draws: list[Any]) -> None:
    """Whatever is held, and wherever it is drawn to."""
    for (_, drawn, _, moved, grown, pulled, _), draw in zip(page.evaluate(MADE, draws), draws, strict=True):
        grip = draw[4]
        assert moved["right"] - moved["left"] == drawn["right"] - drawn["left"]
        assert moved["bottom"] - moved["top"] == drawn["bottom"] - drawn["top"]
        assert (grown["left"], grown["top"]) == (drawn["left"], drawn["top"])
        if not grip["x"]:
            assert (pulled["left"], pulled["right"]) == (drawn["left"], drawn["right"])
        if not grip["y"]:
            assert (pulled["top"], pulled["bottom"]) == (drawn["top"], drawn["bottom"])


def test_sides_are_held_near_them_and_the_middle_always_moves(page: Page) -> None:
    """Also of a box that is smaller than a finger."""
    asked = """([box, points]) => points.map(([x, y, reach]) => geometry.gripped(box, { x, y }, reach))"""
    box = {"left": 10, "top": 10, "right": 14, "bottom": 30}
    points = [(12, 20, 99), (10, 20, 5), (4, 20, 5), (4.9, 4.9, 5), (14, 30, 1), (12, 31, 1), (12, 32, 1)]
    assert page.evaluate(asked, [box, points]) == [
        None,
        {"x": -1, "y": 0},
        None,
        None,
        {"x": 1, "y": 1},
        {"x": 0, "y": 1},
        None,
    ]
