"""What many look at is asked for once."""

import asyncio
import time

from console.watch import FRESH_SECONDS, Watch


def test_all_viewers_share_one_answer() -> None:
    """Also those who come while it is being asked for; a second later it is asked for again."""
    asked: list[float] = []

    async def look() -> None:
        watch = Watch(lambda: asked.append(time.monotonic()))
        await asyncio.gather(*(watch.latest() for _ in range(50)))
        assert len(asked) == 1
        while len(asked) < 2:  # for ever, were it never asked again
            await asyncio.sleep(0.1)
            await watch.latest()

    asyncio.run(look())
    assert asked[1] - asked[0] >= FRESH_SECONDS


def test_a_slow_question_is_asked_less_often() -> None:
    """So that asking takes a twentieth of the time at most."""
    asked: list[float] = []

    def slowly() -> int:
        time.sleep(0.1)
        asked.append(time.monotonic())
        return len(asked)

    async def look() -> list[int]:
        watch = Watch(slowly)
        first = await watch.latest()
        await asyncio.sleep(FRESH_SECONDS + 0.1)
        return [first, await watch.latest()]

    assert asyncio.run(look()) == [1, 1]


def test_a_question_that_failed_is_asked_again() -> None:
    """Nothing of the failure is remembered."""
    answers = iter([KeyError("away"), 7])

    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, KeyError):
            raise answer
        return answer

    async def look() -> list[object]:
        watch = Watch(ask)
        return [*(await asyncio.gather(watch.latest(), return_exceptions=True)), await watch.latest()]

    failed, known = asyncio.run(look())
    assert isinstance(failed, KeyError)
    assert known == 7
