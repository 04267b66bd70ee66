"""Wanted places cut into runs, and the lake's rows laid beside the run that wants them: a large join as small ones.

The lake is read once, whatever its files hold: rows come in no order, and a file may hold every partition. Those that
are wanted, which are few, go into a file of their run as they come.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

PLACE = ("topic", "partition", "offset")

_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Run:
    """Some of the places, in their order, and the rows that stand there, in no order; these can be read once."""

    places: pa.Table
    rows: pa.RecordBatchReader


def in_runs(rows: pa.RecordBatchReader, places: pa.Table, length: int, folder: Path) -> Iterator[Run]:
    """Read all rows, then yield runs of so many places, in their order; those at which no row stands are passed over.

    `places` has the columns of `PLACE`. Holds a batch of the rows, or a run; the others wait in the folder.
    """
    if not len(places):
        return
    ordered = places.sort_by([(name, "ascending") for name in PLACE])
    stretches = _stretches(ordered)
    for batch in rows:
        for run, part in _parted(batch, _ranks(batch, stretches), length):
            with (folder / f"run-{run}").open("ab") as stream:
                stream.write(part.serialize())
    for run, first in enumerate(range(0, len(ordered), length)):
        file = folder / f"run-{run}"
        if file.exists():
            with pa.memory_map(str(file)) as written:
                found = pa.RecordBatchReader.from_batches(rows.schema, _batches(written, rows.schema))
                yield Run(places=ordered.slice(first, length), rows=found)
            file.unlink()


def _batches(stream: pa.NativeFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for message in pa.ipc.MessageReader.open_stream(stream):
        yield pa.ipc.read_record_batch(message, schema)


@dataclass(frozen=True, kw_only=True)
class _Stretch:
    """A partition's wanted offsets, ascending; `first` is the rank of the first one among all places."""

    topic: str
    partition: int
    first: int
    offsets: _Numbers


def _stretches(places: pa.Table) -> list[_Stretch]:
    """Return the stretch of each partition; places are ordered."""
    topics, partitions, offsets = (places[name].combine_chunks() for name in PLACE)
    topics = topics.dictionary_encode()
    changes = np.diff(topics.indices.to_numpy()) | np.diff(partitions.to_numpy())
    starts = [0, *(np.flatnonzero(changes) + 1).tolist()]
    ends = [*starts[1:], len(places)]
    return [
        _Stretch(
            topic=topics[first].as_py(),
            partition=partitions[first].as_py(),
            first=first,
            offsets=offsets[first:end].to_numpy(),
        )
        for first, end in zip(starts, ends, strict=False)
    ]


def _ranks(batch: pa.RecordBatch, stretches: Sequence[_Stretch]) -> _Numbers:
    """Return the rank among all places of each row, -1 where it is not wanted."""
    ranks = np.full(batch.num_rows, -1, np.int64)
    partitions, offsets = (batch[name].to_numpy() for name in PLACE[1:])
    of_topic = {
        topic: pc.equal(batch["topic"], topic).to_numpy(zero_copy_only=False)
        for topic in {one.topic for one in stretches}
    }
    for one in stretches:
        here = np.flatnonzero(of_topic[one.topic] & (partitions == one.partition))
        nearest = np.searchsorted(one.offsets, offsets[here]).clip(max=len(one.offsets) - 1)
        wanted = one.offsets[nearest] == offsets[here]
        ranks[here[wanted]] = one.first + nearest[wanted]
    return ranks


def _parted(batch: pa.RecordBatch, ranks: _Numbers, length: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield the wanted rows of each run that has some of them."""
    wanted = np.flatnonzero(ranks >= 0)
    wanted = wanted[np.argsort(ranks[wanted])]
    runs, starts = np.unique(ranks[wanted] // length, return_index=True)
    for run, part in zip(runs.tolist(), np.split(wanted, starts[1:]), strict=False):
        yield run, batch.take(pa.array(part))
