"""A simulated day of each example project, as screening sees it, without Kafka."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from assay.demo.script import Script
from examples.simulation.faults import COUNTED_IN, Fault, Production
from quality.frames import Frame, Record
from quality.screening import Outcome, screen
from quality.state import State
from schemas.verdicts import Disposition

EXAMPLES = Path(__file__).parents[2] / "examples"
FRAME = 500


@dataclass(frozen=True, kw_only=True)
class Day:
    """A whole simulated day, screened in one partition: a record's place is its offset."""

    script: Script
    outcomes: Sequence[Outcome]

    @property
    def records(self) -> Sequence[Production]:
        """What was produced, in order."""
        return self.script.records

    @property
    def faults(self) -> Mapping[int, Fault]:
        """The planted faults, by offset."""
        return {offset: one.fault for offset, one in enumerate(self.records) if one.fault}

    @property
    def ends(self) -> Sequence[Disposition]:
        """The disposition of each record."""
        return [run.disposition for one in self.outcomes for run in one.receipt.runs for _ in range(run.count)]


@cache
def screened(name: str) -> Day:
    """Return the day of the project `name`."""
    script = Script.of(EXAMPLES / name, samples=COUNTED_IN, seed=7)
    records = [
        Record(offset=offset, key=one.key, value=one.value, headers=(), timestamp=0)
        for offset, one in enumerate(script.records)
    ]
    outcomes: list[Outcome] = []
    state = State()
    for start in range(0, len(records), FRAME):
        frame = Frame.of(script.project.topics.samples, 0, records[start : start + FRAME])
        outcomes.append(screen(frame, state, script.project.screening))
        state = outcomes[-1].state
    return Day(script=script, outcomes=outcomes)


@pytest.fixture(scope="session")
def day_of() -> Callable[[str], Day]:
    """What returns the day of a project; each is screened once."""
    return screened
