"""What the guideline's revision did for agreement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.demo.report import GuidelineReport
from labeling.agreement import alpha
from labeling.guidelines import Cast, Pair


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A published guideline that settles one class pair, and how many tasks it reopened."""

    version: int
    pair: Pair
    reopened: int

    def report(self, casts: Mapping[int, Sequence[Cast]]) -> GuidelineReport:
        """Return its report, from all votes ever cast, by task."""
        return GuidelineReport(
            version=self.version,
            settles=(self.pair,),
            tasks_reopened=self.reopened,
            alpha_before=self._alpha(casts, self.version - 1),
            alpha_after=self._alpha(casts, self.version),
        )

    def _alpha(self, casts: Mapping[int, Sequence[Cast]], version: int) -> float | None:
        """Return alpha of the tasks first labeled under `version` that got an answer of the pair."""
        fresh = [of_task for of_task in casts.values() if min(cast.guideline for cast in of_task) == version]
        units = [[cast.vote.answer for cast in of_task if cast.guideline == version] for of_task in fresh]
        return alpha([unit for unit in units if set(unit) & set(self.pair)])
