"""An app of frames gives partitions up once nothing is in hand, waits for nothing that never comes, loses no frame."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from faust.transport.consumer import Fetcher
from faust.types import TP

from schemas.errors import UnavailableError
from streams.frames import FrameApp, FrameConsumer
from streams.testing import records


def giving_up(then: Callable[[FrameApp, asyncio.Event], Awaitable[None]], *, drain_seconds: float = 60.0) -> FrameApp:
    """Give partitions up while a frame is in hand; `then` is what happens meanwhile, to the app or the frame."""

    async def given_up() -> FrameApp:
        app = FrameApp("zoo", bootstrap="127.0.0.1:9", reading={}, frame_records=1, drain_seconds=drain_seconds)
        done = asyncio.Event()

        async def drained() -> None:
            await done.wait()

        app.release(drained)
        releasing = asyncio.ensure_future(app.released())
        await asyncio.sleep(0.01)
        await then(app, done)
        await asyncio.wait_for(releasing, 5)
        return app

    return asyncio.run(given_up())


async def finish(_: FrameApp, done: asyncio.Event) -> None:
    """Finish the frame."""
    done.set()


async def fail(app: FrameApp, _: asyncio.Event) -> None:
    """Let the frame fail."""
    await app.fail(RuntimeError("the checkpoint is another worker's"))


async def nothing(_: FrameApp, __: asyncio.Event) -> None:
    """Let nothing happen."""


@pytest.mark.parametrize(
    ("then", "drain_seconds", "failed"), [(finish, 60.0, False), (fail, 60.0, True), (nothing, 0.001, True)]
)
def test_partitions_are_given_up_once_their_frames_are_done_or_never_will_be(
    then: Callable[[FrameApp, asyncio.Event], Awaitable[None]], drain_seconds: float, *, failed: bool
) -> None:
    """Where a frame fails meanwhile, nobody waits until patience runs out; where nothing happens, it does."""
    assert giving_up(then, drain_seconds=drain_seconds).failed is failed


class Fetching:
    """A consumer without a broker that hands on what the test lets arrive: `handed_on` are its frames' offsets."""

    def __init__(self, app: FrameApp) -> None:
        self.handed_on: list[list[int]] = []
        self.consumer = cast("FrameConsumer", app.consumer)
        self.consumer._main = asyncio.get_running_loop()
        self.consumer.callback = self._take
        self.begins = True
        self.last: Any = None
        self._taken = asyncio.Event()

    async def _take(self, message: Any) -> None:
        self.handed_on.append(list(message.value.offsets))
        self.last = message
        self._taken.set()
        if self.begins:
            self.consumer.begun(message)

    def arrive(self, *offsets: int) -> None:
        """Have the reader tell of records, as its thread would."""
        self.consumer._reader._keep(records(*offsets))

    async def until(self, offset: int) -> None:
        """Wait until this offset was handed on."""
        async with asyncio.timeout(5):
            while not self.handed_on or self.handed_on[-1][-1] < offset:
                self._taken.clear()
                await self._taken.wait()


@asynccontextmanager
async def fetching(resume: Callable[[Iterable[TP]], Awaitable[Mapping[TP, int]]]) -> AsyncIterator[Fetching]:
    """Yield a consumer while it fetches; it is interrupted at the end, as when a worker stops."""
    app = FrameApp("zoo", bootstrap="127.0.0.1:9", reading={}, frame_records=10, drain_seconds=1.0, resume=resume)
    under_test = Fetching(app)
    fetched = asyncio.ensure_future(under_test.consumer._drain_messages(Fetcher(app)))
    try:
        yield under_test
    finally:
        fetched.cancel()
        await asyncio.wait([fetched], timeout=5)
        under_test.consumer._reader.stop(1)


async def unasked(_: Iterable[TP]) -> Mapping[TP, int]:
    """Fail: nobody is to ask where partitions start."""
    raise AssertionError


def test_what_arrives_while_partitions_change_hands_is_neither_lost_nor_read_again() -> None:
    """It stays in the reader, which is told where to start once it is known which partitions there are.

    Read again at once, it would be by what the worker had before; and if that was nothing, nothing would be read
    from then on.
    """

    async def changing() -> list[list[int]]:
        async with fetching(unasked) as here:
            here.arrive(0)
            await here.until(0)
            here.consumer.stop_flow()
            here.arrive(1, 2)
            await asyncio.sleep(0.05)
            assert here.handed_on == [[0]]
            here.consumer.resume_flow()
            await here.until(2)
            return here.handed_on

    assert asyncio.run(changing()) == [[0], [1, 2]]


async def held_back(going_on: Callable[[Fetching], object], *, begins: bool) -> list[list[int]]:
    """Let records wait behind a first frame until it goes on; return what is handed on."""
    async with fetching(unasked) as here:
        here.begins = begins
        here.arrive(0)
        await here.until(0)
        here.arrive(1, 2)
        await asyncio.sleep(0.05)
        assert here.handed_on == [[0]]
        going_on(here)
        await here.until(2)
        return here.handed_on


def test_what_waits_behind_a_frame_is_handed_on_once_that_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, and not when fetching looks around the next time."""
    monkeypatch.setattr("streams.frames.LOOK_SECONDS", 60.0)
    handed_on = asyncio.run(held_back(lambda here: here.consumer.begun(here.last), begins=False))
    assert handed_on == [[0], [1, 2]]


def test_what_is_done_makes_room_for_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where too much is in hand, the next frame is handed on at once when one is acknowledged."""
    monkeypatch.setattr("streams.frames.LOOK_SECONDS", 60.0)
    monkeypatch.setattr("streams.backlog.IN_HAND", 1)
    handed_on = asyncio.run(held_back(lambda here: here.consumer.ack(here.last), begins=True))
    assert handed_on == [[0], [1, 2]]


def test_what_arrives_just_when_patience_ends_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetching looks around now and then; what comes in that moment must not be forgotten."""
    monkeypatch.setattr("streams.frames.LOOK_SECONDS", 0.001)

    async def arriving() -> list[int]:
        async with fetching(unasked) as here:
            for offset in range(300):
                here.arrive(offset)
                await asyncio.sleep(0.001 + offset / 1_000_000)
            await here.until(299)
            return [offset for frame in here.handed_on for offset in frame]

    assert asyncio.run(arriving()) == list(range(300))


def test_a_worker_that_is_not_told_where_to_start_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faust by itself would take the silence for a stop of its own, and never start these partitions."""
    monkeypatch.setattr("streams.frames.START_SECONDS", 0.01)

    async def silent(_: Iterable[TP]) -> Mapping[TP, int]:
        await asyncio.sleep(5)
        return {}

    async def starting() -> None:
        async with fetching(silent) as here:
            await here.consumer.perform_seek()

    with pytest.raises(UnavailableError, match=r"did not say within 0\.01 s where to start"):
        asyncio.run(starting())
