"""Frames for Faust: a transport that hands an agent all that one fetch brought of a partition as one message.

Most of what Faust spends on a message does not depend on what is in it, so it is paid once for many records; and the
records are read by librdkafka (`streams.reader`), which costs a tenth of what reading them in Python does. This is the
only module that leans on private names of faust-streaming, which is pinned for it. To Faust it is a `Consumer` that
differs from those it ships in these ways:

- a message's value is a `Frame`, its offset that of the frame's last record;
- acknowledging a message makes the offset after it the one to commit: an agent acknowledges the frames of a partition
  in their order, so there are no gaps to keep account of, and offsets that never held a record do no harm;
- records of aborted transactions are not read;
- partitions start where `app.resume` says: Kafka's committed offset is a hint;
- of a partition one frame at most waits in Faust's queues; records wait in the reader instead, and make larger frames;
- a frame is taken from the reader only as it is handed on. What Faust's own consumers find that they took while the
  flow was stopped, they have read again, of the partitions that they had then; after a lost session those may be none.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import Any, ClassVar, NoReturn, cast

import faust
from faust.transport.consumer import Consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message, TopicT
from mode import ServiceT
from yarl import URL

from quality.frames import Frame
from schemas.errors import ConflictError, UnavailableError
from streams.backlog import Place
from streams.reader import Reader

# What a request to the broker may take, in seconds, and the end of the reading thread.
REQUEST_SECONDS = 30.0
STOP_SECONDS = 5.0
# How long it may take to know where partitions start: Faust would wait for a minute and a half, and then go on without.
START_SECONDS = 60.0
# How often it is looked whether there is still something to do.
LOOK_SECONDS = 1.0


class FrameConsumer(Consumer):
    """A Kafka consumer of frames, and the listener of its reader."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        app = cast("FrameApp", self.app)
        self._owned: set[TP] = set()
        self._arrived = asyncio.Event()
        self._reader = Reader(app.reading, frame_records=app.frame_records, listener=self)

    # What Faust asks of a consumer.

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group of the app."""
        self._main = asyncio.get_running_loop()
        self._reader.start(list(topics))

    async def on_stop(self) -> None:
        """Finish what is in hand, commit, and leave the group."""
        await cast("FrameApp", self.app).released()
        await super().on_stop()
        await asyncio.to_thread(self._reader.stop, STOP_SECONDS)

    def assignment(self) -> set[TP]:
        """Return the partitions that this worker has."""
        return set(self._owned)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Start reading: where the app says, at the committed offset where it does not."""
        try:
            async with asyncio.timeout(START_SECONDS):
                return await self._start(self.assignment())
        except TimeoutError as error:
            raise UnavailableError(
                f"Kafka and PostgreSQL did not say within {START_SECONDS:g} s where to start: run `assay status`. "
                "The worker ends, and begins at its checkpoints when it is started again."
            ) from error

    async def _start(self, owned: set[TP]) -> Mapping[TP, int]:
        app = cast("FrameApp", self.app)
        starts = dict(await app.resume(owned)) if app.resume else {}
        for tp, offset in starts.items():
            await self._check_end(tp, offset)
        await asyncio.to_thread(self._reader.start_at, {tp: starts.get(tp) for tp in owned})
        return {tp: starts.get(tp, -1) for tp in owned}

    async def _check_end(self, tp: TP, offset: int) -> None:
        end = await asyncio.to_thread(self._reader.end, tp, REQUEST_SECONDS)
        if offset > end:
            raise ConflictError(
                f"The checkpoint of {tp.topic}-{tp.partition} stands at {offset}, past the partition's end at {end}: "
                f"the topic was made anew. Give the project another name, or restore the topic."
            )

    async def _drain_messages(self, fetcher: ServiceT) -> None:
        """Hand on the frames that there are, while Faust lets them flow."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                frames = self._reader.take()
                while self.flow_active and (frame := next(frames, None)):
                    await self.callback(self._to_message(TP(frame.topic, frame.partition), frame))
                await self._more()
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _more(self) -> None:
        """Return when there are frames, or may be."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._arrived.wait()
        self._arrived.clear()

    def resume_flow(self) -> None:
        """Hand on what has come before."""
        super().resume_flow()
        self._arrived.set()

    def _to_message(self, tp: TP, record: Frame) -> ConsumerMessage:
        return ConsumerMessage(
            record.topic,
            record.partition,
            record.next - 1,
            record.timestamps[-1] / 1000.0,
            0,
            None,
            None,
            cast("bytes", record),
            None,
            None,
            len(record),
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
        self._reader.done(message.tp, message.serialized_value_size)
        self._arrived.set()
        return True

    def begun(self, message: Message) -> None:
        """Have the partition's next frame handed on, to wait behind this one."""
        self._reader.begun(message.tp)
        self._arrived.set()

    def _new_offset(self, tp: TP) -> int | None:
        acked = self._acked.pop(tp, None)
        return acked[-1] if acked else None

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        places = {(tp.topic, tp.partition): at for tp, at in offsets.items()}
        await asyncio.to_thread(self._reader.commit, places)
        return True

    def lags(self) -> Mapping[Place, int]:
        """Return how many records of each partition are still to be done."""
        return self._reader.lags()

    def close(self) -> None:
        """Do nothing: `on_stop` leaves the group."""

    # What the reader says, in its own thread.

    def assigned(self, places: set[Place]) -> None:
        """Have Faust take up the partitions; it then asks for `seek_to_committed`."""
        self._in_main(self._take_up({TP(*place) for place in places}))

    def revoked(self, places: set[Place]) -> None:
        """Have Faust give up the partitions."""
        self._in_main(self._give_up({TP(*place) for place in places}))

    def arrived(self) -> None:
        """Have frames handed on; whoever was told of some and has yet to look for them will find these too."""
        if not self._arrived.is_set():
            self._main.call_soon_threadsafe(self._arrived.set)

    def failed(self, error: Exception) -> None:
        """End the worker."""
        self._in_main(self.app.crash(error))

    async def _take_up(self, tps: set[TP]) -> None:
        if not self.app.rebalancing:  # the first assignment takes nothing away
            self.app.on_rebalance_start()
        self.app.consumer_generation_id += 1
        self._owned = tps
        await self.on_partitions_assigned(tps, self.app.consumer_generation_id)

    async def _give_up(self, tps: set[TP]) -> None:
        self.app.on_rebalance_start()
        await self.on_partitions_revoked(tps)
        await cast("FrameApp", self.app).released()
        self._owned -= tps

    def _in_main(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._main).result()

    # What Faust asks for its tables, its topics, its transactions and its own way to fetch, of which there are none.

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Frame]]:  # noqa: ASYNC109 - Faust's signature
        _unsupported((active_partitions, timeout))

    def highwater(self, tp: TP) -> int:
        """Refuse: Faust's own way to fetch only asks for it."""
        _unsupported(tp)

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Return the ends of the changelogs of tables."""
        return dict.fromkeys(partitions, 0)

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """Return the beginnings of the changelogs of tables."""
        return dict.fromkeys(partitions, 0)

    async def create_topic(self, topic: str, *_: Any, **__: Any) -> None:
        """Refuse: topics are made by `streams.topics`."""
        _unsupported(topic)

    async def position(self, tp: TP) -> int | None:
        """Refuse: tables only ask for it."""
        _unsupported(tp)

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Refuse: tables only ask for it."""
        _unsupported(partitions)

    async def _seek(self, partition: TP, offset: int) -> None:
        _unsupported((partition, offset))

    def topic_partitions(self, topic: str) -> int | None:
        """Refuse: Faust's own assignor only asks for it."""
        _unsupported(topic)

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """Refuse: Faust's own producer only asks for it."""
        _unsupported((topic, key, partition))


