"""The window that runs: what its records were so far, row by row, and the windows that a frame closes.

Rows are kept until the window ends and are then sketched in one pass, which costs a record far less than adding to
many sketches frame by frame. So the state is that of the records, whatever frames they came in.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from quality.routing.batch import named
from quality.sketches.fields import Column, Field, series
from quality.sketches.pieces import Layout, Loose, Piece, joined
from quality.sketches.window import Dispositions, Slice, StreamWindow, pooled, sliced

# So many pieces of a window become one.
PIECES = 64


@dataclass(frozen=True, kw_only=True)
class Sketching:
    """What is sketched of a stream: its fields, by slices of these columns, in windows of so many offsets."""

    fields: tuple[Field, ...] = ()
    slices: tuple[str, ...] = ("source",)
    window: int = 2_000

    @cached_property
    def reads(self) -> frozenset[str]:
        """The columns that it looks at."""
        return frozenset({*self.slices, *(field.name for field in self.fields)})

    @cached_property
    def layout(self) -> Layout:
        """The names of all series."""
        found = dict(chain.from_iterable(series(field, ()) for field in self.fields))
        numbers = tuple(name for name, values in found.items() if isinstance(values, np.ndarray))
        return Layout(numbers=numbers, names=tuple(name for name in found if name not in numbers), slices=self.slices)


@dataclass(frozen=True, kw_only=True, eq=False)
class Running:
    """The window from `first` to before `end`, as far as it has come; `end` is 0 while none is open.

    `left` counts the records that were not accepted, and `left_by_slice` those of them that could be read.
    """

    first: int = 0
    end: int = 0
    earliest: int = 0
    latest: int = 0
    layout: Layout = field(default_factory=Layout)
    pieces: tuple[Piece | Loose, ...] = ()
    left: Dispositions = field(default_factory=Dispositions)
    left_by_slice: Mapping[Slice, Dispositions] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A screened frame: where all its records stand, with their times, and its readable ones as columns.

    `readable` are the offsets of these; `accepted`, `rejected` and `duplicate` are places among them, ascending.
    """

    offsets: Sequence[int]
    timestamps: Sequence[int]
    readable: Sequence[int]
    columns: Mapping[str, Column]
    accepted: Sequence[int]
    rejected: Sequence[int]
    duplicate: Sequence[int]

    def accepted_within(self, low: int, high: int) -> Sequence[int]:
        """Return the accepted ones from offset `low` to before `high`."""
        if low <= self.offsets[0] and self.offsets[-1] < high:
            return self.accepted
        begin, end = (bisect_left(self.accepted, at, key=self.readable.__getitem__) for at in (low, high))
        return self.accepted[begin:end]


def watched(running: Running, frame: Arrived, sketching: Sketching) -> tuple[Running, list[StreamWindow]]:
    """Return the window that runs after a frame, and those that it closed.

    A window ends at a multiple of the window's length, and where what is sketched has changed.
    """
    closed: list[StreamWindow] = []
    for part in _parts(frame.offsets, sketching.window):
        begin = frame.offsets[part.start]
        if running.end and (begin >= running.end or running.layout != sketching.layout):
            closed.append(_closed(running, min(begin, running.end)))
            running = Running(first=closed[-1].next)
        if not running.end:
            running = _opened(running.first, begin, sketching)
        running = _added(running, frame, part, sketching)
        if frame.offsets[part.stop - 1] + 1 == running.end:
            closed.append(_closed(running, running.end))
            running = Running(first=running.end)
    return running, closed


def _parts(offsets: Sequence[int], length: int) -> Iterator[slice]:
    """Yield the places of the records of each window."""
    start = 0
    while start < len(offsets):
        stop = bisect_left(offsets, (offsets[start] // length + 1) * length)
        yield slice(start, stop)
        start = stop


def _opened(before: int, offset: int, sketching: Sketching) -> Running:
    """Return the window of an offset; what was closed ended at `before`."""
    number = offset // sketching.window
    return Running(
        first=max(before, number * sketching.window),
        end=(number + 1) * sketching.window,
        layout=sketching.layout,
    )


def _added(running: Running, frame: Arrived, part: slice, sketching: Sketching) -> Running:
    """Return the window with a part of a frame."""
    low, high = frame.offsets[part.start], frame.offsets[part.stop - 1] + 1
    rows = frame.accepted_within(low, high)
    duplicate = [row for row in frame.duplicate if low <= frame.readable[row] < high]
    rejected = [row for row in frame.rejected if low <= frame.readable[row] < high]
    left = Dispositions(rejected=part.stop - part.start - len(rows) - len(duplicate), duplicate=len(duplicate))
    times = frame.timestamps[part]
    loose = Loose(rows=rows, columns=frame.columns, fields=sketching.fields, layout=sketching.layout)
    pieces = (*running.pieces, loose) if rows else running.pieces
    is_first = running.left == Dispositions() and not running.pieces
    return replace(
        running,
        earliest=min(times) if is_first else min(running.earliest, *times),
        latest=max(times) if is_first else max(running.latest, *times),
        pieces=(joined(pieces),) if len(pieces) > PIECES else pieces,
        left=running.left + left,
        left_by_slice=_left(running, frame, rejected, duplicate),
    )


def _left(
    running: Running, frame: Arrived, rejected: Sequence[int], duplicate: Sequence[int]
) -> Mapping[Slice, Dispositions]:
    if not rejected and not duplicate:
        return running.left_by_slice
    counts = dict(running.left_by_slice)
    for rows, one in ((rejected, Dispositions(rejected=1)), (duplicate, Dispositions(duplicate=1))):
        for column in running.layout.slices:
            for value in named(column, [frame.columns[column][row] for row in rows]):
                if value is not None:
                    of = Slice(column=column, value=value)
                    counts[of] = counts.get(of, Dispositions()) + one
    return dict(sorted(counts.items()))


def _closed(running: Running, end: int) -> StreamWindow:
    """Return what was sketched of a window that ends before `end`."""
    layout = running.layout
    found: dict[Slice, Any] = {}
    ended = pooled(running.left_by_slice)
    if running.pieces:
        piece = joined(running.pieces)
        numbers = dict(zip(layout.numbers, piece.numbers, strict=True))
        every = {**numbers, **dict(zip(layout.names, piece.names, strict=True))}
        for column, values in zip(layout.slices, piece.slices, strict=True):
            for of, (count, sketches) in sliced(column, values, every).items():
                found[of], ended[of] = sketches, ended.get(of, Dispositions()) + Dispositions(accepted=count)
    return StreamWindow(
        first=running.first,
        next=end,
        earliest=running.earliest,
        latest=running.latest,
        ended=replace(running.left, accepted=sum(one.count for one in running.pieces)),
        by_slice=dict(sorted(ended.items())),
        sketches=dict(sorted(found.items())),
    )
