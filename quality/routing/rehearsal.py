"""Routing again what was routed, or routing by another policy what has passed: the same code, outside the stream."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from quality.decoding import Decoded, decode
from quality.routing.batch import Batch
from quality.routing.explanation import Explanation
from quality.routing.router import Router
from quality.routing.state import Plan, RoutingState
from quality.screening import Screening
from schemas.routing import Steering
from schemas.verdicts import Selection

# So many samples are routed at once.
LOT = 1_000


@dataclass(frozen=True, kw_only=True)
class Archived:
    """An accepted sample as it is archived; its time is the record's, or the nearest to it that is known."""

    offset: int
    timestamp: int
    value: bytes


@dataclass(kw_only=True)
class Tally:
    """How many samples were seen and how many of them selected, in all, by reason, and by value of each column."""

    seen: int = 0
    selected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    seen_by: dict[str, Counter[str]] = field(default_factory=dict)
    selected_by: dict[str, Counter[str]] = field(default_factory=dict)


class Rehearsal:
    """Routes a partition's archived samples from their first on, under steering that is taken up by block."""

    def __init__(self, screening: Screening, steered: Iterable[Plan] = ()) -> None:
        self._screening = screening
        self._pending = sorted(steered, key=lambda plan: plan.block)
        self._state = RoutingState()

    def tally(self, samples: Sequence[Archived], tally: Tally) -> None:
        """Route samples, in the order of their offsets, and add what becomes of them to a tally."""
        routing = self._screening.routing
        columns = dict.fromkeys(["prediction.top", *routing.fair, *(quota.column for quota in routing.quotas)])
        for batch, selections in self.routed(samples):
            tally.seen += len(batch.offsets)
            tally.selected += len(selections)
            tally.reasons.update(reason for selection in selections.values() for reason in selection.reasons)
            for name in columns:
                values = [str(value) for value in batch.columns[name]]
                tally.seen_by.setdefault(name, Counter()).update(values)
                tally.selected_by.setdefault(name, Counter()).update(values[place] for place in selections)

    def explain(self, samples: Sequence[Archived]) -> Explanation | None:
        """Route all samples but the last, and say why that one is selected or not; None if no contract reads it."""
        for _ in self.routed(samples[:-1]):
            pass
        self._plan(samples[-1].offset)
        batch = self._batch(samples[-1:])
        return self._router().explain(batch) if batch else None

    def routed(self, samples: Sequence[Archived]) -> Iterator[tuple[Batch, Mapping[int, Selection]]]:
        """Yield samples, in the order of their offsets and in lots, with the selections among them by place."""
        for lot in self._lots(samples):
            self._plan(lot[0].offset)
            batch = self._batch(lot)
            if batch is None:
                continue
            router = self._router()
            selections = router.route(batch)
            self._state = router.state
            yield batch, selections

    def _lots(self, samples: Sequence[Archived]) -> Iterator[Sequence[Archived]]:
        """Yield samples in lots, none of which reaches over a block with which steering changes."""
        size, turns = self._screening.routing.block, {plan.block for plan in self._pending}
        lot: list[Archived] = []
        passed = -1
        for sample in samples:
            block = sample.offset // size
            if lot and (len(lot) == LOT or any(passed < turn <= block for turn in turns)):
                yield lot
                lot = []
            passed = block
            lot.append(sample)
        if lot:
            yield lot

    def _plan(self, offset: int) -> None:
        """Plan what is to be taken up by the block of an offset; of several the last."""
        block = offset // self._screening.routing.block
        while self._pending and self._pending[0].block <= block:
            told = self._pending.pop(0)
            planned = Plan(block=told.block, steering=told.steering.of_partition(self._screening.partitions))
            self._state = replace(self._state, planned=planned)

    def _router(self) -> Router:
        return Router(self._screening.routing, self._state, own=self._screening.own)

    def _batch(self, samples: Sequence[Archived]) -> Batch | None:
        decoded: Decoded = decode(self._screening.contract, [sample.value for sample in samples])
        read = [samples[place] for place in decoded.places]
        if not read:
            return None
        return Batch(
            offsets=[sample.offset for sample in read],
            timestamps=[sample.timestamp for sample in read],
            sample_ids=decoded.columns["sample_id"],
            columns=decoded.columns,
        )


def throughout(steering: Steering | None) -> list[Plan]:
    """Return the plan of steering that is in force from the very first block on."""
    return [Plan(block=0, steering=steering)] if steering else []
