"""SCREEN: reads samples, publishes what became of each, and checkpoints."""

import asyncio
from collections.abc import Iterable, Mapping

import structlog
from faust.types import TP
from pydantic import BaseModel
from sqlalchemy import Engine

from quality.frames import Frame
from quality.screening import Outcome, Screening, screen
from quality.state import State
from schemas.errors import ConflictError
from schemas.topics import Topics
from schemas.verdicts import Origin
from storage import checkpoints
from streams.publisher import Outgoing, Publisher
from streams.topics import holds_any

log = structlog.get_logger()


class Screen:
    """Screen the frames of a project's samples; holds the state of the partitions at hand."""

    def __init__(
        self, *, screening: Screening, topics: Topics, bootstrap: str, engine: Engine, publisher: Publisher
    ) -> None:
        self._bootstrap = bootstrap
        self._screening = screening
        self._topics = topics
        self._engine = engine
        self._publisher = publisher
        self._states: dict[int, State] = {}

    async def resume(self, assigned: Iterable[TP]) -> Mapping[TP, int]:
        """Return where partitions with a checkpoint start, and forget the states of an earlier assignment."""
        self._states.clear()
        wanted = {(tp.topic, tp.partition): tp for tp in assigned}
        offsets = await asyncio.to_thread(checkpoints.next_offsets, self._engine, [self._topics.samples])
        return {wanted[key]: offset for key, offset in offsets.items() if key in wanted}

    async def handle(self, frame: Frame) -> None:
        """Screen a frame: publish its outcome, confirmed, then checkpoint. What was screened before is skipped."""
        before = await self._state(frame)
        fresh = frame.since(before.next_offset)
        if fresh is None:
            return
        await self._check_gap(fresh, before)
        outcome = await asyncio.to_thread(screen, fresh, before, self._screening)
        await self._publisher.publish(self._outgoing(outcome))
        await asyncio.to_thread(
            checkpoints.save, self._engine, frame.topic, frame.partition, before=before, after=outcome.state
        )
        self._states[frame.partition] = outcome.state
        log.info("screened", partition=frame.partition, first=outcome.receipt.first, next=outcome.receipt.next)

    async def _check_gap(self, frame: Frame, before: State) -> None:
        """Let offsets be missing before the frame just where the broker holds no record of them.

        Raises:
            ConflictError: records were passed over; the worker must begin at its checkpoint again.
        """
        gap = before.next_offset, frame.records[0].offset - 1
        if gap[0] > gap[1]:
            return
        place = frame.topic, frame.partition
        if await asyncio.to_thread(holds_any, self._bootstrap, *place, gap):
            raise ConflictError(f"Offsets {gap[0]} to {gap[1]} of {frame.topic}-{frame.partition} were passed over.")
        log.warning("no records", partition=frame.partition, first=gap[0], last=gap[1])

    async def _state(self, frame: Frame) -> State:
        if frame.partition not in self._states:
            state = await asyncio.to_thread(checkpoints.load, self._engine, frame.topic, frame.partition)
            self._states[frame.partition] = state
        return self._states[frame.partition]

    def _outgoing(self, outcome: Outcome) -> list[Outgoing]:
        """Return the outcome's records; the receipt last, and all in the partition that the frame came from."""
        topics = self._topics
        events = [
            *((topics.accepted, accepted.origin, accepted) for accepted in outcome.accepted),
            *((topics.rejected, rejected.origin, rejected) for rejected in outcome.rejected),
            *((topics.tasks, task.origin, task) for task in outcome.tasks),
        ]
        receipt = outcome.receipt
        own = Origin(topic=receipt.topic, partition=receipt.partition, offset=receipt.first)
        return [_record(topic, origin, event) for topic, origin, event in [*events, (topics.receipts, own, receipt)]]


def _record(topic: str, origin: Origin, event: BaseModel) -> Outgoing:
    key = f"{origin.partition}-{origin.offset}".encode()
    return Outgoing(topic=topic, key=key, value=event.model_dump_json().encode(), partition=origin.partition)
