"""Confirmed publishing: nothing counts as sent before every replica in sync has it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, Message, Producer

from schemas.errors import UnavailableError

# librdkafka's number for "as the key decides".
BY_KEY = -1

Delivered = Callable[[KafkaError | None, Message], None]


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One record to publish; unless a partition is named, the key decides it."""

    topic: str
    key: bytes | None
    value: bytes
    partition: int = BY_KEY


class Publisher:
    """Publish records with `acks=all`, in order, without duplicates from retries. One caller at a time."""

    def __init__(self, bootstrap: str, *, delivery_seconds: int) -> None:
        self._seconds = delivery_seconds
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "acks": "all",
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": 2,
                "delivery.timeout.ms": delivery_seconds * 1000,
            }
        )

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when all of `records` are confirmed.

        Raises:
            UnavailableError: the broker did not confirm them all; some may have arrived.
        """
        if records:
            await asyncio.to_thread(self.publish_now, records)

    def publish_now(self, records: Iterable[Outgoing]) -> None:
        """Do what `publish` does, blocking."""
        failures: list[KafkaError] = []

        def delivered(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                failures.append(error)

        for record in records:
            self._enqueue(record, delivered)
        waiting = self._producer.flush(self._seconds + 5)
        if failures or waiting:
            cause = failures[0].str() if failures else f"{waiting} records are still waiting"
            raise UnavailableError(f"Kafka did not confirm what was published: {cause}. Run `assay status`.")

    def _enqueue(self, record: Outgoing, delivered: Delivered) -> None:
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    partition=record.partition,
                    on_delivery=delivered,
                )
            except BufferError:  # the queue is full: let deliveries drain it
                self._producer.poll(0.1)
            else:
                return
