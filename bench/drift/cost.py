"""What a check costs: from sketches of the window, against the same from its raw rows, for the same fields."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from bench.drift.plain import METHODS, scores
from bench.drift.tables import Table
from quality.drift.budget import Budget
from quality.drift.measured import Measure, Measured
from quality.drift.reference import Reference, reference, watching
from quality.drift.watch import Watch, check
from quality.sketches.folding import Sketches, sketched

# Fields, records of a window, windows of the reference; and how often each is done, of which the fastest counts.
FIELDS, RECORDS, REFERENCE, TIMES = 16, 200_000, 10, 3


def cost() -> dict[str, Any]:
    """Return the seconds of a check from sketches, from raw rows by ourselves, and by plain tests, and their ratio."""
    rng = np.random.default_rng(0)
    columns = {f"x{place}": rng.lognormal(size=RECORDS * (REFERENCE + 1)) for place in range(FIELDS)}
    table = Table(columns=columns, window=RECORDS, reference=REFERENCE)
    kept = [{"": _sketched(table, window)} for window in range(table.windows)]
    against = reference(kept[:-1])
    watch = watching([against.measured(one) for one in kept[:-1]], against)
    seconds = {
        "check": _fastest(lambda: _checked(watch, against, kept[-1][""])),
        "recompute": _fastest(lambda: _checked(watch, against, _sketched(table, REFERENCE))),
        **{name: _fastest(partial(scores, table, REFERENCE, method)) for name, method in METHODS.items()},
    }
    return {
        "fields": FIELDS,
        "window": RECORDS,
        "reference_rows": RECORDS * REFERENCE,
        "seconds": {name: round(value, 6) for name, value in seconds.items()},
        "cost_ratio": round(seconds["recompute"] / seconds["check"], 1),
    }


def _sketched(table: Table, window: int) -> Sketches:
    places = table.places(window)
    return sketched(
        {name: column[places] for name, column in table.columns.items()}, np.zeros(table.window, np.int64), 1
    )[0]


def _checked(watch: Watch, against: Reference, window: Sketches) -> None:
    measured: dict[Measure, Measured] = against.measured({"": window})
    check(watch, measured, Budget().level)


def _fastest(work: Callable[[], object]) -> float:
    found = []
    for _ in range(TIMES):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)
