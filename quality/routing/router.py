"""The router: each signal selects what lies above a threshold that holds its share of the budget.

Scores are counted in bins. Of the bin that the threshold cuts, a part is drawn by hash: so a share is held even where
many samples have one score, as they do where a signal knows but a handful of values.

State is folded record by record, and used block by block: what was folded from all offsets below k * block decides
the offsets of block k. So a selection depends on the record and where it stands, not on how fetches cut the frames.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

from quality.routing.audit import drawn
from quality.routing.rare import rare
from quality.routing.uncertain import uncertain
from schemas.project import RoutingPolicy
from schemas.samples import AnySample
from schemas.verdicts import Reason, Selection

# Resolution of a threshold: scores in [0, 1] are counted in this many equal bins.
BINS = 200
# What a block of history weighs once another has been folded: thresholds follow the stream within some blocks.
DECAY = 0.9
# Until the first block is full nothing is known of the scores; only those of this bin and above are taken.
FIRST_THRESHOLD = 160.0
# A class seen less than this, in decayed counts, is forgotten: names that come once must not add up.
FORGOTTEN = 0.01

# The signals whose scores are counted. Those of `rare` follow from the counts of classes, and change with them;
# `audit` is drawn by hash.
SIGNALS = (Reason.UNCERTAIN,)

Bins = tuple[float, ...]
NO_SCORES: Bins = (0.0,) * BINS


@dataclass(frozen=True, kw_only=True)
class Folded:
    """Decayed counts of predicted classes, and of the scores of each of `SIGNALS` by bin."""

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
        chances = self._chances(scores)
        self._fold(sample, scores)
        reasons = tuple(reason for reason, chance in chances.items() if drawn(sample.sample_id, chance, reason))
        if not reasons:
            return None
        return Selection(
            reasons=reasons,
            scores={reason: round(score, 6) for reason, score in scores.items()},
            propensity=_either(chances.values()),
        )

    def _chances(self, scores: Mapping[Reason, float]) -> dict[Reason, float]:
        """Return the probability with which each reason selects a sample with these scores; draws are independent."""
        chances = {
            reason: min(1.0, max(0.0, _bin(score) + 1.0 - self._thresholds[reason]))
            for reason, score in scores.items()
            if score > 0
        }
        share = self._policy.shares.get(Reason.AUDIT, 0.0)
        return {reason: chance for reason, chance in {**chances, Reason.AUDIT: share}.items() if chance > 0}

    def _scores(self, sample: AnySample) -> dict[Reason, float]:
        predicted = sample.prediction.top if sample.prediction else None
        return {
            Reason.UNCERTAIN: uncertain(sample.prediction),
            Reason.RARE: rare(predicted, self._shares, self._policy.rare_share),
        }

    def _fold(self, sample: AnySample, scores: Mapping[Reason, float]) -> None:
        if sample.prediction is not None:
            top = sample.prediction.top
            self._classes[top] = self._classes.get(top, 0.0) + 1.0
        for bins, reason in zip(self._bins, SIGNALS, strict=True):
            bins[_bin(scores[reason])] += 1.0

    def _enter(self, block: int) -> None:
        """Put what was folded to use when a new block begins; each block passed decays it once."""
        passed = block - self._block
        if passed > 0:
            self._decay(DECAY ** (passed - 1))
            self._use(self._folded())
            self._decay(DECAY)
            self._block = block

    def _decay(self, weight: float) -> None:
        decayed = {name: count * weight for name, count in self._classes.items()}
        self._classes = {name: count for name, count in decayed.items() if count >= FORGOTTEN}
        self._bins = [[count * weight for count in bins] for bins in self._bins]

    def _folded(self) -> Folded:
        # In one order: sums of floats depend on it by their last bit.
        return Folded(classes=dict(sorted(self._classes.items())), scores=tuple(tuple(bins) for bins in self._bins))

    def _use(self, folded: Folded) -> None:
        self._used = folded
        seen = sum(folded.classes.values())
        self._shares = {name: count / seen for name, count in folded.classes.items()}
        counted = dict(zip(SIGNALS, folded.scores, strict=True)) | {Reason.RARE: self._rare_scores(folded)}
        self._thresholds = {
            reason: threshold(bins, self._policy.shares.get(reason, 0.0)) for reason, bins in counted.items()
        }

    def _rare_scores(self, folded: Folded) -> Bins:
        """Return the counts of what was seen by the score that each class has now; 0 without prediction."""
        bins = list(NO_SCORES)
        bins[0] = max(0.0, sum(folded.scores[0]) - sum(folded.classes.values()))
        for name, count in folded.classes.items():
            bins[_bin(rare(name, self._shares, self._policy.rare_share))] += count
        return tuple(bins)


def _either(chances: Iterable[float]) -> float:
    """Return the probability that at least one of independent draws selects."""
    return reduce(lambda either, chance: min(1.0, either + (1.0 - either) * chance), chances, 0.0)


def _bin(score: float) -> int:
    return min(BINS - 1, int(score * BINS))


def threshold(bins: Bins, share: float) -> float:
    """Return the place in [0, BINS] above which `share` of what was counted in `bins` lies.

    A place of 3.25 cuts bin 3: three quarters of it lie above, and all of the bins from 4 on.
    """
    total = sum(bins)
    if not share:
        return float(BINS)
    if not total:
        return FIRST_THRESHOLD
    left = share * total
    for index in range(BINS - 1, -1, -1):
        if bins[index] > left:
            return index + 1.0 - left / bins[index]
        left -= bins[index]
    return 0.0
