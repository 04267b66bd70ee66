"""What keeping sketches costs a record, beside what routing costs it: made-up readings of 16 sensors, screened.

    .venv/bin/python -m bench.sketches

Prints microseconds of processor time a record, the least of several rounds, by how many sources a partition has and how
many records a frame; and how many bytes a closed window is.
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
SOURCES, FRAMES = (1, 2, 7), (100, 1000)
STAGES = {"_route": "routing", "watched": "sketches"}


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
    """Screen the frames and yield the windows that end."""
    state = State()
    for frame in given:
        outcome = screen(frame, state, asked)
        state = outcome.state
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
    print("sources  records a frame  routing  sketches   (µs a record)")
    for sources in SOURCES:
        for size in FRAMES:
            given, least = frames(options.records, size, sources), dict.fromkeys(STAGES.values(), float("inf"))
            for _ in range(options.rounds):
                spent.clear()
                windows = list(screened(given, asked))
                least = {stage: min(seconds, spent[stage]) for stage, seconds in least.items()}
            routing, sketches = (seconds * 1e6 / options.records for seconds in least.values())
            print(f"{sources:7}  {size:15}  {routing:7.2f}  {sketches:8.2f}")
        written = sum(len(to_bytes(each)) for each in windows[0].sketches.values())
        print(f"  a window of {windows[0].next - windows[0].first} offsets, of {sources} sources: {written:,} bytes")


if __name__ == "__main__":
    main()
