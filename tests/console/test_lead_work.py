"""How leads look after labelers, settle what those could not, and make gold, in a real Chromium."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from console.testing_pages import (
    CONTRAST,
    CONTROLS,
    DESKTOP,
    FOCUSED,
    HOSTILE,
    NAMELESS,
    PHONE,
    House,
    assignment,
    press,
    serving,
)
from schemas.labels import Purpose
from storage.answers import answer
from storage.assignments import skip
from storage.consensus import settle
from storage.gold import gold_of, make
from storage.labelers import Labeler
from storage.queue import claim
from storage.testing import enlist, label_next

PAGES = ("labelers", "adjudication", "gold")
NAME = "<script>window.taken=1</script><img src=x>/?&"


def skipped(house: House, labeler: Labeler, reason: str) -> int:
    """Have the labeler skip what waits for them, and return its task."""
    assignment = claim(house.engine, house.project, labeler)
    assert assignment is not None
    skip(house.engine, house.project, labeler, assignment.assignment_id, reason)
    return assignment.task_id


def set_aside(house: House, *offsets: int) -> list[int]:
    """Have each of new tasks answered by one labeler, and skipped by three, so that an expert is to settle it."""
    house.enqueue(*offsets)
    first, *others = (enlist(house.engine, house.project.name, f"{NAME}{uuid4().hex[:6]}") for _ in range(4))
    tasks = [label_next(house.engine, house.project, first, "dog") for _ in offsets]
    for other in others:
        for _ in offsets:
            skipped(house, other, f"blurred {HOSTILE[:60]}")
    settle(house.engine, house.project, tasks)
    return tasks


def decided(house: House, lead: Labeler, given: str) -> int:
    """Have the lead settle the next task, and return it."""
    found = claim(house.engine, house.project, lead, Purpose.EXPERT)
    assert found is not None
    answer(house.engine, house.project, lead, found.assignment_id, given)
    settle(house.engine, house.project, [found.task_id])
    return found.task_id


def test_an_expert_decides_by_keyboard_and_makes_gold(house: House) -> None:
    """With what labelers said beside the sample; by a class's own key, or by taking one's answer."""
    one, other = set_aside(house, 0, 1)
    page = house.sign_in(house.context(), "/adjudication", lead=True)
    said = page.get_by_label("What labelers said")
    expect(said).to_contain_text("dog")
    expect(said).to_contain_text("Skipped by 3")
    expect(said).to_contain_text("blurred <script>window.taken=1</script>")
    press(page, "Shift+Digit1")
    expect(page.get_by_role("status").filter(has_text="dog is stored.")).to_be_visible()
    page.keyboard.press("g")
    expect(page.get_by_text("It is gold now")).to_be_visible()
    press(page, "3")
    expect(page.get_by_text("Nothing waits for you now.")).to_be_visible()
    with house.engine.connect() as connection:
        given = connection.execute(text("SELECT task_id, answer FROM labels WHERE purpose = 'expert'")).all()
    assert sorted(said for _, said in given) == ["dog", "fox"]
    assert {task for task, _ in given} == {one, other}
    assert [gold.answer for gold in gold_of(house.engine, house.project.name)] == ["dog"]
    assert page.evaluate("window.taken") is None


def test_what_an_expert_decided_can_be_taken_back(house: House) -> None:
    """As any answer, unless it is gold."""
    set_aside(house, 0, 1)
    page = house.sign_in(house.context(), "/adjudication", lead=True)
    page.wait_for_selector("#sample")
    press(page, "1")
    press(page, "u")
    press(page, "3")
    assert house.answers() == ["dog", "dog", "fox"]


def test_gold_is_made_of_what_experts_settled_and_retired(house: House) -> None:
    """By one button each; the page says the same as the endpoints."""
    task, _ = set_aside(house, 0, 1)
    lead = enlist(house.engine, house.project.name, f"lead {uuid4().hex}", lead=True)
    settled = [decided(house, lead, "cat"), decided(house, lead, "cat")]
    page = house.sign_in(house.context(), "/gold", lead=True)
    expect(page.get_by_role("heading", name="0 tasks are gold")).to_be_visible()
    offered = page.request.get(f"{house.url}/v1/gold/candidates").json()
    assert sorted(one["task_id"] for one in offered) == sorted(settled)
    page.get_by_role("button", name=f"Make gold task {task}").press("Enter")
    expect(page.get_by_role("heading", name="1 tasks are gold")).to_be_visible(timeout=20_000)
    assert [one["task_id"] for one in page.request.get(f"{house.url}/v1/gold").json()] == [task]
    page.get_by_role("button", name=f"Retire task {task}").press("Enter")
    expect(page.get_by_text("is gold no longer")).to_be_visible()
    expect(page.get_by_role("heading", name="0 tasks are gold")).to_be_visible(timeout=20_000)
    for sent in ("null", "{do: 'make', task: 'x'}", "{do: 'make', task: 1e300}", "{do: 'drop', task: 1}"):
        page.evaluate(f"emitEvent('gold', {sent})")
    page.evaluate("emitEvent('gold', {do: 'make', task: 999999999})")
    expect(page.get_by_text("No expert has settled task 999999999")).to_be_visible()


def test_a_lead_sees_how_each_labeler_works(house: House) -> None:
    """As many labels, skips and answers to gold as there are, and one labeler's own by a link, whatever the name."""
    task, _ = set_aside(house, 0, 1)
    page = house.sign_in(house.context(), "/labelers", lead=True)
    told = {one["labeler"]: one for one in page.request.get(f"{house.url}/v1/labelers").json()}
    busy = next(name for name, one in told.items() if one["labels"] == 2)
    assert sorted((one["labels"], one["skipped"], one["simulated"]) for one in told.values()) == [
        (0, 2, True), (0, 2, True), (0, 2, True), (2, 0, True)
    ]  # fmt: skip
    row = page.get_by_role("row").nth(1)
    expect(row).to_contain_text("<script>window.taken=1</script>", timeout=20_000)
    expect(row).to_contain_text("simulated")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text(busy[-6:])
    expect(page.locator("dd.number").first).to_have_text("2")
    assert page.evaluate("window.taken") is None
    assert task


