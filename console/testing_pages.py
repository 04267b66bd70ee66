"""For tests of the pages: a served console with a browser before it, and what of a page must hold everywhere."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pydantic import SecretStr
from sqlalchemy import Engine, text

from console.testing import CLASSES, FLAGS, chromium, site
from schemas.project import ProjectConfig
from schemas.roles import Role
from schemas.verdicts import DeadLetter, Origin, Versions, Violation
from storage import accounts
from storage.database import open_engine
from storage.guidelines import ensure
from storage.labelers import register
from storage.lake import Lake
from storage.projects import read_project
from storage.queue import enqueue
from storage.sessions import open_session
from storage.settings import StorageSettings
from storage.testing import (
    accepted_sample,
    archive_dead_letters,
    archive_samples,
    enlist,
    task_request,
    write_project,
)
from storage.trail import NOBODY

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
# A script, an image that fails, a change of direction, a bell, and a word without end.
HOSTILE = "<script>window.taken=1</script><img src=x onerror='window.taken=1'>\u202egnp.exe\x07 " + "w" * 3000


# Texts whose contrast is too low, as [text, ratio]; relative luminance and ratio as WCAG 2.2 defines them.
CONTRAST = """() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const over = ([r, g, b, a = 1], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)];
  const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const color = parse(getComputedStyle(element).backgroundColor);
    return color[3] === undefined ? color : over(color, behind(element.parentElement));
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || !element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    if (element.closest("script, style, svg, .nicegui-error-popup")) continue;
    const style = getComputedStyle(element), back = behind(element);
    const [light, dark] = [luminance(over(parse(style.color), back)), luminance(back)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) bad.push([text, ratio]);
  }
  return bad;
}"""
VISIBLE = """
  const name = (one) => one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent || one.title;
  const controls = "a[href], button, input:not([type=hidden]), select, textarea, [tabindex='0']";
  const all = [...document.querySelectorAll(controls)].filter((one) => one.checkVisibility());
"""
NAMELESS = f"() => {{ {VISIBLE} return all.filter((one) => !name(one).trim()).map((one) => one.outerHTML); }}"
CONTROLS = f"() => {{ {VISIBLE} return all.map((one) => name(one).trim()); }}"
FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return ["", true];
  const name = one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent || one.title;
  const style = getComputedStyle(one);
  return [name.trim(), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}"""


@dataclass(frozen=True, kw_only=True)
class House:
    """A served console, its database, and a browser."""

    url: str
    engine: Engine
    project: ProjectConfig
    browser: Browser
    contexts: ExitStack

    def enqueue(self, *offsets: int, **sample: Any) -> None:
        """Put tasks into the queue."""
        enqueue(self.engine, self.project, [task_request(self.project.name, offset, **sample) for offset in offsets])

    def token(self) -> str:
        """Return the token of a new labeler."""
        return register(self.engine, self.project.name, f"labeler {uuid4().hex[:6]}", simulated=True)

    def invite(self) -> tuple[str, str]:
        """Return the name of a new account, and the code with which its password is chosen."""
        name = f"labeler {uuid4().hex[:6]}"
        return name, accounts.add(self.engine, self.project.name, name, Role.LABELER, NOBODY)

    def context(self, **options: Any) -> BrowserContext:
        """Return a browser's context of its own: nobody is signed in."""
        context = self.browser.new_context(**{"viewport": DESKTOP, **options})
        self.contexts.callback(context.close)
        context.set_default_timeout(30_000)
        return context

    def sign_in(self, context: BrowserContext, path: str = "/label", *, lead: bool = False) -> Page:
        """Return a page on `path` of a new labeler, who has signed in just now."""
        labeler = enlist(self.engine, self.project.name, f"labeler {uuid4().hex[:6]}", lead=lead)
        with self.engine.begin() as connection:
            secret = open_session(connection, labeler, timedelta(hours=1), None)
        context.add_cookies([{"name": "assay", "value": secret, "url": self.url}])
        page = context.new_page()
        page.goto(f"{self.url}{path}")
        page.wait_for_selector("h1")
        return page

    def answers(self) -> list[Any]:
        """Return the answers that stand, the first given first."""
        standing = text(
            "SELECT answer FROM labels JOIN tasks USING (task_id) WHERE project = :project "
            "AND label_id NOT IN (SELECT label_id FROM retractions) ORDER BY labeled_at"
        )
        with self.engine.connect() as connection:
            return list(connection.scalars(standing, {"project": self.project.name}))


@contextmanager
def browsing() -> Iterator[Browser]:
    """Run the system's Chromium.

    Raises:
        UnavailableError: there is none; the text says how to install it.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def serving(
    browser: Browser, database: str, folder: Path, *, view: str = "", code: str = "", labels: str = CLASSES
) -> Iterator[House]:
    """Serve a new project with this label space, as TOML.

    `view` is what its project.toml says of drawing, `code` is added to its contract's file.

    In its lake stand an accepted sample and a dead letter.
    """
    write_project(folder, f"p{uuid4().hex}")
    governing = folder / "project.toml"
    governing.write_text(governing.read_text("utf-8").replace(CLASSES, labels) + view, "utf-8")
    with (folder / "code.py").open("a") as file:
        file.write(code)
    project = read_project(folder)
    settings = StorageSettings(database_url=SecretStr(database), lake=str(folder / "lake"))
    engine = open_engine(settings)
    space = project.config.labels
    ensure(engine, project.config.name, project.guideline, space.classes, space.kind)
    with Lake.open(settings) as lake:
        lake.ensure(project.config.name)
        archive_samples(lake, project.config.name, [accepted_sample(0)])
        archive_dead_letters(lake, project.config.name, [rejected(project.topics.samples)])
    try:
        with site(folder, database, folder) as url, ExitStack() as contexts:
            yield House(url=url, engine=engine, project=project.config, browser=browser, contexts=contexts)
    finally:
        engine.dispose()


def rejected(topic: str) -> DeadLetter:
    """Return a dead letter whose violation is hostile."""
    return DeadLetter(
        origin=Origin(topic=topic, partition=0, offset=7),
        key=None,
        value=None,
        headers=(),
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        violations=(Violation(rule="old", where="note", seen=HOSTILE, allowed="<b>less</b>"),),
        versions=Versions(contract=1, suite="s", policy="p"),
    )


def assignment(page: Page) -> str:
    """Return the assignment whose sample is on the screen."""
    return page.get_attribute("#sample", "data-assignment") or ""


def press(page: Page, key: str) -> None:
    """Press a key and wait for the next sample, or for none."""
    before = assignment(page)
    page.keyboard.press(key)
    page.wait_for_function("id => document.getElementById('sample')?.dataset.assignment !== id", arg=before)
