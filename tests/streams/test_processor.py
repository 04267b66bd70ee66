"""A worker's Python threads share a processor, and leave one where they are crowded for one with more room."""

import os
import threading
from collections.abc import Iterator

import pytest

from streams.processor import MOVING, THREADS, Processor, Reading

HERE, THERE, ELSEWHERE = 0, 1, 2
# A draw by which a worker moves where it should.
MOVES = MOVING / 2


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> Processor:
    """A processor of two, that is `HERE`, and was read at second 0."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {HERE, THERE})
    monkeypatch.setattr("random.choice", min)
    made = Processor()
    made.after(reading(0.0), MOVES)
    return made


def reading(at: float, *, waited: float = 0.0, **idle: float) -> Reading:
    """Return what the system tells at a second."""
    known = {HERE: idle.get("here", 0.0), THERE: idle.get("there", 0.0), ELSEWHERE: idle.get("elsewhere", 0.0)}
    return Reading(at=at, waited=waited, idle=known)


@pytest.mark.parametrize(
    ("now", "draw", "then"),
    [
        (reading(1.0, waited=0.5, there=0.9), MOVES, THERE),
        (reading(1.0, waited=0.2, there=0.9), MOVES, HERE),
        (reading(1.0, waited=0.5, here=0.2, there=0.3), MOVES, HERE),
        (reading(1.0, waited=0.5, there=0.9), MOVING, HERE),
        (reading(1.0, waited=0.5, there=0.5, elsewhere=0.9), MOVES, THERE),
    ],
    ids=["crowded", "not crowded", "as crowded everywhere", "the other one moves", "not where it may not be"],
)
def test_threads_move_where_they_wait_and_another_processor_idles(
    processor: Processor, now: Reading, draw: float, then: int
) -> None:
    """Not for a short wait, nor to one that is no better, nor to one that the process may not use."""
    assert processor.after(now, draw) == then


def test_only_what_happened_since_the_last_reading_counts(processor: Processor) -> None:
    """Whoever waited earlier waits no more."""
    processor.after(reading(1.0, waited=0.5, there=0.9), MOVING)
    assert processor.after(reading(2.0, waited=0.6, there=1.8), MOVES) == HERE


@pytest.fixture
def freed() -> Iterator[set[int]]:
    """The processors of this process; all its threads may use them again afterwards."""
    before = os.sched_getaffinity(0)
    yield before
    for each in THREADS.iterdir():
        os.sched_setaffinity(int(each.name), before)


def test_python_threads_are_kept_together(freed: set[int]) -> None:
    """Those that there are, on one processor; a system with one has nothing to choose."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    Processor().look()
    places = {frozenset(os.sched_getaffinity(one)) for one in (0, thread.native_id or 0)}
    over.set()
    thread.join()
    assert len(places) == 1
    assert len(next(iter(places))) == 1 or len(freed) == 1


def test_threads_of_libraries_stay_free(freed: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that were started by a thread that was kept, and begin where it is."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    os.sched_setaffinity(thread.native_id or 0, {min(freed)})
    monkeypatch.setattr("threading.enumerate", lambda: [threading.main_thread()])
    Processor().look()
    place = os.sched_getaffinity(thread.native_id or 0)
    over.set()
    thread.join()
    assert place == freed


def test_where_the_system_has_no_say_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other systems than Linux do not let a process choose."""
    before = os.sched_getaffinity(0)
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.delattr("os.sched_setaffinity")
    Processor().look()
    monkeypatch.undo()
    assert os.sched_getaffinity(0) == before


def test_the_system_tells_what_is_asked() -> None:
    """Time goes on, and each processor of this process has idled for some of it, or none."""
    before, now = Reading.now(), Reading.now()
    assert now.at >= before.at
    assert now.waited >= before.waited
    assert os.sched_getaffinity(0) <= now.idle.keys()
    assert all(now.idle[one] >= before.idle[one] for one in before.idle)
