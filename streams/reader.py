"""The reader: a thread that takes records from Kafka by librdkafka and hands them on as frames.

It must poll whatever happens elsewhere, for that is how a group learns that its member lives, and how the member learns
which partitions it has. So it does not wait long for a slow handler: records wait in a backlog (`streams.backlog`).
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from typing import Any, Protocol

import structlog
from confluent_kafka import OFFSET_STORED, Consumer, KafkaError, KafkaException, TopicPartition

from quality.frames import Frame
from schemas.errors import UnavailableError
from streams.backlog import Backlog, Message, Place

log = structlog.get_logger()

# How many records are taken from the library at once, and how many of a partition may wait before reading is held back;
# a paused one goes on at a quarter of that. The library forgets what it has read ahead of a partition that is paused,
# and reads it again; so a handler has this long to catch up before its partition is, in seconds.
AT_ONCE, WAITING = 1_000, 2_000
GRACE_SECONDS = 1.0
# How much the library reads ahead of us, in records and KiB, and how soon it goes on after it had to stop, in
# milliseconds. By itself it would hold 64 MiB, all gone from the processor's caches when their turn comes, and then
# pause for a second.
AHEAD = {"queued.min.messages": 20_000, "queued.max.messages.kbytes": 16_384, "fetch.queue.backoff.ms": 2}
# The broker answers a fetch once it has so many bytes, or after so many milliseconds with what it has. Were each record
# fetched as it comes, frames would be of one record, and a thousand of these a second keep a processor busy: then they
# wait for each other, for longer than this.
GATHERED = {"fetch.min.bytes": 65_536, "fetch.wait.max.ms": 10}
# How long a poll waits for a record, in seconds; less where a paused partition may soon go on.
PATIENCE, SHORT = 0.1, 0.002
# Errors after which this consumer reads nothing more, whatever it does.
FINAL = (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID, KafkaError.TOPIC_AUTHORIZATION_FAILED)  # noqa: SLF001 - so named


class Listener(Protocol):
    """What a reader tells, from its own thread; it goes on once a call returns."""

    def assigned(self, places: set[Place]) -> None:
        """Learn which partitions this member has from now on; nothing is read before `Reader.start_at`."""

    def revoked(self, places: set[Place]) -> None:
        """Learn that these partitions may be read by another member from now on."""

    def arrived(self) -> None:
        """Learn that there are frames to take."""

    def failed(self, error: Exception) -> None:
        """Learn that the reader has ended."""


class Reader:
    """Reads the partitions of some topics that a consumer group assigns to it."""

    def __init__(self, config: Mapping[str, Any], *, frame_records: int, listener: Listener) -> None:
        own = {"enable.auto.commit": False, "enable.partition.eof": False, "on_commit": _committed}
        self._kafka = Consumer({**AHEAD, **GATHERED, **config, **own})
        self._backlog = Backlog(frame_records)
        self._listener = listener
        self._paused: set[Place] = set()
        self._full_since: float | None = None
        self._room = threading.Event()
        self._asked: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def start(self, topics: Sequence[str]) -> None:
        """Join the group."""
        self._kafka.subscribe(
            list(topics), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Leave the group; wait at most so long for the thread to end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
        self._kafka.close()

    def take(self) -> Iterator[Frame]:
        """Yield the records that wait, as `Backlog.take` does."""
        for frame in self._backlog.take():
            self._room.set()
            yield frame

    def begun(self, place: Place) -> None:
        """Say that the partition's last frame is being handled, so that the next may be taken, to wait behind it."""
        self._backlog.begun(place)

    def done(self, place: Place, records: int) -> None:
        """Say that a frame of the partition, of so many records, is no longer in hand."""
        self._backlog.done(place, records)

    def start_at(self, offsets: Mapping[Place, int | None]) -> None:
        """Read these partitions and no other, each from its offset on, or from the one that the group committed.

        Once this returns, no frame from before is left to be taken.
        """
        self._ask(lambda: self._start(offsets))

    def commit(self, offsets: Mapping[Place, int]) -> None:
        """Have offsets committed, sooner or later: the broker may refuse them, for they may be another member's by now.

        Nothing waits for the broker's answer, least of all the thread that reads.
        """
        try:
            self._ask(lambda: self._commit(offsets))
        except KafkaException as error:
            log.warning("not committed", reason=str(error))

    def _commit(self, offsets: Mapping[Place, int]) -> None:
        """Commit offsets of the partitions that this member has: of others the broker would take it for a stranger.

        To one that commits by the name that it had before its session ended, Kafka never gives anything again.
        """
        places = [
            TopicPartition(at.topic, at.partition, offsets[at.topic, at.partition])
            for at in self._kafka.assignment()
            if (at.topic, at.partition) in offsets
        ]
        if places:
            self._kafka.commit(offsets=places, asynchronous=True)

    def end(self, place: Place, seconds: float) -> int:
        """Return the offset after the last record of a partition."""
        at = TopicPartition(*place)
        return int(self._ask(lambda: self._kafka.get_watermark_offsets(at, timeout=seconds))[1])

    def lags(self) -> dict[Place, int]:
        """Return how many records of each partition are still to be done, as far as the library knows of them."""
        lags: dict[Place, int] = self._ask(self._lags)
        return lags

    def _lags(self) -> dict[Place, int]:
        found: dict[Place, int] = {}
        for at in self._kafka.position(self._kafka.assignment()):
            place = at.topic, at.partition
            end = self._kafka.get_watermark_offsets(at, cached=True)[1]
            unread = end - at.offset if min(end, at.offset) >= 0 else 0
            found[place] = unread + self._backlog.undone(place)
        return found

    def _ask(self, call: Callable[[], Any]) -> Any:
        """Have the thread make a call between two polls: while it polls, the library lets no one else in."""
        answer: Future[Any] = Future()
        self._asked.append((call, answer))
        self._room.set()
        while not answer.done():
            wait([answer], PATIENCE)
            if not self._thread.is_alive():
                self._answer()
        return answer.result()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._answer()
                if self._hold_back():
                    self._keep(self._poll())
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker must hear of it
            self._listener.failed(error)
        finally:
            self._stopping.set()
            self._answer()

    def _answer(self) -> None:
        while self._asked:
            call, answer = self._asked.popleft()
            try:
                answer.set_result(call())
            except Exception as error:  # noqa: BLE001 - it is told to whoever asked
                answer.set_exception(error)

    def _start(self, offsets: Mapping[Place, int | None]) -> None:
        self._forget()
        places = [
            TopicPartition(topic, partition, OFFSET_STORED if offset is None else offset)
            for (topic, partition), offset in offsets.items()
        ]
        self._kafka.assign(places)
        self._kafka.resume(places)

    def _forget(self) -> None:
        self._backlog.forget()
        self._paused = set()
        self._full_since = None

    def _keep(self, messages: Sequence[Any]) -> None:
        self._backlog.keep(messages)
        if messages:
            self._listener.arrived()

    def _poll(self) -> list[Any]:
        """Return what has arrived; wait for one record if there is none."""
        first = self._kafka.poll(SHORT if self._paused else PATIENCE)
        if first is None:
            return []
        messages = [first, *self._kafka.consume(AT_ONCE - 1, 0)]
        errors = list(map(Message.error, messages))
        if not any(errors):
            return messages
        for error in filter(None, errors):
            _refuse(error)
        return [message for message, error in zip(messages, errors, strict=True) if error is None]

    def _hold_back(self) -> bool:
        """Say whether to read on: if too much of a partition waits, first wait for its handler, then pause it."""
        self._room.clear()
        waiting = self._backlog.waiting()
        full = {place for place, records in waiting.items() if records >= WAITING} - self._paused
        free = {place for place in self._paused if waiting.get(place, 0) <= WAITING // 4}
        if free:
            self._kafka.resume([TopicPartition(*place) for place in free])
            self._paused -= free
        if not full:
            self._full_since = None
            return True
        self._full_since = self._full_since or time.monotonic()
        if time.monotonic() - self._full_since < GRACE_SECONDS:
            self._room.wait(PATIENCE)
            return False
        self._kafka.pause([TopicPartition(*place) for place in full])
        self._paused |= full
        return True

    def _on_assign(self, kafka: Consumer, partitions: list[TopicPartition]) -> None:
        kafka.assign([])  # where to start is said later
        self._listener.assigned({(at.topic, at.partition) for at in partitions})

    def _on_revoke(self, kafka: Consumer, partitions: list[TopicPartition]) -> None:
        if not self._stopping.is_set():
            self._listener.revoked({(at.topic, at.partition) for at in partitions})
        self._forget()
        kafka.unassign()


def _committed(error: KafkaError | None, _: Sequence[TopicPartition]) -> None:
    if error is not None:
        log.warning("not committed", reason=error.str())


def _refuse(error: KafkaError) -> None:
    """Raise what cannot be waited for; librdkafka tries everything else again by itself."""
    if error.fatal() or error.code() in FINAL:
        raise UnavailableError(f"Kafka refuses to be read: {error.str()}. Run `assay status`.")
    log.warning("reading stumbled", reason=error.str())
