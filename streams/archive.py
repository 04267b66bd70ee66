"""ARCHIVE: appends accepted samples and dead letters to the lake, many frames in one commit."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import structlog
from faust.types import TP

from quality.frames import Frame
from schemas.errors import ConflictError, UnavailableError
from schemas.topics import Topics
from storage.lake import Lake
from storage.lake_marks import Partition
from storage.lake_rows import dead_letters_table, samples_table
from streams.topics import holds_any

log = structlog.get_logger()

# After so many commits of a worker it looks whether there are files to merge.
COMPACT_EVERY = 16


class Archive:
    """Archive the frames of a project; knows up to where the partitions at hand are archived."""

    def __init__(self, *, topics: Topics, bootstrap: str, lake: Lake) -> None:
        self._bootstrap = bootstrap
        self._topics = topics
        self._lake = lake
        self._reached: dict[Partition, int] = {}
        self._commits = 0

    async def resume(self, assigned: Iterable[TP]) -> Mapping[TP, int]:
        """Return where partitions start of which something is archived; Kafka's committed offset is a hint."""
        self._reached = await asyncio.to_thread(self._positions)
        return {
            tp: self._reached[tp.topic, tp.partition] for tp in assigned if (tp.topic, tp.partition) in self._reached
        }

    async def accepted(self, frames: Sequence[Frame]) -> None:
        """Archive accepted samples."""
        await self._archive("samples", samples_table, frames)

    async def rejected(self, frames: Sequence[Frame]) -> None:
        """Archive dead letters."""
        await self._archive("dead_letters", dead_letters_table, frames)

    def _positions(self) -> dict[Partition, int]:
        project = self._topics.project
        return {**self._lake.positions(project, "samples"), **self._lake.positions(project, "dead_letters")}

    async def _archive(
        self, name: str, tabulate: Callable[[Sequence[bytes]], pa.Table], frames: Sequence[Frame]
    ) -> None:
        """Archive the frames in one commit; all of them or none.

        Raises:
            ConflictError: records were passed over; the worker must begin where the lake's positions say.
        """
        reached: dict[Partition, int] = {}
        for frame in frames:
            place = frame.topic, frame.partition
            await self._check_gap(frame, reached.get(place, self._reached.get(place, 0)))
            reached[place] = frame.next
        values = [value or b"" for frame in frames for value in frame.values]
        fresh = await asyncio.to_thread(
            lambda: self._lake.archive(self._topics.project, name, tabulate(values), reached)
        )
        self._reached |= reached
        log.info("archived", table=name, frames=len(frames), records=len(values), fresh=fresh)
        await self._compact()

    async def _check_gap(self, frame: Frame, reached: int) -> None:
        """Let offsets be missing before the frame just where the broker holds no record of them."""
        gap = reached, frame.first - 1
        if gap[0] <= gap[1] and await asyncio.to_thread(holds_any, self._bootstrap, frame.topic, frame.partition, gap):
            raise ConflictError(f"Offsets {gap[0]} to {gap[1]} of {frame.topic}-{frame.partition} were passed over.")

    async def _compact(self) -> None:
        """Keep the lake's files few, now and then; archiving goes on where that fails."""
        self._commits += 1
        if self._commits % COMPACT_EVERY:
            return
        try:
            done: Mapping[str, Any] = await asyncio.to_thread(self._lake.compact, self._topics.project)
        except (ConflictError, UnavailableError) as error:
            log.warning("not compacted", error=str(error))
        else:
            log.info("compacted", **{name: vars(upkept) for name, upkept in done.items()})
