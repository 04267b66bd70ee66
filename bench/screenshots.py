"""Photograph each page of the console on the data of the demo that is running: `make screenshots`.

The labels that are seen are those of the demo's simulated labelers, and the account that looks is simulated too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Engine, text

from console.testing import FLAGS, chromium
from infra.settings import load_settings
from infra.stack import Stack
from schemas.guidelines import Draft
from storage import guidelines, publishing
from storage.database import open_engine
from storage.labelers import Labeler
from storage.projects import read_project
from storage.sessions import open_session
from storage.settings import StorageSettings
from storage.testing import enlist

FOLDER = Path("docs/screenshots")
# Width, height, and the theme that is seen at it.
SIZES = ((1280, 800, "light"), (390, 844, "dark"))
PROJECT = "digits"
# A sample of which there is much to tell.
TOLD = text(
    "SELECT sample_id FROM tasks JOIN consensus USING (task_id) JOIN labels USING (task_id) "
    "WHERE project = :project AND settled GROUP BY sample_id ORDER BY count(*) DESC, sample_id LIMIT 1"
)


def main() -> None:
    """Write a picture of each page at each size."""
    address = Stack(load_settings()).addresses.api_url
    engine = open_engine(StorageSettings())
    viewer = enlist(engine, PROJECT, f"simulated-viewer-{uuid4().hex[:4]}", lead=True)
    reopen(engine)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for width, height, theme in SIZES:
        with opened(width, height, theme) as page:
            sign_in(page, engine, viewer, address)
            for name, path in paths(engine).items():
                page.goto(f"{address}{path}")
                page.wait_for_timeout(2500)
                if name == "dead-letters":
                    page.get_by_role("link", name="Dry run").first.click()
                    page.wait_for_timeout(2500)
                page.screenshot(path=FOLDER / f"{name}-{width}.png")


def paths(engine: Engine) -> dict[str, str]:
    """Return the address of each page by the name of its picture."""
    with engine.connect() as connection:
        sample = connection.scalar(TOLD, {"project": PROJECT})
    pages = (
        "label",
        "queue",
        "pipeline",
        "stream-health",
        "routing",
        "datasets",
        "slices",
        "dead-letters",
        "agreement",
        "findings",
        "guidelines",
        "labelers",
        "adjudication",
        "gold",
    )
    single = {"dataset": "/datasets/2", "sample": f"/sample?id={sample}", "guideline": "/guidelines/2"}
    return {name: f"/{name}" for name in pages} | single | {"editor": "/guidelines/edit?finding=0"}


@contextmanager
def opened(width: int, height: int, theme: str) -> Iterator[Page]:
    """Yield a page of a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
        yield context.new_page()
        browser.close()


def sign_in(page: Page, engine: Engine, viewer: Labeler, address: str) -> None:
    """Sign in as the simulated lead that looks."""
    with engine.begin() as connection:
        secret = open_session(connection, viewer, timedelta(hours=1), None)
    page.context.add_cookies([{"name": "assay", "value": secret, "url": address}])


def reopen(engine: Engine) -> None:
    """Publish a guideline that settles another pair, as a lead would, so that tasks wait for labels."""
    project, now = read_project(Path("examples/digits")).config, guidelines.current(engine, PROJECT)
    said = f"{now.body}\n- (By a simulated lead.) A **4** has a corner at its left; a **9** is round there.\n"
    publishing.publish(engine, project, Draft(body=said, settles=(("4", "9"), ("1", "7"))))


if __name__ == "__main__":
    main()
