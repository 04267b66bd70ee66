"""SCREEN: reads samples, publishes what became of each, and checkpoints.

Several frames are in flight: while the outputs of one are being confirmed the next is screened already. Once the
broker has confirmed a frame, and all those before it, the state after it becomes the partition's checkpoint, and only
then is it acknowledged.

What labels say of routing comes at any time, and records that are screened again must be decided alike. So a partition
is steered anew while nothing of it is in flight: from its next block on, and in its checkpoint before the next record.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog
from faust.types import TP
from sqlalchemy import Engine

from quality.frames import Frame
from quality.routing.state import Plan
from quality.screening import Outcome, Screening, screen
from quality.sketches.window import StreamWindow
from quality.state import State
from schemas.errors import ConflictError
from schemas.routing import Steering
from schemas.topics import Topics
from storage import checkpoints, steering
from streams.metrics import WorkerMetrics
from streams.publisher import Batch, Delivery, Publisher
from streams.topics import holds_any, records_at

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Flight:
    """A frame whose outputs are on their way, with the state after it; none of either where it was screened before.

    `windows` are those that it ended.
    """

    partition: int
    state: State | None = None
    windows: Sequence[StreamWindow] = ()
    delivery: Delivery | None = None


@dataclass(frozen=True, kw_only=True)
class Keyed:
    """Events, by place in a frame, with the keys of the records that they came from."""

    keys: Sequence[bytes | None]
    events: Mapping[int, bytes]

    def __len__(self) -> int:
        return len(self.events)

    def __iter__(self) -> Iterator[tuple[bytes | None, bytes]]:
        return zip(map(self.keys.__getitem__, self.events), self.events.values(), strict=True)


class Screen:
    """Screen the frames of a project's samples; holds the state of the partitions at hand."""

    def __init__(
        self,
        *,
        screening: Screening,
        topics: Topics,
        bootstrap: str,
        engine: Engine,
        publisher: Publisher,
        metrics: WorkerMetrics,
    ) -> None:
        self._metrics = metrics
        self._bootstrap = bootstrap
        self._screening = screening
        self._topics = topics
        self._engine = engine
        self._publisher = publisher
        self._steering: Steering | None = None
        self._landed = asyncio.Event()
        self._states: dict[int, State] = {}
        self._saved: dict[int, State] = {}

    async def resume(self, assigned: Iterable[TP]) -> Mapping[TP, int]:
        """Return where each partition starts, at its checkpoint or the beginning; forget earlier assignments.

        Raises:
            ConflictError: a topic does not hold what was screened of it.
        """
        tps = list(assigned)
        saved = await asyncio.to_thread(
            checkpoints.load, self._engine, self._topics.samples, [tp.partition for tp in tps]
        )
        await asyncio.to_thread(self._check_last, saved)
        self._states, self._saved = dict(saved), dict(saved)
        return {tp: saved.get(tp.partition, State()).next_offset for tp in tps}

    def _check_last(self, saved: Mapping[int, State]) -> None:
        """Refuse a topic whose last screened record is another one now: offsets say nothing of it any more."""
        topic = self._topics.samples
        lasts = {partition: state.next_offset - 1 for partition, state in saved.items()}
        for partition, record in records_at(self._bootstrap, topic, lasts).items():
            if record.digest != saved[partition].last:
                raise ConflictError(
                    f"The record at offset {record.offset} of {topic}-{partition} is not the one that was screened "
                    f"there: the topic was made anew, or the broker lost the end of it. Restore the topic, or give "
                    f"the project another name."
                )

    async def begin(self, frame: Frame) -> Flight:
        """Screen what a frame holds that was not screened before, and send its outcome."""
        before = self._states.get(frame.partition, State())
        fresh = frame.since(before.next_offset)
        if fresh is None:
            return Flight(partition=frame.partition)
        if self._steering and self._steering.version > before.routing.told:
            before = await self._steered(frame.partition, self._steering)
        await self._check_gap(fresh, before)
        began = time.perf_counter()
        outcome = screen(fresh, before, self._screening)
        self._metrics.screened(outcome, time.perf_counter() - began)
        delivery = await self._publisher.send(self._batches(fresh, outcome))
        self._states[frame.partition] = outcome.state
        return Flight(partition=frame.partition, state=outcome.state, windows=outcome.windows, delivery=delivery)

    async def look(self) -> None:
        """Look for what labels say of routing by now."""
        self._steering = await asyncio.to_thread(steering.newest, self._engine, self._topics.project)

    async def _steered(self, partition: int, told: Steering) -> State:
        """Have the partition steered from its next block on; return its state, which is its checkpoint too."""
        while self._states.get(partition) is not self._saved.get(partition):
            self._landed.clear()
            await self._landed.wait()
        before = self._saved.get(partition, State())
        block = before.next_offset // self._screening.routing.block + 1
        plan = Plan(block=block, steering=told.of_partition(self._screening.partitions))
        after = replace(before, routing=replace(before.routing, planned=plan))
        moves = {partition: checkpoints.Move(before=before, after=after)}
        await asyncio.to_thread(checkpoints.save, self._engine, self._topics.samples, moves)
        self._states[partition] = self._saved[partition] = after
        return after

    async def finish(self, flights: Sequence[Flight]) -> None:
        """Wait until frames, in the order in which they began, are confirmed; then checkpoint the last of each."""
        after: dict[int, State] = {}
        windows: defaultdict[int, list[StreamWindow]] = defaultdict(list)
        for flight in flights:
            if flight.delivery and flight.state:
                await self._publisher.confirmed(flight.delivery)
                after[flight.partition] = flight.state
                windows[flight.partition] += flight.windows
        moves = {
            partition: checkpoints.Move(
                before=self._saved.get(partition, State()), after=state, windows=windows[partition]
            )
            for partition, state in after.items()
        }
        if moves:
            await asyncio.to_thread(checkpoints.save, self._engine, self._topics.samples, moves)
            self._saved |= after
            self._landed.set()

    async def _check_gap(self, frame: Frame, before: State) -> None:
        """Let offsets be missing before the frame just where the broker holds no record of them.

        Raises:
            ConflictError: records were passed over; the worker must begin at its checkpoint again.
        """
        gap = before.next_offset, frame.first - 1
        if gap[0] > gap[1]:
            return
        place = frame.topic, frame.partition
        if await asyncio.to_thread(holds_any, self._bootstrap, *place, gap):
            raise ConflictError(
                f"Offsets {gap[0]} to {gap[1]} of {frame.topic}-{frame.partition} were passed over: the worker ends, "
                f"and begins at its checkpoint when it is started again."
            )
        log.warning("no records", partition=frame.partition, first=gap[0], last=gap[1])

    def _batches(self, frame: Frame, outcome: Outcome) -> list[Batch]:
        """Return the outcome's records, all in the partition that the frame came from; the receipt last."""
        topics = self._topics
        letters = {place: letter.model_dump_json().encode() for place, letter in outcome.rejected.items()}
        events = {topics.accepted: outcome.accepted, topics.rejected: letters, topics.tasks: outcome.tasks}
        receipt = outcome.receipt.model_dump_json().encode()
        return [
            *(
                Batch(topic=topic, records=Keyed(keys=frame.keys, events=found), partition=frame.partition)
                for topic, found in events.items()
            ),
            Batch(topic=topics.receipts, records=[(None, receipt)], partition=frame.partition),
        ]
