"""Confirmed publishing: nothing counts as sent before every replica in sync has it."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from threading import Thread

from confluent_kafka import KafkaError, Message, Producer

from schemas.errors import UnavailableError

# One record to publish: topic, key, value and partition.
Outgoing = tuple[str, bytes | None, bytes, int]
# librdkafka's number for "as the key decides".
BY_KEY = -1

# How often deliveries are looked for, in seconds, and how long to wait where the queue of what is to be sent is full.
POLL_SECONDS, FULL_SECONDS = 0.1, 0.005
# What the broker is configured to take: a frame's receipt or a dead letter may be larger than any sample.
MESSAGE_BYTES = 10_000_000


class Delivery:
    """The confirmation of records that were sent together."""

    def __init__(self, records: int) -> None:
        self._waiting = records
        self._future: Future[None] = Future()
        if not records:
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
        try:
            await asyncio.wait_for(asyncio.wrap_future(self._future), seconds)
        except TimeoutError:
            raise _unconfirmed(f"{self._waiting} records are still waiting") from None

    def wait_now(self, seconds: float) -> None:
        """Do what `wait` does, blocking."""
        try:
            self._future.result(seconds)
        except TimeoutError:
            raise _unconfirmed(f"{self._waiting} records are still waiting") from None


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
        Thread(target=self._poll, name="publisher", daemon=True).start()

    def _poll(self) -> None:
        while True:
            self._producer.poll(POLL_SECONDS)

    async def send(self, records: Sequence[Outgoing]) -> Delivery:
        """Send records; return what tells when they are confirmed."""
        delivery = Delivery(len(records))
        sent = self._enqueue(records, delivery)
        while sent < len(records):
            await asyncio.sleep(FULL_SECONDS)
            sent += self._enqueue(records[sent:], delivery)
        return delivery

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Send records and wait until they are confirmed.

        Raises:
            UnavailableError: the broker did not confirm them all; some may have arrived.
        """
        await self.confirmed(await self.send(records))

    async def confirmed(self, delivery: Delivery) -> None:
        """Wait until what was sent is confirmed, as `publish` does."""
        await delivery.wait(self._seconds)

    def publish_now(self, records: Sequence[Outgoing]) -> None:
        """Do what `publish` does, blocking."""
        delivery = Delivery(len(records))
        sent = self._enqueue(records, delivery)
        while sent < len(records):
            self._producer.poll(FULL_SECONDS)
            sent += self._enqueue(records[sent:], delivery)
        delivery.wait_now(self._seconds)

    def _enqueue(self, records: Sequence[Outgoing], delivery: Delivery) -> int:
        """Put records among those to be sent, as far as there is room; return how many."""
        produce, confirmed = self._producer.produce, delivery.confirmed
        sent = 0
        with suppress(BufferError):
            for topic, key, value, partition in records:
                produce(topic, value, key, partition, confirmed)
                sent += 1
        return sent
