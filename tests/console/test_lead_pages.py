"""The pages of leads in a real Chromium: agreement, findings, and the guideline that settles them."""

import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from console.testing_pages import CONTRAST, CONTROLS, FOCUSED, HOSTILE, NAMELESS, PHONE, House
from schemas.guidelines import Draft
from storage.consensus import settle
from storage.guidelines import current
from storage.publishing import publish
from storage.queue import Depths, depths, enqueue
from storage.testing import enlist, label_next, task_request

PAGES = ("agreement", "findings", "slices", "guidelines", "guidelines/1", "guidelines/edit")
UNFOLD = "for (const one of document.querySelectorAll('details')) one.open = true"
FOR_LEADS = ("agreement", "findings", "slices", "guidelines/edit")


@pytest.fixture
def house(house: House) -> House:
    """The console with an empty queue, no page open, and the first guideline alone."""
    with house.engine.begin() as connection:
        connection.execute(text("DELETE FROM guidelines WHERE version > 1"))
    return house


def label(house: House, *tasks: tuple[str, ...], begin: int = 0, **sample: Any) -> None:
    """Have new tasks labeled, each by as many labelers as it has answers."""
    offsets = range(begin, begin + len(tasks))
    wanted = [task_request(house.project.name, offset, **sample) for offset in offsets]
    enqueue(house.engine, house.project, wanted)
    for place in range(len(tasks[0])):
        answer(house, *(answers[place] for answers in tasks))


def answer(house: House, *answers: str) -> None:
    """Have a new labeler give these answers to what waits, and all tasks settled as far as they can be."""
    labeler = enlist(house.engine, house.project.name, f"<i>{uuid4().hex[:6]}")
    settle(house.engine, house.project, [label_next(house.engine, house.project, labeler, one) for one in answers])


def confuse(house: House) -> None:
    """Have nine tasks set aside as labelers confuse cats and dogs, and 48 settled on which they agree."""
    label(house, *[("cat", "dog")] * 9, *[("fox", "fox")] * 30, *[("cat", "cat"), ("dog", "dog")] * 9)
    answer(house, *["cat"] * 9)
    answer(house, *["dog"] * 9)


def written(page: Page) -> None:
    """Wait until what was written is told."""
    expect(page.get_by_role("button", name="Publish version")).to_be_enabled()


def test_agreement_says_the_same_by_rest(house: House) -> None:
    """Its table has a header for each class and a number in each cell, and follows the labels without a reload."""
    page = house.sign_in(house.context(), "/agreement", lead=True)
    expect(page.get_by_text("No task has two answers")).to_be_visible()
    confuse(house)
    pairs = page.get_by_role("region", name="Class pairs")
    expect(pairs.get_by_role("row").nth(1)).to_contain_text("9", timeout=20_000)
    told = page.request.get(f"{house.url}/v1/agreement").json()
    assert [(one["one"], one["other"], one["both"]) for one in told["pairs"]] == [("cat", "dog", 9)]
    expect(page.locator("dd.number").first).to_have_text(f"{told['measures'][0]['value']['estimate']:.3f}")
    expect(page.get_by_text("132 of 132 labels are by simulated labelers.")).to_be_visible()


def test_a_finding_is_settled_by_the_guideline_and_its_tasks_wait_anew(house: House) -> None:
    """From the evidence to the queue: what the finding opened, with what the lead wrote, is published."""
    confuse(house)
    assert depths(house.engine, house.project.name) == Depths(open=0, leased=0, settled=48, expert=9)
    page = house.sign_in(house.context(), "/findings", lead=True)
    finding = page.get_by_role("listitem").filter(has_text="cat or dog")
    expect(finding).to_contain_text("p <", timeout=20_000)
    expect(finding.get_by_role("listitem").filter(has_text="Task")).to_have_count(5)
    finding.get_by_role("link", name="Settle it").click()
    expect(page.get_by_text("9 tasks are labeled anew, by 18 labels at least.")).to_be_visible()
    page.keyboard.insert_text("A **cat** purrs.")
    expect(page.get_by_role("article").get_by_text("purrs")).to_be_visible()
    written(page)
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_text("9 tasks were labeled anew")).to_be_visible()
    page.get_by_role("link", name="What waits").click()
    expect(page.locator("dd.number")).to_have_text(["9", "48", "0"], timeout=20_000)
    now = current(house.engine, house.project.name)
    assert (now.version, now.settles) == (2, (("cat", "dog"),))
    assert "A **cat** purrs." in now.body


def test_what_was_published_meanwhile_is_not_overwritten(house: House) -> None:
    """The editor says so, keeps the text, and publishes over it only once the lead has said so."""
    page = house.sign_in(house.context(), "/guidelines/edit", lead=True)
    page.get_by_label("Text, in Markdown").fill("Mine.")
    written(page)
    publish(house.engine, house.project, Draft(body="Theirs.", base=1))
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_text("The draft was written on guideline version 1, and version 2 is in force")).to_be_visible()
    assert current(house.engine, house.project.name).body == "Theirs."
    expect(page.get_by_label("Text, in Markdown")).to_have_value("Mine.")
    page.get_by_role("button", name="Build on version 2").click()
    written(page)
    page.get_by_role("button", name="Publish version 3").click()
    expect(page.get_by_role("heading", name="What version 3 changed")).to_be_visible()
    expect(page.locator("del")).to_contain_text("Theirs.")
    assert current(house.engine, house.project.name).body == "Mine."