def test_labelers_are_shown_none_of_it(house: House) -> None:
    """By no address, and none of its events does anything."""
    (task,) = set_aside(house, 0)
    page = house.sign_in(house.context(), "/queue")
    for path in (*PAGES, "labelers?name=x"):
        page.goto(f"{house.url}/{path}")
        expect(page.get_by_text("this page is for others.")).to_be_visible()
        page.evaluate(f"emitEvent('gold', {{do: 'make', task: {task}}})")
    assert page.get_by_role("navigation").get_by_role("link", name="Labelers").count() == 0
    for path in ("labelers", "gold", "gold/candidates", "agreement", f"tasks/{task}"):
        assert page.request.get(f"{house.url}/v1/{path}").status == 403


@pytest.mark.parametrize(("scheme", "viewport"), [("light", DESKTOP), ("dark", PHONE)])
def test_pages_can_be_read_and_reached(house: House, scheme: Any, viewport: Any) -> None:
    """WCAG 2.2: contrast (1.4.3), names (4.1.2), keyboard (2.1.1), visible focus (2.4.7); nothing is cut off."""
    tasks = set_aside(house, 0, 1, 2)
    lead = enlist(house.engine, house.project.name, f"lead {uuid4().hex}", lead=True)
    for _ in tasks[1:]:
        done = decided(house, lead, "cat")
    make(house.engine, house.project, lead, done)
    page = house.sign_in(house.context(color_scheme=scheme, viewport=viewport), lead=True)
    for path in (*PAGES, "labelers?name=nobody"):
        page.goto(f"{house.url}/{path}")
        page.wait_for_timeout(1500)
        assert page.evaluate(CONTRAST) == [], path
        assert page.evaluate(NAMELESS) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        controls = page.evaluate(CONTROLS)
        reached = []
        for _ in range(len(controls) + 1):
            page.keyboard.press("Tab")
            reached.append(page.evaluate(FOCUSED))
        assert [control for control in controls if control not in {name for name, _ in reached}] == [], path
        assert [name for name, outlined in reached if name and not outlined] == [], path


def test_boxes_are_adjudicated_by_taking_a_labelers_answer(browser: Browser, database: str, tmp_path: Any) -> None:
    """What is stored is what the labeler drew."""
    with serving(browser, database, tmp_path, labels='{ kind = "boxes", classes = ["cat"] }') as house:
        drawn = [{"name": "cat", "left": 1.0, "top": 1.0, "right": 5.0, "bottom": 5.0}]
        house.enqueue(0)
        first, *others = (enlist(house.engine, house.project.name, f"labeler {place}") for place in range(4))
        task = label_next(house.engine, house.project, first, drawn)
        for other in others:
            skipped(house, other, "blurred")
        settle(house.engine, house.project, [task])
        page: Page = house.sign_in(house.context(), "/adjudication", lead=True)
        expect(page.get_by_label("What labelers said")).to_contain_text("cat: 1, 1 to 5, 5")
        assert assignment(page)
        press(page, "Shift+Digit1")
        assert house.answers() == [drawn, drawn]
