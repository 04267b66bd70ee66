"""What screening remembers, in memory: `python -m bench.state 1000` prints it for a thousand partitions, in MiB."""

import os
import sys
from pathlib import Path

import psutil

from bench.line.readings import readings
from quality.frames import Frame
from quality.screening import screen
from quality.state import State
from storage.projects import read_project

# More than the window in which repeats are looked for, so that it is full.
RECORDS = 1_500


def main() -> None:
    """Screen a stream of its own for each partition, and keep the states."""
    screening = read_project(Path(__file__).parent / "line").screening
    values = list(readings(1, RECORDS))
    states = [_state(values, screening)]
    before = _memory()
    states += [_state(values, screening) for _ in range(int(sys.argv[1]))]
    print(_memory() - before)


def _state(values: list[bytes], screening: object) -> State:
    count = len(values)
    frame = Frame(
        topic="line.samples",
        partition=0,
        offsets=range(count),
        keys=[None] * count,
        values=values,
        headers=[()] * count,
        timestamps=[0] * count,
    )
    # As a checkpoint gives it back, for nothing may be shared with another partition.
    return State.from_bytes(screen(frame, State(), screening).state.to_bytes())  # type: ignore[arg-type]


def _memory() -> float:
    return float(psutil.Process(os.getpid()).memory_info().rss) / 2**20


if __name__ == "__main__":
    main()
