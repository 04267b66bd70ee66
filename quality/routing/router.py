"""The router: each signal selects what lies above a threshold that holds its share of the budget.

State is folded record by record, and used block by block: what was folded from all offsets below k * block decides
the offsets of block k. So a selection depends on the record and where it stands, not on how fetches cut the frames.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from quality.routing.audit import audit
from quality.routing.rare import rare
from quality.routing.uncertain import uncertain
from schemas.project import RoutingPolicy
from schemas.samples import AnySample
from schemas.verdicts import Reason, Selection

# Resolution of a threshold: scores in [0, 1] are counted in this many equal bins.
BINS = 200
# What a block of history weighs once another has been folded: thresholds follow the stream within some blocks.
DECAY = 0.9
# Until the first block is full nothing is known of the scores; only the clearest are taken.
FIRST_THRESHOLD = 0.8


# The signals that have a threshold; `audit` is drawn by hash instead.
SIGNALS = (Reason.UNCERTAIN, Reason.RARE)

Bins = tuple[float, ...]
NO_SCORES: Bins = (0.0,) * BINS


@dataclass(frozen=True, kw_only=True)
class Folded:
    """Decayed counts of predicted classes, and of each signal's scores by bin."""

    classes: Mapping[str, float] = field(default_factory=dict)
    scores: tuple[Bins, ...] = (NO_SCORES,) * len(SIGNALS)


@dataclass(frozen=True, kw_only=True)
class RoutingState:
    """What decides in `block`, and what is being folded for the block after it."""

    block: int = 0
    used: Folded = Folded()
    folding: Folded = Folded()


class Router:
    """Route samples of one partition in the order of their offsets; `state` is the state after the last."""

    def __init__(self, policy: RoutingPolicy, state: RoutingState) -> None:
        self._policy = policy
        self._block = state.block
        self._use(state.used)
        self._classes = dict(state.folding.classes)
        self._bins = [list(bins) for bins in state.folding.scores]

    @property
    def state(self) -> RoutingState:
        """The state after the last routed sample."""
        return RoutingState(block=self._block, used=self._used, folding=self._folded())

    def route(self, offset: int, sample: AnySample) -> Selection | None:
        """Return why the sample is selected, or None; and fold it."""
        self._enter(offset // self._policy.block)
        scores = self._scores(sample)
        share = self._policy.shares.get(Reason.AUDIT, 0.0)
        drawn = audit(sample.sample_id, share)
        self._fold(sample, scores)
        above = tuple(reason for reason, score in scores.items() if 0 < score >= self._thresholds[reason])
        if not above and not drawn:
            return None
        return Selection(
            reasons=(*above, Reason.AUDIT) if drawn else above,
            scores={reason: round(score, 6) for reason, score in scores.items()},
            propensity=1.0 if above else share,
        )

    def _scores(self, sample: AnySample) -> dict[Reason, float]:
        predicted = sample.prediction.top if sample.prediction else None
        return {
            Reason.UNCERTAIN: uncertain(sample.prediction),
            Reason.RARE: rare(predicted, self._used.classes, self._policy.rare_share),
        }

    def _fold(self, sample: AnySample, scores: Mapping[Reason, float]) -> None:
        if sample.prediction is not None:
            top = sample.prediction.top
            self._classes[top] = self._classes.get(top, 0.0) + 1.0
        for bins, reason in zip(self._bins, SIGNALS, strict=True):
            bins[min(BINS - 1, int(scores[reason] * BINS))] += 1.0

    def _enter(self, block: int) -> None:
        """Put what was folded to use when a new block begins; each block passed decays it once."""
        while self._block < block:
            self._use(self._folded())
            self._classes = {name: count * DECAY for name, count in self._classes.items()}
            self._bins = [[count * DECAY for count in bins] for bins in self._bins]
            self._block += 1

    def _folded(self) -> Folded:
        return Folded(classes=dict(self._classes), scores=tuple(tuple(bins) for bins in self._bins))

    def _use(self, folded: Folded) -> None:
        self._used = folded
        self._thresholds = {
            reason: threshold(bins, self._policy.shares.get(reason, 0.0))
            for bins, reason in zip(folded.scores, SIGNALS, strict=True)
        }


def threshold(bins: Bins, share: float) -> float:
    """Return the score above which at most `share` of what was counted in `bins` lies; above 1 for nothing."""
    total = sum(bins)
    if not share:
        return 2.0
    if not total:
        return FIRST_THRESHOLD
    above = 0.0
    for index in range(BINS - 1, -1, -1):
        above += bins[index]
        if above > share * total:
            return (index + 1) / BINS
    return 0.0
