"""ARCHIVE, ENQUEUE, LEDGER and SETTLE: what keeps the stream's outcome, each idempotent by the records' origin."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import Engine

from quality.frames import Frame
from schemas.labels import Label
from schemas.verdicts import AcceptedSample, DeadLetter, Receipt, TaskRequest
from storage import consensus, outbox, queue, receipts
from storage.lake import Lake
from storage.projects import Project
from streams.publisher import Outgoing, Publisher

EventT = TypeVar("EventT", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Keep:
    """The shells of one project; each method takes a frame of the topic it is named for."""

    project: Project
    engine: Engine
    lake: Lake
    publisher: Publisher

    async def accepted(self, frame: Frame) -> None:
        """Archive accepted samples in the lake."""
        await asyncio.to_thread(self.lake.append_samples, self.project.config.name, _events(frame, AcceptedSample))

    async def rejected(self, frame: Frame) -> None:
        """Archive dead letters in the lake."""
        await asyncio.to_thread(self.lake.append_dead_letters, self.project.config.name, _events(frame, DeadLetter))

    async def tasks(self, frame: Frame) -> None:
        """Put selected samples into the labeling queue."""
        await asyncio.to_thread(queue.enqueue, self.engine, self.project.config, _events(frame, TaskRequest))

    async def receipts(self, frame: Frame) -> None:
        """Enter receipts into the ledger."""
        await asyncio.to_thread(receipts.record, self.engine, _events(frame, Receipt))

    async def labels(self, frame: Frame) -> None:
        """Settle the tasks that got labels, or ask for another one."""
        task_ids = {label.task_id for label in _events(frame, Label)}
        await asyncio.to_thread(consensus.settle, self.engine, self.project.config, task_ids)

    async def relay(self) -> None:
        """Publish what transactions left in the outbox."""
        await asyncio.to_thread(outbox.relay, self.engine, self._send)

    def _send(self, messages: Sequence[outbox.Message]) -> None:
        self.publisher.publish_now(
            Outgoing(topic=message.topic, key=message.key, value=message.value) for message in messages
        )


def _events(frame: Frame, event: type[EventT]) -> list[EventT]:
    return [event.model_validate_json(record.value or b"") for record in frame.records]
