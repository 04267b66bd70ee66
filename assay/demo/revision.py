"""What the guideline's revision did for agreement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.demo.report import Agreement, GuidelineReport
from labeling.agreement import alpha
from labeling.guidelines import Cast, Pair
from quality.intervals import wilson
from schemas.labels import Answer


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
            before=_agreement(self._fresh(casts, self.version - 1)),
            after=_agreement(self._fresh(casts, self.version)),
        )

    def _fresh(self, casts: Mapping[int, Sequence[Cast]], version: int) -> list[list[Answer]]:
        """Return the answers to tasks first labeled under `version` that got an answer of the pair."""
        fresh = [of_task for of_task in casts.values() if min(cast.guideline for cast in of_task) == version]
        units = [[cast.vote.answer for cast in of_task if cast.guideline == version] for of_task in fresh]
        return [unit for unit in units if set(unit) & set(self.pair)]


def _agreement(units: Sequence[Sequence[Answer]]) -> Agreement:
    shared = [unit for unit in units if len(unit) > 1]
    disputed = sum(len(set(unit)) > 1 for unit in shared)
    return Agreement(tasks=len(shared), disputed=wilson(disputed, len(shared)), alpha=alpha(shared))
