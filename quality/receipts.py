"""Receipts: the account of one frame, with every offset's disposition."""

from collections.abc import Iterable, Iterator, Mapping

from quality.frames import Frame
from quality.routing.state import RoutingState
from quality.rules import Window
from schemas.verdicts import Disposition, DuplicateOf, Receipt, Run, Steered, Versions


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
    dispositions = dict.fromkeys(frame.offsets, Disposition.ACCEPTED)
    dispositions |= {frame.offsets[place]: Disposition.REJECTED for place in rejected}
    dispositions |= {repeat.offset: Disposition.DUPLICATE for repeat in repeats}
    return Receipt(
        topic=frame.topic,
        partition=frame.partition,
        first=frame.first,
        next=frame.next,
        runs=tuple(_runs(dispositions)),
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


def _runs(dispositions: Mapping[int, Disposition]) -> Iterator[Run]:
    """Yield the dispositions as runs; a new one begins where the disposition changes or offsets leap."""
    first = last = -1
    running: Disposition | None = None
    for offset, disposition in dispositions.items():
        if disposition is not running or offset != last + 1:
            if running:
                yield Run(first=first, count=last + 1 - first, disposition=running)
            first, running = offset, disposition
        last = offset
    if running:
        yield Run(first=first, count=last + 1 - first, disposition=running)