def _unsupported(of: object) -> NoReturn:
    raise NotImplementedError(f"frames have no tables, topics or transactions of Faust's: {of}")


class FrameTransport(driver.Transport):
    """Faust's transport with a consumer of frames."""

    Consumer: ClassVar[type[FrameConsumer]] = FrameConsumer


class FrameSchema(faust.Schema[None, Frame]):
    """Hand frames on as they are: the transport has made them of keys and values already."""

    def loads_key(self, app: Any, message: Message, **_: Any) -> None:
        """Return no key: a frame's records have one each."""

    def loads_value(self, app: Any, message: Message, **_: Any) -> Frame:  # noqa: ARG002 - Faust's signature
        """Return the frame."""
        return cast("Frame", message.value)


# Says at which offsets partitions start, for those that it knows of.
Resume = Callable[[Iterable[TP]], Awaitable[Mapping[TP, int]]]


class FrameApp(faust.App):
    """A Faust app whose agents get frames. `resume` may say where partitions start; `reading` configures librdkafka.

    Once it has `failed` to handle a frame, the worker is about to end, and must handle no other.
    """

    def __init__(
        self,
        name: str,
        *,
        bootstrap: str,
        reading: Mapping[str, Any],
        frame_records: int,
        drain_seconds: float,
        resume: Resume | None = None,
        **options: Any,
    ) -> None:
        brokers = [URL(f"aiokafka://{address.strip()}") for address in bootstrap.split(",")]
        super().__init__(name, broker=brokers, **options)
        self.reading = {"bootstrap.servers": bootstrap, "group.id": name, **reading}
        self.frame_records = frame_records
        self.resume = resume
        self._drain_seconds = drain_seconds
        self._failure = asyncio.Event()
        self._drains: list[Callable[[], Awaitable[None]]] = []
        self.transport = FrameTransport(brokers, self)

    def begun(self, event: Any) -> Frame:
        """Say that an agent has begun to handle an event, and take the frame out of it.

        Until the event is acknowledged it would keep alive what need not be there for so long, and is memory that the
        next frames could have in the processor's caches.
        """
        frame: Frame = event.value
        event.value = event.message.value = None
        cast("FrameConsumer", self.consumer).begun(event.message)
        return frame

    def release(self, drain: Callable[[], Awaitable[None]]) -> None:
        """Wait for `drain` before partitions are given up, so that who gets them need not do again what is in hand."""
        self._drains.append(drain)

    def lags(self) -> Mapping[Place, int]:
        """Return how many records of each partition are still to be done."""
        return cast("FrameConsumer", self.consumer).lags()

    @property
    def failed(self) -> bool:
        """Say whether a frame could not be handled."""
        return self._failure.is_set()

    async def fail(self, error: Exception) -> None:
        """Handle no other frame, and end the worker."""
        self._failure.set()
        await self.crash(error)

    async def released(self) -> None:
        """Return when nothing is in hand, or what is in hand will never be done, as a frame could not be handled.

        Whoever has waited too long gives up, for then something is amiss.
        """
        waiting = [asyncio.ensure_future(self._drained()), asyncio.ensure_future(self._failure.wait())]
        try:
            done, _ = await asyncio.wait(waiting, timeout=self._drain_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
        if not done:
            await self.fail(TimeoutError(f"frames in hand were not done within {self._drain_seconds:g} s"))

    async def _drained(self) -> None:
        for drain in self._drains:
            await drain()

    def frames(self, topic: str) -> TopicT:
        """Return the channel of the topic's frames."""
        return self.topic(topic, schema=FrameSchema())
