"""Publishing in transactions: of records that are sent together all can be read, or none."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from quality.frames import Headers
from schemas.errors import ConflictError, UnavailableError
from streams.publisher import FULL_SECONDS, MESSAGE_BYTES

# How long the broker may take to begin or end a transaction.
SECONDS = 60.0
# What the broker says to one of whom another has taken the name.
FENCED = frozenset({KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED})  # noqa: SLF001 - public in all but name


# Learns that a record was delivered, or that it never will be.
Note = Callable[[KafkaError | None, Message], None]


@dataclass(frozen=True, kw_only=True)
class Again:
    """A record to publish as it once came."""

    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Republisher:
    """Publishes under a name of which there is one: whoever takes it next shuts out the one before.

    What that one had not committed will never be read, even if it is still on its way to the broker.
    """

    def __init__(self, bootstrap: str, name: str) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "transactional.id": name,
                "message.max.bytes": MESSAGE_BYTES,
                "compression.type": "lz4",
                "linger.ms": 2,
            }
        )
        with _failures_named():
            self._producer.init_transactions(SECONDS)

    def publish(self, topic: str, records: Sequence[Again]) -> list[int]:
        """Publish the records in one transaction; return the offset of each.

        Raises:
            ConflictError: another has taken the name; nothing was published.
            UnavailableError: the broker did not confirm; it is not known whether the records were published.
        """
        confirmed: list[tuple[int, int]] = []
        with _failures_named():
            self._producer.begin_transaction()
            try:
                for row, record in enumerate(records):
                    self._send(topic, record, _note(row, confirmed))
                self._producer.flush(SECONDS)
                self._producer.commit_transaction(SECONDS)
            except KafkaException:
                with suppress(KafkaException):
                    self._producer.abort_transaction(SECONDS)
                raise
        return [offset for _, offset in sorted(confirmed)]

    def _send(self, topic: str, record: Again, note: Note) -> None:
        while True:
            try:
                self._producer.produce(
                    topic, record.value, record.key, record.partition, note, headers=list(record.headers)
                )
            except BufferError:
                self._producer.poll(FULL_SECONDS)
            else:
                return


def _note(row: int, confirmed: list[tuple[int, int]]) -> Note:
    def note(error: KafkaError | None, message: Message) -> None:
        if error is None:
            confirmed.append((row, message.offset() or 0))

    return note


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except KafkaException as failure:
        error: KafkaError = failure.args[0]
        if error.code() in FENCED:
            raise ConflictError("Another `assay replay` has taken over: wait until it has ended.") from failure
        raise UnavailableError(
            f"Kafka did not confirm what was published ({error.str()}): run `assay status`, then the same command "
            "again; it finds out what was published."
        ) from failure
