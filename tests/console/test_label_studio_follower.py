"""Hints are followed in the background, and one that leads nowhere stops none of the others."""

from collections import Counter
from threading import Event
from typing import cast

from console.label_studio.bridge import Bridge
from console.label_studio.follower import MOST_WAITING, following
from schemas.errors import UnavailableError


class FakeBridge:
    """A bridge that notes which tasks it is to look at; 1 is away, 2 is a bug, and 0 takes until it is let go."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.begun, self.let_go = Event(), Event()

    def take(self, task: int) -> Counter[str]:
        """Note the task."""
        self.taken.append(task)
        if task == 0:
            self.begun.set()
            self.let_go.wait(30)
        if task == 1:
            raise UnavailableError("away")
        if task == 2:
            raise ZeroDivisionError
        return Counter(counted=1)


def followed(*tasks: int) -> list[int]:
    """Return the tasks that are looked at when these are named while one is in hand."""
    bridge = FakeBridge()
    with following(cast("Bridge", bridge)) as follower:
        follower.follow(0)
        assert bridge.begun.wait(30)
        for task in tasks:
            follower.follow(task)
        follower.follow(-1)
        bridge.let_go.set()
        while bridge.taken[-1] != -1:
            bridge.begun.wait(0.01)
    return bridge.taken


def test_a_task_that_is_named_often_is_looked_at_once() -> None:
    """While it waits; named again later, it is looked at again."""
    assert followed(5, 6, 5, 5, 0) == [0, 5, 6, 0, -1]


def test_a_hint_that_cannot_be_followed_stops_none_of_the_others() -> None:
    """Label Studio may be away, and nobody is without bugs."""
    assert followed(1, 2, 3) == [0, 1, 2, 3, -1]


def test_a_flood_of_hints_is_dropped() -> None:
    """The next sweep finds what they would have led to."""
    bridge = FakeBridge()
    with following(cast("Bridge", bridge)) as follower:
        follower.follow(0)
        assert bridge.begun.wait(30)
        for task in range(10, 10 + 2 * MOST_WAITING):
            follower.follow(task)
        waiting = len(follower._waiting)
        bridge.let_go.set()
    assert waiting == MOST_WAITING
