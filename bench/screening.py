"""What screening costs a record, and its contract, routing and sketches of that: made-up readings of 16 sensors.

    .venv/bin/python -m bench.screening

Prints microseconds of processor time a record, of the round that took least, by how many sources a partition has and
how many records a frame; and how many bytes a closed window is. Nothing is read from Kafka or sent to it.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.line.readings import readings
from quality import screening
from quality.frames import Frame, Record
from quality.screening import Screening, screen
from quality.sketches.folding import to_bytes
from quality.sketches.window import StreamWindow
from quality.state import State
from storage.projects import read_project

LINE = Path(__file__).parent / "line"
START = 1_767_600_000_000
SOURCES, FRAMES = (1, 2, 7), (4, 100, 1000)
STAGES = {"decode": "contract", "_route": "routing", "watched": "sketches"}


def frames(count: int, size: int, sources: int) -> list[Frame]:
    """Return readings of some of the line's seven sources, as frames of one partition."""
    wanted = tuple(b'"source":"line-%d"' % number for number in range(sources))
    found: list[Record] = []
    for value in readings(seed=1, count=8 * count):
        if any(one in value for one in wanted) and len(found) < count:
            offset = len(found)
            found.append(Record(offset=offset, key=None, value=value, headers=(), timestamp=START + offset))
    return [Frame.of("line.samples", 0, found[start : start + size]) for start in range(0, len(found), size)]


def screened(given: Sequence[Frame], asked: Screening) -> Iterator[StreamWindow]:
    """Screen the frames, write their events, and yield the windows that end."""
    state = State()
    for frame in given:
        outcome = screen(frame, state, asked)
        state = outcome.state
        for _ in outcome.accepted.values():
            pass
        yield from outcome.windows


def clocked(function: Callable[..., Any], spent: dict[str, float], stage: str) -> Callable[..., Any]:
    """Return the function with a clock."""

    def timed(*args: Any) -> Any:
        began = time.thread_time()
        result = function(*args)
        spent[stage] += time.thread_time() - began
        return result

    return timed


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    asked, spent = read_project(LINE).screening, defaultdict[str, float](float)
    for name, stage in STAGES.items():
        setattr(screening, name, clocked(getattr(screening, name), spent, stage))
    stages = (*STAGES.values(), "all")
    print("sources  records a frame  " + "  ".join(f"{stage:>8}" for stage in stages) + "   (µs a record)")
    for sources in SOURCES:
        for size in FRAMES:
            given, rounds = frames(options.records, size, sources), list[dict[str, float]]()
            for _ in range(options.rounds):
                spent.clear()
                windows = clocked(lambda given: list(screened(given, asked)), spent, "all")(given)
                rounds.append(dict(spent))
            least = min(rounds, key=lambda one: one["all"])
            costs = "  ".join(f"{least[stage] * 1e6 / options.records:8.2f}" for stage in stages)
            print(f"{sources:7}  {size:15}  {costs}")
        written = sum(len(to_bytes(each)) for each in windows[0].sketches.values())
        print(f"  a window of {windows[0].next - windows[0].first} offsets, of {sources} sources: {written:,} bytes")


if __name__ == "__main__":
    main()
