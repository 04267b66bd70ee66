"""What labels say of routing: how often each reason changed something, and how far scores can be trusted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from quality.ranking import rank
from quality.routing.calibration import temperature
from schemas.answers import ClassName
from schemas.routing import Hits, Steering

# What the hits of a reason weigh after each later label for it: some hundreds of labels count.
DECAY = 0.995
# Scores are calibrated by so many labels, the last ones, and not before there are so many.
JUDGED, ENOUGH = 500, 30


# The score from which on a class is taken to be predicted, where several may apply.
APPLIES = 0.5


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A settled label beside what was known when its sample was selected: reasons, propensity and scores by class.

    The answer is a class, or several in the order of their names.
    """

    reasons: tuple[str, ...]
    propensity: float
    scores: dict[str, float] | None
    answer: ClassName | tuple[ClassName, ...]


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """Labels so far: hits by reason, labels by class, and the last ones of one class that the model knew."""

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
            for name in _names(one):
                classes[name] = classes.get(name, 0) + 1
            if one.scores and isinstance(one.answer, str) and one.answer in one.scores:
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
            [list(one.scores).index(str(one.answer)) for one in self.judged if one.scores],
            [1.0 / one.propensity for one in self.judged],
        )


def _changed(outcome: Outcome, classes: Mapping[str, int]) -> bool:
    """Say whether a label changed anything: another answer than predicted, or one of which labels were short.

    Short are classes that have less than the mean of those labeled so far.
    """
    short = any(classes.get(name, 0) * len(classes) < sum(classes.values()) for name in _names(outcome))
    return predicted(outcome) != outcome.answer or short


def predicted(outcome: Outcome) -> ClassName | tuple[ClassName, ...] | None:
    """Return what the model would have answered: the class of the highest score, or all that score one half or more."""
    if isinstance(outcome.answer, str):
        return rank([outcome.scores]).tops[0]
    scores = outcome.scores or {}
    return tuple(sorted(name for name, score in scores.items() if score >= APPLIES)) if scores else None


def _names(outcome: Outcome) -> tuple[ClassName, ...]:
    return (outcome.answer,) if isinstance(outcome.answer, str) else outcome.answer
