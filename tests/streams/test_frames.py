"""An app of frames gives partitions up once nothing is in hand, and waits for nothing that will never be."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from streams.frames import FrameApp


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
