"""The backlog's frames: small ones at once, large ones under load."""

import pytest

from streams.backlog import IN_HAND, Backlog
from streams.testing import HERE, records

FULL = 3
THERE = ("t", 1)


@pytest.fixture
def backlog() -> Backlog:
    """A backlog of nothing, whose frames are soon full."""
    return Backlog(FULL)


def taken(backlog: Backlog) -> list[list[int]]:
    """Take what there is, and begin with it; return the offsets of each frame."""
    frames = list(backlog.take())
    for frame in frames:
        backlog.begun((frame.topic, frame.partition))
    return [list(frame.offsets) for frame in frames]


def test_what_waits_is_a_frame_at_once(backlog: Backlog) -> None:
    """However little it is: nothing is waited for."""
    backlog.keep(records(0))
    assert taken(backlog) == [[0]]


def test_what_arrives_while_a_frame_waits_is_the_next_one(backlog: Backlog) -> None:
    """It grows until its turn comes."""
    backlog.keep(records(0))
    first = [list(frame.offsets) for frame in backlog.take()]
    backlog.keep(records(1))
    backlog.keep(records(2))
    assert (first, list(backlog.take())) == ([[0]], [])
    backlog.begun(HERE)
    assert taken(backlog) == [[1, 2]]


def test_partitions_do_not_wait_for_each_other(backlog: Backlog) -> None:
    """Each has an order of its own, whatever comes between its records."""
    backlog.keep(records(0))
    list(backlog.take())
    backlog.keep([*records(7, place=THERE), *records(1), *records(8, place=THERE)])
    assert taken(backlog) == [[7, 8]]


def test_a_frame_that_has_not_begun_is_followed_by_none(backlog: Backlog) -> None:
    """Not even by a full one: records wait here, where they make larger frames."""
    backlog.keep(records(*range(2 * FULL)))
    first = [list(frame.offsets) for frame in backlog.take()]
    assert (first, list(backlog.take())) == ([[0, 1, 2]], [])


def test_a_frame_is_taken_only_when_it_is_asked_for(backlog: Backlog) -> None:
    """Whoever takes none after the first has not taken the second."""
    backlog.keep([*records(0), *records(7, place=THERE)])
    first = next(backlog.take())
    assert (list(first.offsets), taken(backlog)) == ([0], [[7]])


def test_what_is_not_done_bounds_what_is_handed_on(backlog: Backlog) -> None:
    """Memory does not grow with a handler's delay, however small its frames are."""
    backlog.keep(records(*range(IN_HAND + 3 * FULL)))
    handed_on = [offset for frames in iter(lambda: taken(backlog), []) for frame in frames for offset in frame]
    assert handed_on == list(range(len(handed_on)))
    assert IN_HAND <= len(handed_on) < IN_HAND + FULL
    backlog.done(HERE, FULL)
    assert taken(backlog) == [[len(handed_on) + step for step in range(FULL)]]


def test_what_is_forgotten_is_taken_by_nobody(backlog: Backlog) -> None:
    """Nor by whoever had begun to take; what arrives then is handed on whatever was in hand, or is done late."""
    backlog.keep([*records(0), *records(7, place=THERE)])
    frames = backlog.take()
    next(frames)
    backlog.forget()
    assert list(frames) == []
    backlog.done(HERE, 1)
    backlog.keep(records(5))
    assert taken(backlog) == [[5]]


@pytest.mark.parametrize(("steps", "waiting", "undone"), [(0, 5, 5), (1, 2, 5), (2, 2, 2)])
def test_a_record_is_undone_until_it_is_said_to_be_done(
    backlog: Backlog, steps: int, waiting: int, undone: int
) -> None:
    """Whether it waits or is in hand."""
    backlog.keep(records(*range(5)))
    if steps > 0:
        taken(backlog)
    if steps > 1:
        backlog.done(HERE, FULL)
    assert (backlog.waiting(), backlog.undone(HERE)) == ({HERE: waiting}, undone)
