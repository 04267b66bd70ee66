"""What keeping sketches costs a record: screening of made-up readings of 16 sensors, with sketches and without.

    .venv/bin/python -m bench.sketches

Prints microseconds of processor time a record, the best of several rounds, by how many records a frame has; and how
many bytes a closed window is.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench.line.readings import readings
from quality.frames import Frame, Record
from quality.screening import Screening, screen
from quality.sketches.folding import to_bytes
from quality.sketches.running import Sketching
from quality.sketches.window import StreamWindow
from quality.state import State
from storage.projects import read_project

LINE = Path(__file__).parent / "line"
START = 1_767_600_000_000
FRAMES = (100, 500, 1000)


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


def spent(given: Sequence[Frame], asked: Screening, rounds: int) -> float:
    """Return the least processor time that the frames took, in microseconds a record."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in screened(given, asked):
            pass
        taken.append(time.process_time() - began)
    return min(taken) * 1e6 / sum(map(len, given))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with_sketches = read_project(LINE).screening
    without = replace(with_sketches, sketching=Sketching(slices=()))
    print("sources  records a frame  without  with  sketches   (µs a record)")
    for sources in (1, 2, 7):
        for size in FRAMES:
            given = frames(options.records, size, sources)
            plain, sketched = (spent(given, asked, options.rounds) for asked in (without, with_sketches))
            print(f"{sources:7}  {size:15}  {plain:7.2f}  {sketched:4.2f}  {sketched - plain:8.2f}")
    window = next(screened(given, with_sketches))
    written = sum(len(to_bytes(sketches)) for sketches in window.sketches.values())
    print(f"a window of {window.next - window.first} offsets and {sources} sources: {written:,} bytes")


if __name__ == "__main__":
    main()
