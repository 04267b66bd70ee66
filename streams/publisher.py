"""Confirmed publishing: nothing counts as sent before every replica in sync has it."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Protocol

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.errors import UnavailableError

log = structlog.get_logger()

# librdkafka's number for "as the key decides".
BY_KEY = -1

# How often deliveries are looked for, in seconds, and how long to wait where the queue of what is to be sent is full.
POLL_SECONDS, FULL_SECONDS = 0.1, 0.005
# What the broker is configured to take: a frame's receipt or a dead letter may be larger than any sample.
MESSAGE_BYTES = 10_000_000


class Records(Protocol):
    """Keys and values; they may be made while they are asked for."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __iter__(self) -> Iterator[tuple[bytes | None, bytes]]:
        """Yield them in their order."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Records to publish to one topic, in their order; `partition` may be left to the keys."""

    topic: str
    records: Records
    partition: int = BY_KEY

    @property
    def confirmations(self) -> int:
        """How many records to ask a confirmation for: of one partition the last, which tells of all before it."""
        return len(self.records) if self.partition == BY_KEY else min(1, len(self.records))


class Delivery:
    """The confirmation of batches that were sent together."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._waiting = sum(batch.confirmations for batch in batches)
        self._future: Future[None] = Future()
        if not self._waiting:
            self._future.set_result(None)

    def confirmed(self, error: KafkaError | None, _: Message) -> None:
        """Learn that one of the records was delivered, or that it never will be."""
        self._waiting -= 1
        with suppress(InvalidStateError):  # the first error is told
            if error is not None:
                self._future.set_exception(_unconfirmed(error.str()))
            elif not self._waiting:
                self._future.set_result(None)

    async def wait(self, seconds: float) -> None:
        """Return when all are confirmed.

        Raises:
            UnavailableError: the broker did not confirm them all in time; some may have arrived.
        """
        if self._future.done():  # most are by the time that somebody asks
            return self._future.result()
        try:
            await asyncio.wait_for(asyncio.wrap_future(self._future), seconds)
        except TimeoutError:
            raise _unconfirmed("it does not answer") from None

    def wait_now(self, seconds: float) -> None:
        """Do what `wait` does, blocking."""
        try:
            self._future.result(seconds)
        except TimeoutError:
            raise _unconfirmed("it does not answer") from None


def _unconfirmed(cause: str) -> UnavailableError:
    return UnavailableError(f"Kafka did not confirm what was published: {cause}. Run `assay status`.")


class Publisher:
    """Publish records with `acks=all`, in order, without duplicates from retries and without gaps.

    What arrives of a partition is always the first part of what was sent: a record never times out by itself while
    later ones arrive. It is the caller who gives up, and must then send nothing more.
    """

    def __init__(self, bootstrap: str, *, delivery_seconds: float) -> None:
        self._seconds = delivery_seconds
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "acks": "all",
                "enable.idempotence": True,
                "enable.gapless.guarantee": True,
                "message.timeout.ms": 0,
                "message.max.bytes": MESSAGE_BYTES,
                "compression.type": "lz4",
                "linger.ms": 0.5,
            }
        )
        self._closed = Event()
        Thread(target=self._poll, name="publisher", daemon=True).start()

    def close(self) -> None:
        """Let go of the broker, whatever is confirmed by now; a worker need not, since its process ends."""
        self._closed.set()

    def _poll(self) -> None:
        while not self._closed.is_set():
            try:
                self._producer.poll(POLL_SECONDS)
            except KafkaException as error:  # a fatal one; what waits is told that it will never arrive
                log.error("publishing ended", reason=error.args[0].str())  # noqa: TRY400 - it comes from no code of ours

    async def send(self, batches: Sequence[Batch]) -> Delivery:
        """Send batches; return what tells when they are confirmed."""
        delivery = Delivery(batches)
        for _ in self._sending(batches, delivery):
            await asyncio.sleep(FULL_SECONDS)
        return delivery

    async def confirmed(self, delivery: Delivery) -> None:
        """Wait until what was sent is confirmed.

        Raises:
            UnavailableError: the broker did not confirm it all; some may have arrived.
        """
        await delivery.wait(self._seconds)

    def publish_now(self, batches: Sequence[Batch]) -> None:
        """Send batches and wait until they are confirmed, as `confirmed` does, blocking."""
        delivery = Delivery(batches)
        for _ in self._sending(batches, delivery):
            time.sleep(FULL_SECONDS)
        delivery.wait_now(self._seconds)

    def _sending(self, batches: Sequence[Batch], delivery: Delivery) -> Iterator[None]:
        """Put batches among what is to be sent; yield whenever there is no room, to be gone on with after a while.

        A confirmation costs more than what it confirms, so one is asked for as seldom as can be: nothing of a partition
        is ever confirmed, or there, before what was sent to it earlier.

        Raises:
            UnavailableError: the broker has refused something; nothing can be sent any more.
        """
        produce = self._producer.produce
        try:
            for batch in batches:
                topic, partition, last = batch.topic, batch.partition, len(batch.records) - 1
                each = delivery.confirmed if partition == BY_KEY else None
                for number, (key, value) in enumerate(batch.records):
                    told = delivery.confirmed if number == last else each
                    try:
                        produce(topic, value, key, partition, told)
                    except BufferError:
                        yield from self._retrying(topic, value, key, partition, told)
        except KafkaException as error:
            raise _unconfirmed(error.args[0].str()) from error

    def _retrying(self, *record: Any) -> Iterator[None]:
        """Yield until there is room for a record."""
        while True:
            yield
            with suppress(BufferError):
                self._producer.produce(*record)
                return
