"""How fast both engines judge one suite of 15 rules, by size of the frame: the stream's rules and Great Expectations.

The stream is given columns of plain Python lists, as a decoded frame has them, and its time holds their conversion.
Great Expectations is given a DataFrame that is made already, which favours it. The rounds of both alternate, so that
whatever else the machine does meets both; the figures are medians. Both must find the same rows, or nothing is
written.

    make bench-rules        writes var/bench/rules.json
"""

import json
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from catalog.expectations import frame, run
from quality.rules import compile_suite, judge

SEED = 7
# The share of rows without f9, and of those whose f10 is not above f11.
ODD = 0.002
FLOATS = [f"f{index}" for index in range(16)]
# Rows of a frame, and how many rounds; a round of the stream judges until it has lasted long enough to be timed.
SIZES = {1: 15, 100: 15, 1_000: 15, 100_000: 5}
TIMED_SECONDS = 0.02
OUT = Path(os.environ.get("ASSAY_VAR", "var")) / "bench" / "rules.json"

Columns = dict[str, Sequence[Any]]


def suite() -> dict[str, Any]:
    """Return 15 rules: ten of numbers, four of text, one of a pair."""
    between = "expect_column_values_to_be_between"
    rules: list[tuple[str, dict[str, Any]]] = [
        *((between, {"column": name, "min_value": 0.0002, "max_value": 0.9998}) for name in FLOATS[:8]),
        (between, {"column": "f8", "max_value": 0.9995, "strict_max": True}),
        ("expect_column_values_to_not_be_null", {"column": "f9"}),
        ("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "f10", "column_B": "f11"}),
        ("expect_column_values_to_match_regex", {"column": "source", "regex": "^sensor-[0-9]+$"}),
        ("expect_column_values_to_be_in_set", {"column": "kind", "value_set": ["a", "b", "c"]}),
        ("expect_column_values_to_not_be_in_set", {"column": "kind", "value_set": ["z"]}),
        ("expect_column_value_lengths_to_be_between", {"column": "sample_id", "min_value": 4, "max_value": 12}),
    ]
    return {"name": "bench", "expectations": [{"type": kind, "kwargs": kwargs} for kind, kwargs in rules]}


def columns(count: int) -> Columns:
    """Return `count` rows of 16 floats and three texts, of which about 1 in 100 breaks a rule."""
    random = Random(SEED)  # noqa: S311 - a fixed seed makes the same rows for everybody
    made: Columns = {name: [random.random() for _ in range(count)] for name in FLOATS}
    made["f9"] = [None if random.random() < ODD else value for value in made["f9"]]
    made["f10"] = [value - 1 if random.random() < ODD else value + 1 for value in made["f11"]]
    made["source"] = [f"sensor-{random.randrange(40)}" for _ in range(count)]
    made["kind"] = [random.choice("abc") for _ in range(count)]
    made["sample_id"] = [f"s-{index:06}" for index in range(count)]
    return made


def seconds(work: Callable[[], object], at_least: float = 0) -> float:
    """Return how long `work` takes, repeated until `at_least` so many seconds have passed."""
    start, done = perf_counter(), 0
    while True:
        work()
        done += 1
        passed = perf_counter() - start
        if passed >= at_least:
            return passed / done


def measure(count: int, rounds: int) -> dict[str, Any]:
    """Return both engines' rows a second on a frame of `count` rows; their verdicts must be equal."""
    plain, made = suite(), columns(count)
    rules = compile_suite(plain, None)
    rows = [dict(zip(made, row, strict=True)) for row in zip(*made.values(), strict=True)]
    data = frame(rows, plain)
    found = [tuple(judge([rule], made, count).violations) for rule in rules]
    assert found == [verdict.rows for verdict in run(plain, data)], "the engines differ"
    stream, gate = [], []
    for _ in range(rounds):
        stream.append(seconds(lambda: judge(rules, made, count), TIMED_SECONDS))
        gate.append(seconds(lambda: run(plain, data)))
    mine, theirs = median(stream), median(gate)
    return {
        "rows": count,
        "rounds": rounds,
        "violations": sum(map(len, found)),
        "stream_microseconds_a_frame": round(mine * 1e6, 1),
        "stream_rows_per_second": round(count / mine),
        "gx_milliseconds_a_frame": round(theirs * 1e3, 1),
        "gx_rows_per_second": round(count / theirs),
        "ratio": round(theirs / mine, 1),
    }


def main() -> None:
    """Measure every size, print a line for each, and write the figures."""
    found = []
    for count, rounds in SIZES.items():
        found.append(measure(count, rounds))
        print(json.dumps(found[-1]))
    (ratio,) = [one["ratio"] for one in found if one["rows"] == 1_000]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    summary = {"ratio_at_1000": ratio, "python": platform.python_version(), "cores": os.cpu_count(), "frames": found}
    OUT.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    print(f"{OUT}: at 1,000 rows the stream judges {ratio} times as many rows a second.")


if __name__ == "__main__":
    main()
