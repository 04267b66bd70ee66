"""ENQUEUE, LEDGER and SETTLE: what keeps the stream's outcome, each idempotent by the records' origin."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import Engine

from quality.frames import Frame
from schemas.labels import Label, Retraction
from schemas.verdicts import Receipt, TaskRequest
from storage import consensus, drift, estimating, feedback, joining, outbox, queue, receipts, steering
from storage.lake import Lake
from storage.projects import Project
from streams.publisher import Batch, Publisher

EventT = TypeVar("EventT", bound=BaseModel)
# What P.labels holds; neither has all the fields of the other, and neither allows unknown ones.
LABELS: TypeAdapter[Label | Retraction] = TypeAdapter(Label | Retraction)


@dataclass(frozen=True, kw_only=True)
class Keep:
    """The shells of one project; each method takes frames of the topic it is named for."""

    project: Project
    engine: Engine
    lake: Lake
    publisher: Publisher

    async def tasks(self, frames: Sequence[Frame]) -> None:
        """Put selected samples into the labeling queue."""
        await asyncio.to_thread(queue.enqueue, self.engine, self.project.config, _events(frames, TaskRequest))

    async def receipts(self, frames: Sequence[Frame]) -> None:
        """Enter receipts into the ledger."""
        await asyncio.to_thread(receipts.record, self.engine, _events(frames, Receipt))

    async def labels(self, frames: Sequence[Frame]) -> None:
        """Settle the tasks that got labels, or lost them, or ask for another one."""
        task_ids = {event.task_id for event in _labels(frames)}
        await asyncio.to_thread(consensus.settle, self.engine, self.project.config, task_ids)

    async def feedback(self, frames: Sequence[Frame]) -> None:
        """Keep what production says of predictions; what cannot be read is kept too."""
        records = [record for frame in frames for record in _records(frame)]
        await asyncio.to_thread(feedback.keep, self.engine, self.project.config, records)

    async def join(self) -> None:
        """Join feedback with its samples, and have those labeled whose prediction it contradicts."""
        await asyncio.to_thread(joining.go_on, self.engine, self.lake, self.project.config)

    async def steer(self) -> None:
        """Say what the labels that were settled so far mean for routing."""
        await asyncio.to_thread(steering.renew, self.engine, self.project.config)

    async def estimate(self) -> None:
        """Say what all votes so far mean for the labelers, and what that means for the tasks."""
        await asyncio.to_thread(estimating.renew, self.engine, self.project.config)

    async def watch(self) -> None:
        """Judge what has come of the stream since the last time, and settle alarms of drift."""
        await asyncio.to_thread(drift.check, self.engine, self.project.config)

    async def relay(self) -> None:
        """Publish what transactions left in the outbox."""
        await asyncio.to_thread(outbox.relay, self.engine, self._send)

    def _send(self, messages: Sequence[outbox.Message]) -> None:
        self.publisher.publish_now(
            [Batch(topic=message.topic, records=[(message.key, message.value)]) for message in messages]
        )


def _events(frames: Sequence[Frame], event: type[EventT]) -> list[EventT]:
    return [event.model_validate_json(value or b"") for frame in frames for value in frame.values]


def _records(frame: Frame) -> list[feedback.Place]:
    return [
        feedback.Place(topic=frame.topic, partition=frame.partition, offset=offset, value=value)
        for offset, value in zip(frame.offsets, frame.values, strict=True)
    ]


def _labels(frames: Sequence[Frame]) -> list[Label | Retraction]:
    return [LABELS.validate_json(value or b"") for frame in frames for value in frame.values]
