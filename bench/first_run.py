"""Measure the first minutes of somebody who has read nothing, on an empty platform: `make bench-first-run`.

Nobody thinks here: the seconds are those that the platform and the page take, beside which a person needs their own.
"""

import time

from playwright.sync_api import expect

from bench.fresh import fresh
from console.testing_pages import browsing


def main() -> None:
    """Print how long `assay up --example` takes, and from opening its address to the sample and to the stored label."""
    with fresh("first-run") as platform:
        seen, stored = opened(platform.address)
    told = f"from opening the address to the sample {seen:.1f} s, to the stored label {stored:.1f} s"
    print(f"up {platform.seconds:.0f} s; {told}")


def opened(address: str) -> tuple[float, float]:
    """Open the address in Chromium, press a key; return the seconds until the sample is seen and the label stored."""
    with browsing() as browser:
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(address)
        page.wait_for_selector("#sample")
        seen = time.perf_counter() - began
        page.keyboard.press("7")
        expect(page.get_by_role("status")).to_have_text("7 is stored.")
        return seen, time.perf_counter() - began


if __name__ == "__main__":
    main()
