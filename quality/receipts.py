"""Receipts: the account of one frame, with every offset's disposition."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter

from quality.frames import Frame
from quality.routing.state import RoutingState
from quality.rules import Window
from schemas.verdicts import Disposition, DuplicateOf, Receipt, Run, Steered, Versions

# Many runs are made in one call: each by itself would cost three times as much.
RUNS = TypeAdapter(tuple[Run, ...])


def receipt_of(
    frame: Frame,
    *,
    rejected: Iterable[int],
    duplicates: Iterable[DuplicateOf],
    selected: Iterable[int],
    window: Window,
    steered: Steered | None,
    versions: Versions,
) -> Receipt:
    """Return the receipt of a frame; `rejected` and `selected` are places in it."""
    repeats = tuple(duplicates)
    others = dict.fromkeys(rejected, Disposition.REJECTED)
    others |= {bisect_left(frame.offsets, repeat.offset): Disposition.DUPLICATE for repeat in repeats}
    return Receipt(
        topic=frame.topic,
        partition=frame.partition,
        first=frame.first,
        next=frame.next,
        runs=_runs(frame, others),
        selected=tuple(frame.offsets[place] for place in selected),
        duplicates=repeats,
        window=dict(window.tallies),
        steered=steered,
        versions=versions,
    )


def steered(before: RoutingState, after: RoutingState) -> Steered | None:
    """Return the steering that was taken up between two states, if any was."""
    taken_up = after.steering.version != before.steering.version
    return Steered(block=after.since, version=after.steering.version) if taken_up else None


def _runs(frame: Frame, others: Mapping[int, Disposition]) -> tuple[Run, ...]:
    """Return the dispositions as runs; a new one begins where the disposition changes or offsets leap.

    `others` are the places of the records that were not accepted.
    """
    leaps = _leaps(frame.offsets)
    borders = sorted({0, len(frame), *leaps, *others, *(place + 1 for place in others)})
    runs: list[dict[str, Any]] = []
    for begin, end in pairwise(borders):
        disposition = others.get(begin, Disposition.ACCEPTED)
        if runs and runs[-1]["disposition"] is disposition and begin not in leaps:
            runs[-1]["count"] += end - begin
        else:
            runs.append({"first": frame.offsets[begin], "count": end - begin, "disposition": disposition})
    return RUNS.validate_python(runs)


def _leaps(offsets: Sequence[int]) -> frozenset[int]:
    """Return the places whose offset does not follow the one before it."""
    if offsets[-1] - offsets[0] == len(offsets) - 1:
        return frozenset()
    return frozenset(place for place, (one, other) in enumerate(pairwise(offsets), start=1) if other != one + 1)
