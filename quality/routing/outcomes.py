"""What labels say of routing: how often each reason changed something, and how far scores can be trusted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from quality.ranking import rank
from quality.routing.calibration import temperature
from schemas.routing import Hits, Steering

# What the hits of a reason weigh after each later label for it: some hundreds of labels count.
DECAY = 0.995
# Scores are calibrated by so many labels, the last ones, and not before there are so many.
JUDGED, ENOUGH = 500, 30


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A settled label beside what was known when its sample was selected: reasons, propensity and scores by class."""

    reasons: tuple[str, ...]
    propensity: float
    scores: dict[str, float] | None
    answer: str


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """Labels so far: hits by reason, labels by class, and the last ones whose class the model knew."""

    hits: Mapping[str, Hits] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    judged: tuple[Outcome, ...] = ()

    def after(self, outcomes: Iterable[Outcome]) -> "Outcomes":
        """Return what is known after these labels, in their order."""
        hits, classes, judged = dict(self.hits), dict(self.classes), list(self.judged)
        for one in outcomes:
            changed = _changed(one, classes)
            for reason in one.reasons:
                before = hits.get(reason, Hits())
                hits[reason] = Hits(labels=DECAY * before.labels + 1, hits=DECAY * before.hits + changed)
            classes[one.answer] = classes.get(one.answer, 0) + 1
            if one.scores and one.answer in one.scores:
                judged.append(one)
        return Outcomes(hits=hits, classes=classes, judged=tuple(judged[-JUDGED:]))

    def steering(self, version: int) -> Steering:
        """Return what routing should know of it."""
        return Steering(version=version, hits=dict(self.hits), temperature=self._temperature())

    def _temperature(self) -> float:
        if len(self.judged) < ENOUGH:
            return 1.0
        return temperature(
            [list(one.scores.values()) for one in self.judged if one.scores],
            [list(one.scores).index(one.answer) for one in self.judged if one.scores],
            [1.0 / one.propensity for one in self.judged],
        )


def _changed(outcome: Outcome, classes: Mapping[str, int]) -> bool:
    """Say whether a label changed anything: another answer than predicted, or one of which labels were short.

    Short are classes that have less than the mean of those labeled so far.
    """
    (predicted,) = rank([outcome.scores]).tops
    short = classes.get(outcome.answer, 0) * len(classes) < sum(classes.values())
    return predicted != outcome.answer or short
