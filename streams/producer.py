"""Publishes samples, from any Python program.

    from streams.producer import SampleProducer

    with SampleProducer("digits", bootstrap="127.0.0.1:9092") as producer:
        producer.send(
            {"contract": 1, "sample_id": "a-1", "source": "scanner-1", "occurred_at": "2026-01-05T08:00:00Z",
             "payload": {"pixels": [0] * 64}, "prediction": {"model": "m1", "scores": {"0": 0.7, "1": 0.3}}}
        )

Any other Kafka client does as well: the records are JSON as `GET /v1/contract` describes them, keyed by source.
"""

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError

from schemas.errors import UnavailableError
from schemas.topics import Topics

# How long a broker may take to answer at all.
BOOTSTRAP_MS = 10_000


class SampleProducer:
    """Publish samples of one project, and feedback on them, confirmed by all replicas.

    Leaving the context waits for every one.
    Whatever is sent is published as it is: a record that breaks the contract becomes a dead letter with its
    reasons, and so is not lost.
    """

    def __init__(self, project: str, *, bootstrap: str) -> None:
        self._topics = Topics(project=project)
        self._sent: list[Any] = []
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=bootstrap,
                bootstrap_timeout_ms=BOOTSTRAP_MS,
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                linger_ms=5,
            )
        except KafkaError as error:
            raise UnavailableError(f"Kafka at {bootstrap} does not answer ({error}): run `assay status`.") from error

    def send(self, sample: Mapping[str, Any]) -> None:
        """Publish one sample, keyed by its source so that a source's samples keep their order."""
        self.send_bytes(json.dumps(sample).encode(), key=str(sample.get("source", "")).encode())

    def send_bytes(self, value: bytes, *, key: bytes | None = None) -> None:
        """Publish a record that is JSON already."""
        self._sent.append(self._producer.send(self._topics.samples, value=value, key=key or None))

    def send_feedback(self, feedback: Mapping[str, Any]) -> None:
        """Publish what was found out about a prediction, keyed by its sample; `schemas.feedback` says what it holds."""
        key = str(feedback.get("sample_id", "")).encode() or None
        self._sent.append(self._producer.send(self._topics.feedback, value=json.dumps(feedback).encode(), key=key))

    def flush(self) -> list[tuple[int, int]]:
        """Wait until everything sent is confirmed; return (partition, offset) of each since the last flush.

        Raises:
            UnavailableError: the broker did not confirm a record; what came before it was published.
        """
        sent, self._sent = self._sent, []
        try:
            self._producer.flush()
            places = [future.get(timeout=0) for future in sent]
        except KafkaError as error:
            raise UnavailableError(
                f"Kafka did not confirm what was published ({error}): run `assay status`."
            ) from error
        return [(place.partition, place.offset) for place in places]

    def close(self) -> None:
        """Publish what is left and disconnect."""
        try:
            self.flush()
        finally:
            self._producer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
