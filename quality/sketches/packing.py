"""The running window as plain values, for a checkpoint; equal windows give equal values."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

import numpy as np

from quality.sketches.pieces import Layout, Piece, joined
from quality.sketches.running import Running
from quality.sketches.window import Dispositions, Slice

# In one order of bytes on every machine.
FLOATS = "<f8"


def packed(running: Running) -> list[Any]:
    """Return the window as what msgpack can write."""
    return [
        running.first,
        running.end,
        running.earliest,
        running.latest,
        list(astuple(running.layout)),
        _packed_piece(joined(running.pieces)) if running.pieces else None,
        list(astuple(running.left)),
        [[of.column, of.value, *astuple(left)] for of, left in running.left_by_slice.items()],
    ]


def unpacked(values: Sequence[Any]) -> Running:
    """Return the window that `packed` gave."""
    first, end, earliest, latest, names, piece, left, by_slice = values
    layout = Layout(**dict(zip(("numbers", "names", "slices"), map(tuple, names), strict=True)))
    return Running(
        first=first,
        end=end,
        earliest=earliest,
        latest=latest,
        layout=layout,
        pieces=() if piece is None else (_unpacked_piece(piece, layout),),
        left=_dispositions(left),
        left_by_slice=_left_by_slice(by_slice),
    )


def _packed_piece(piece: Piece) -> list[Any]:
    return [piece.count, piece.numbers.T.astype(FLOATS).tobytes(), list(piece.names), list(piece.slices)]


def _unpacked_piece(values: Sequence[Any], layout: Layout) -> Piece:
    count, numbers, names, slices = values
    return Piece(
        count=count,
        numbers=np.ascontiguousarray(np.frombuffer(numbers, FLOATS).reshape(count, len(layout.numbers)).T, np.float64),
        # Several names of a record are a tuple, which msgpack writes as a list.
        names=[[tuple(one) if isinstance(one, list) else one for one in column] for column in names],
        slices=slices,
    )


def _dispositions(values: Sequence[int]) -> Dispositions:
    accepted, rejected, duplicate = values
    return Dispositions(accepted=accepted, rejected=rejected, duplicate=duplicate)


def _left_by_slice(values: Sequence[Sequence[Any]]) -> Mapping[Slice, Dispositions]:
    return {Slice(column=column, value=value): _dispositions(counts) for column, value, *counts in values}
