"""Measure how long it takes from a key to the next sample on the screen, on the running demo: `make bench-keys`.

A simulated labeler answers in a real Chromium; the clock is the browser's own and stops at the frame in which the next
sample is painted.
"""

import statistics
from uuid import uuid4

from bench.screenshots import PROJECT, opened, reopen, sign_in
from infra.settings import load_settings
from infra.stack import Stack
from storage.database import open_engine
from storage.settings import StorageSettings
from storage.testing import enlist

KEYS = 40
# Presses keys as fast as samples come, and returns milliseconds; ends early where nothing waits any more.
PRESS = """async (keys) => {
  const shown = () => document.getElementById("sample")?.dataset.assignment, took = [];
  for (let press = 0; press < keys && shown(); press++) {
    const before = shown(), began = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: String(press % 10), bubbles: true }));
    while (shown() === before && performance.now() - began < 5000) await new Promise(requestAnimationFrame);
    took.push(performance.now() - began);
  }
  return took;
}"""


def main() -> None:
    """Print the median, the 90th percentile and the longest."""
    address, engine = Stack(load_settings()).addresses.api_url, open_engine(StorageSettings())
    labeler = enlist(engine, PROJECT, f"simulated-keys-{uuid4().hex[:4]}")
    reopen(engine)
    with opened(1280, 800, "light") as page:
        sign_in(page, engine, labeler, address)
        page.goto(f"{address}/label")
        page.wait_for_selector("#sample")
        took = sorted(page.evaluate(PRESS, KEYS))
    p90 = took[int(0.9 * len(took))]
    print(f"{len(took)} keys: median {statistics.median(took):.0f} ms, p90 {p90:.0f} ms, longest {took[-1]:.0f} ms")


if __name__ == "__main__":
    main()
