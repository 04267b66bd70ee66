"""Frames for Faust: a transport that hands an agent all that one fetch brought of a partition as one message.

Most of what Faust spends on a message does not depend on what is in it, so it is paid once for many records. This
module is the only one that leans on private names of faust-streaming, which
is pinned for it. It differs from `faust.transport.drivers.aiokafka` in four ways:

- a message's value is a `Frame`, its offset that of the frame's last record;
- acknowledging a message makes the offset after it the one to commit: an agent acknowledges the frames of a partition
  in their order, so there are no gaps to keep account of, and offsets that never held a record do no harm;
- records of aborted transactions are not read;
- on assignment, partitions for which `app.resume` knows a checkpoint start there: Kafka's committed offset is a hint.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message, TopicT
from yarl import URL

from quality.frames import Frame, Record
from schemas.errors import ConflictError


class CommittedThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, which reads no record of an aborted transaction."""

    def _create_worker_consumer(self, transport: driver.Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # noqa: SLF001 - Faust offers it only with its own transactions
        return consumer


class FrameConsumer(driver.Consumer):
    """A Kafka consumer of frames."""

    def _new_consumer_thread(self) -> CommittedThread:
        return CommittedThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Any]]:  # noqa: ASYNC109 - Faust's signature
        records = await super()._getmany(active_partitions, timeout)
        return {tp: [of_partition] for tp, of_partition in records.items() if of_partition}

    def _to_message(self, tp: TP, record: Sequence[Any]) -> ConsumerMessage:
        last = record[-1]
        return ConsumerMessage(
            last.topic,
            last.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            None,
            None,
            cast("bytes", frame_of(record)),
            None,
            None,
            None,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    def ack(self, message: Message) -> bool:
        """Make the offset after the frame the one to commit."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        self._acked[message.tp] = [message.offset + 1]
        self._n_acked += 1
        return True

    def _new_offset(self, tp: TP) -> int | None:
        acked = self._acked.pop(tp, None)
        return acked[-1] if acked else None

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Keep no account of gaps: frames are acknowledged in order."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek partitions with a checkpoint to it, the others to their committed offset."""
        committed = dict(await super().seek_to_committed())
        app = cast("FrameApp", self.app)
        checkpoints = await app.resume(self.assignment()) if app.resume else {}
        ends = await self.highwaters(*checkpoints) if checkpoints else {}
        for tp, offset in checkpoints.items():
            if offset > ends[tp]:
                raise ConflictError(
                    f"The checkpoint of {tp.topic}-{tp.partition} stands at {offset}, past the partition's end at "
                    f"{ends[tp]}: the topic was made anew. Give the project another name, or restore the topic."
                )
            await self._seek(tp, offset)
        return {**committed, **checkpoints}


class FrameTransport(driver.Transport):
    """Faust's aiokafka transport with a consumer of frames."""

    Consumer: ClassVar[type[FrameConsumer]] = FrameConsumer


def frame_of(records: Sequence[Any]) -> Frame:
    """Return aiokafka's records, at least one and all of one partition, as a frame."""
    return Frame(
        topic=records[0].topic,
        partition=records[0].partition,
        records=tuple(
            Record(
                offset=record.offset,
                key=record.key,
                value=record.value,
                headers=tuple(record.headers),
                timestamp=record.timestamp,
            )
            for record in records
        ),
    )


class FrameSchema(faust.Schema[None, Frame]):
    """Hand frames on as they are: the transport has made them of keys and values already."""

    def loads_key(self, app: Any, message: Message, **_: Any) -> None:
        """Return no key: a frame's records have one each."""

    def loads_value(self, app: Any, message: Message, **_: Any) -> Frame:  # noqa: ARG002 - Faust's signature
        """Return the frame."""
        return cast("Frame", message.value)


# Says at which offsets partitions start, for those that have a checkpoint.
Resume = Callable[[Iterable[TP]], Awaitable[Mapping[TP, int]]]


class FrameApp(faust.App):
    """A Faust app whose agents get frames. `resume` may say where partitions start.

    `failed` is set once a frame could not be handled: the worker is about to end, and must handle no other.
    """

    failed = False

    def __init__(self, name: str, *, bootstrap: str, resume: Resume | None = None, **options: Any) -> None:
        brokers = [URL(f"aiokafka://{address.strip()}") for address in bootstrap.split(",")]
        super().__init__(name, broker=brokers, **options)
        self.resume = resume
        self.transport = FrameTransport(brokers, self)

    def frames(self, topic: str) -> TopicT:
        """Return the channel of the topic's frames."""
        return self.topic(topic, schema=FrameSchema())
