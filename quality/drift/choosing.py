"""Which windows are the baseline of a measure, of those that were judged before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from quality.drift.baseline import LEAST_WINDOWS
from quality.drift.measured import DATA, Measure
from quality.drift.watch import LENGTHS


@dataclass(frozen=True, kw_only=True)
class Settled:
    """An alarm that was confirmed or withdrawn after window `number`: what of it is normal from there on.

    `measures` are those that stood out, the leading one first.
    """

    measures: tuple[Measure, ...]
    number: int

    def renews(self, measure: Measure) -> bool:
        """Say whether the measure starts anew: it stood out, or the same field or slice did."""
        lead = self.measures[0]
        return measure in self.measures or (measure.aspect in DATA and alike(measure, lead))


def alike(measure: Measure, lead: Measure) -> bool:
    """Say whether two measures are of one field, or of one slice."""
    return bool((lead.field and measure.field == lead.field) or (lead.slice and measure.slice == lead.slice))


def joins(measure: Measure, lead: Measure) -> bool:
    """Say whether a measure that stands out while an alarm is open belongs to it: labels tell of what data began."""
    return measure.aspect not in DATA or alike(measure, lead)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The windows that a measure may be held against, by their numbers, ascending.

    - quiet: those without an alarm, of all that were kept
    - fixed: those of them that a model was trained by; none where the baseline follows the stream
    - reference: how many windows a baseline has at most
    """

    quiet: Sequence[int]
    fixed: Sequence[int] = ()
    settled: Collection[Settled] = ()
    reference: int = 30

    def baseline(self, measure: Measure) -> tuple[int, ...]:
        """Return the windows of a measure's baseline, fewer than `LEAST_WINDOWS` where there are no more.

        Those of the training, without what lies before its last alarm was settled; or, where these are too few, those
        that follow the stream: the last quiet ones that no check looks at any more.
        """
        return self._from(self._start(measure))

    def is_recent(self, measure: Measure, number: int) -> bool:
        """Say whether a check of a measure may look at a window, beside the new one."""
        return number > self._start(measure) and number not in self.baseline(measure)

    @property
    def needed(self) -> frozenset[int]:
        """The windows of all baselines that there may be."""
        starts = {0, *(one.number for one in self.settled)}
        return frozenset(number for start in starts for number in self._from(start))

    @property
    def recent(self) -> tuple[int, ...]:
        """The windows that a check looks at beside the new one, those of baselines included."""
        return tuple(self.quiet[1 - max(LENGTHS) :])

    def _start(self, measure: Measure) -> int:
        return max((one.number for one in self.settled if one.renews(measure)), default=0)

    def _from(self, start: int) -> tuple[int, ...]:
        fixed = tuple(number for number in self.fixed if number > start)
        if len(fixed) >= LEAST_WINDOWS:
            return fixed
        return following([number for number in self.quiet if number > start], self.reference)


def following(quiet: Sequence[int], reference: int) -> tuple[int, ...]:
    """Return the windows of a baseline that follows the stream: all but the last, and the first ones at the least."""
    return tuple(quiet[: max(LEAST_WINDOWS, len(quiet) - max(LENGTHS))])[-reference:]
