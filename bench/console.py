"""Measure from key to next sample on the label page, by one labeler and by twenty at once: `make bench-console`.

All labelers are simulated, and each is a page of a real Chromium with a session of its own. They answer at a person's
pace: after each sample they wait from 1 to 3 seconds, evenly drawn, and then press a key, whatever they see. Browser,
console, PostgreSQL, Kafka, workers and Airflow share the machine. The clock is the browser's own; it stops at the frame
in which the next sample is painted.
"""

import argparse
import asyncio
import json
import os
import statistics
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from playwright.async_api import Browser, Page, async_playwright
from pydantic import SecretStr
from sqlalchemy import Engine

from bench.fresh import Fresh, fresh
from console.testing import FLAGS, chromium
from infra.settings import load_settings
from infra.stack import Stack
from storage.database import open_engine
from storage.sessions import open_session
from storage.settings import StorageSettings
from storage.testing import enlist

PROJECT = "digits"
AT_ONCE = (1, 20)
# Seconds that a labeler looks at a sample, from and to.
LOOKS = (1.0, 3.0)
# Pages of which none is in front must not be slowed down for that: each labeler has a screen of their own.
ALL_IN_FRONT = (
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
# Looks, presses a key, and waits for the next sample; returns milliseconds. Ends early where nothing waits any more.
LABEL = """async ([keys, shortest, longest]) => {
  const shown = () => document.getElementById("sample")?.dataset.assignment, took = [];
  for (let press = 0; press < keys && shown(); press++) {
    await new Promise((then) => setTimeout(then, 1000 * (shortest + Math.random() * (longest - shortest))));
    const before = shown(), began = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: String(press % 10), bubbles: true }));
    while (shown() === before && performance.now() - began < 5000) await new Promise(requestAnimationFrame);
    took.push(performance.now() - began);
  }
  return took;
}"""


def main() -> None:
    """Measure, print, and write `var/bench/console.json`; its first figures are those of one labeler."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=40, help="keys that each labeler presses")
    keys = parser.parse_args().keys
    with fresh("console") as platform:
        runs = [asyncio.run(measured(platform, labelers, keys)) for labelers in AT_ONCE]
    report = {**runs[0], "runs": runs, "looks_s": LOOKS, "cores": os.cpu_count()}
    path = load_settings().var / "bench" / "console.json"
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for run in runs:
        print(", ".join(f"{name} {value}" for name, value in run.items()))


async def measured(platform: Fresh, labelers: int, keys: int) -> dict[str, float]:
    """Have so many labelers label at once, and return what of all their keys came."""
    engine = database(platform)
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *ALL_IN_FRONT])
            pages = [await seated(browser, engine, platform.url) for _ in range(labelers)]
            took = await asyncio.gather(*(page.evaluate(LABEL, [keys, *LOOKS]) for page in pages))
            await browser.close()
    finally:
        engine.dispose()
    return summary(labelers, sorted(one for each in took for one in each))


def summary(labelers: int, took: Sequence[float]) -> dict[str, float]:
    """Return the figures of milliseconds, which come sorted."""
    p95 = took[int(0.95 * len(took))]
    figures = {"median_ms": statistics.median(took), "p95_ms": p95, "longest_ms": took[-1]}
    return {"labelers": labelers, "keys": len(took), **{name: round(value, 1) for name, value in figures.items()}}


async def seated(browser: Browser, engine: Engine, url: str) -> Page:
    """Return the label page of a new simulated labeler, with a sample on it."""
    labeler = enlist(engine, PROJECT, f"simulated-bench-{uuid4().hex[:6]}")
    with engine.begin() as connection:
        secret = open_session(connection, labeler, timedelta(hours=1), None)
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    await context.add_cookies([{"name": "assay", "value": secret, "url": url}])
    page = await context.new_page()
    await page.goto(f"{url}/label")
    await page.wait_for_selector("#sample", timeout=60_000)
    return page


def database(platform: Fresh) -> Engine:
    """Open the platform's database."""
    settings = load_settings().model_copy(update={"var": platform.var})
    url = Stack(settings).addresses.database_url.get_secret_value()
    return open_engine(StorageSettings(database_url=SecretStr(url)))


if __name__ == "__main__":
    main()
