"""When the demo builds its first version."""

from collections.abc import Callable
from typing import Any

import pytest

from assay.demo.story import Story

TASKS = 100


class Labeled(Story):
    """A story in which each look at the queue finds one task more settled, and the gate opens at some number."""

    settled, at_work, opens_at = 0, False, 0
    asked: tuple[int, ...] = ()

    def label(self, *, until: Callable[[], bool]) -> None:
        """Label until then; a last label is on its way when it comes."""
        self.at_work = True
        while not until():
            self.settled += 1
        self.settled = min(self.settled + 1, TASKS)
        self.at_work = False

    def _settled(self, done: Callable[[int], None]) -> int:
        done(self.settled)
        return self.settled

    def _tasks(self) -> int:
        return TASKS

    def _will_open(self) -> bool:
        assert not self.at_work
        self.asked += (self.settled,)
        return self.settled >= self.opens_at


@pytest.mark.parametrize(
    ("opens_at", "asked"),
    [
        pytest.param(0, (21,), id="a fifth is enough"),
        pytest.param(30, (21, 26, 31), id="more is needed"),
        pytest.param(TASKS + 1, tuple(range(21, 100, 5)), id="not even all are enough, which the build will say"),
    ],
)
def test_the_gate_is_asked_for_a_first_version_while_nobody_labels(opens_at: int, asked: tuple[int, ...]) -> None:
    """Labels that come while it is asked might shut it again before the version is built."""
    told: list[int] = []
    nothing: Any = None
    story = Labeled(services=nothing, stages=nothing, team=nothing, airflow=nothing, scheduled=nothing, script=nothing)
    story.opens_at = opens_at
    story.label_first(told.append)
    assert story.asked == asked
    assert told[-1] == max(told)