def test_classes_are_renamed_merged_and_split_by_their_names(house: House) -> None:
    """Labels of merged classes are told anew at no cost; who splits a class has its tasks labeled anew."""
    label(house, ("cat", "cat"), ("dog", "dog"), ("fox", "fox"))
    page = house.sign_in(house.context(), "/guidelines/edit", lead=True)
    for name in ("cat", "dog"):
        page.locator("summary").get_by_text(name).click()
        page.locator(f'[data-was="{name}"]').get_by_label("Name").fill("pet")
    expect(page.get_by_text("2 tasks are told otherwise, at no cost.")).to_be_visible()
    page.locator("summary").get_by_text("fox").click()
    fox = page.locator('[data-was="fox"]')
    fox.get_by_role("button", name="Split it").click()
    for place, name in enumerate(("red fox", "arctic fox")):
        fox.get_by_label("Name").nth(place).fill(name)
    expect(page.get_by_text("1 tasks are labeled anew, by 2 labels at least.")).to_be_visible()
    fox.get_by_label("Examples").first.fill("no task")
    expect(page.get_by_text("begins with no task's id")).to_be_visible()
    fox.get_by_label("Examples").first.fill("")
    written(page)
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_text("'cat' and 'dog' were merged into 'pet'")).to_be_visible()
    assert current(house.engine, house.project.name).classes == ("pet", "red fox", "arctic fox")


def test_what_leads_write_is_text(house: House) -> None:
    """In the preview, in the text that labelers read, in the difference of versions, and on a telephone."""
    page = house.sign_in(house.context(viewport=PHONE), "/guidelines/edit", lead=True)
    hostile = f"{HOSTILE}\n\n<svg onload='window.taken=1'></svg> [link](javascript:window.taken=1)\n\n<iframe src='/'>"
    page.get_by_label("Text, in Markdown").fill(hostile.replace("\x07", ""))
    page.locator("summary").get_by_text("cat").click()
    page.locator('[data-was="cat"]').get_by_label("Definition").fill(HOSTILE.replace("\x07", ""))
    written(page)
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_role("heading", name="What version 2 changed")).to_be_visible()
    assert page.locator("a[href^='javascript:'], iframe").count() == 0
    assert page.evaluate("[window.taken, document.documentElement.scrollWidth]") == [None, PHONE["width"]]


def test_what_no_editor_sends_is_refused(house: House) -> None:
    """Events of a browser are input from outside like any other."""
    page = house.sign_in(house.context(), "/guidelines/edit", lead=True)
    expect(page.get_by_text("Version 1 says the same")).to_be_visible()
    for sent in ("null", "{}", "{base: 1, body: 7}", "{base: 1, body: 'x', more: 1}", "{base: 1e30, body: 'x'}"):
        page.evaluate(f"emitEvent('publish', {sent})")
        expect(page.get_by_text("The form cannot be read")).to_be_visible()
    assert current(house.engine, house.project.name).version == 1


def test_pages_of_leads_show_labelers_nothing(house: House) -> None:
    """Neither by a link nor by the address itself; the guideline everybody may read, and nobody but leads may write."""
    confuse(house)
    page = house.sign_in(house.context(), "/guidelines")
    assert page.get_by_role("link", name=re.compile("Agreement|Findings|Write")).count() == 0
    for path in FOR_LEADS:
        page.goto(f"{house.url}/{path}")
        expect(page.get_by_text("this page is for others.")).to_be_visible()
        assert page.locator("#main").get_by_role("region").count() == 0
        assert page.evaluate("emitEvent('publish', {base: 1, body: 'mine'})") is None
    assert current(house.engine, house.project.name).version == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_and_every_control_reached(house: House, scheme: Any) -> None:
    """WCAG 2.2: contrast (1.4.3), names (4.1.2), keyboard (2.1.1) and visible focus (2.4.7)."""
    confuse(house)
    publish(house.engine, house.project, Draft(body="Another text.", settles=(("cat", "dog"),)))
    label(house, ("cat", "dog"), begin=100)
    page = house.sign_in(house.context(color_scheme=scheme), lead=True)
    for path in (*PAGES, "guidelines/2", "guidelines/edit?finding=0"):
        page.goto(f"{house.url}/{path}")
        page.wait_for_timeout(1500)
        page.evaluate(UNFOLD)
        assert page.evaluate(CONTRAST) == [], path
        assert page.evaluate(NAMELESS) == [], path
        controls = page.evaluate(CONTROLS)
        reached = []
        for _ in range(len(controls) + page.locator("summary").count() + 2):
            page.keyboard.press("Tab")
            reached.append(page.evaluate(FOCUSED))
        assert [control for control in controls if control not in {name for name, _ in reached}] == [], path
        assert [name for name, outlined in reached if name and not outlined] == [], path


def test_pages_fit_a_telephone(house: House) -> None:
    """At 390 pixels nothing is cut off or has to be scrolled for sideways."""
    confuse(house)
    page = house.sign_in(house.context(viewport=PHONE), lead=True)
    for path in (*PAGES, "guidelines/edit?finding=0"):
        page.goto(f"{house.url}/{path}")
        page.wait_for_timeout(1500)
        page.evaluate(UNFOLD)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
