"""The router: each signal selects what lies above a threshold that holds its share of the budget.

Scores are counted in bins. Of the bin that the threshold cuts, a part is drawn by hash: so a share is held even where
many samples have one score, as they do where a signal knows but a handful of values.

State is folded record by record, and used block by block: what was folded from all offsets below k * block decides
the offsets of block k. So a selection depends on the record and where it stands, not on how fetches cut the frames.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from quality.routing.draws import draws
from quality.routing.rare import rare
from quality.routing.uncertain import uncertain
from schemas.project import RoutingPolicy
from schemas.verdicts import Reason, Selection

# Resolution of a threshold: scores in [0, 1] are counted in this many equal bins.
BINS = 200
# What a block of history weighs once another has been folded: thresholds follow the stream within some blocks.
DECAY = 0.9
# Until the first block is full nothing is known of the scores; only those of this bin and above are taken.
FIRST_THRESHOLD = 160.0
# A class seen less than this, in decayed counts, is forgotten: names that come once must not add up.
FORGOTTEN = 0.01

Bins = tuple[float, ...]
Scores = NDArray[np.float64]
NO_SCORES: Bins = (0.0,) * BINS
COLUMN = {reason: index for index, reason in enumerate(Reason)}


@dataclass(frozen=True, kw_only=True)
class Folded:
    """Counts of samples by predicted class, and by bin of how uncertain they are.

    The scores of `rare` are not counted: they follow from the counts of classes, and change with them.
    """

    classes: Mapping[str, float] = field(default_factory=dict)
    scores: Bins = NO_SCORES


@dataclass(frozen=True, kw_only=True)
class RoutingState:
    """What decides in `block`: decayed counts of all blocks before it, and the plain counts of this one so far.

    `deciding` follows from the counts used, and is kept so that a block's frames need not all work it out.
    """

    block: int = 0
    used: Folded = Folded()
    counted: Folded = Folded()
    deciding: "Deciding | None" = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Deciding:
    """The share of each class and the threshold of each signal under a policy."""

    policy: RoutingPolicy
    shares: Mapping[str, float]
    thresholds: Mapping[Reason, float]


class Router:
    """Route samples of one partition in the order of their offsets; `state` is the state after the last."""

    def __init__(self, policy: RoutingPolicy, state: RoutingState) -> None:
        self._policy = policy
        self._block = state.block
        self._classes: Counter[str | None] = Counter(state.counted.classes)
        self._bins: Scores = np.array(state.counted.scores)
        self._used = state.used
        kept = state.deciding
        self._deciding = kept if kept and kept.policy is policy else _deciding(policy, state.used)

    @property
    def state(self) -> RoutingState:
        """The state after the last routed sample."""
        return RoutingState(block=self._block, used=self._used, counted=self._counted(), deciding=self._deciding)

    def route(
        self,
        offsets: Sequence[int],
        sample_ids: Sequence[str],
        *,
        tops: Sequence[str | None],
        margins: Sequence[float | None],
    ) -> dict[int, Selection]:
        """Return why samples are selected, by their places among `offsets`; and fold them all.

        `tops` are the predicted classes and `margins` those of the two best scores, None without prediction.
        """
        selections: dict[int, Selection] = {}
        drawn = draws(sample_ids)
        score = uncertain(margins)
        for block, part in _blocks(offsets, self._policy.block):
            self._enter(block)
            scores = {Reason.UNCERTAIN: score[part], Reason.RARE: self._rare(tops[part])}
            for place, selection in self._select(scores, drawn[part]):
                selections[part.start + place] = selection
            self._classes.update(tops[part])
            del self._classes[None]
            self._bins += np.bincount(_bin(score[part]), minlength=BINS)
        return selections

    def _select(self, scores: Mapping[Reason, Scores], drawn: Scores) -> Iterator[tuple[int, Selection]]:
        chances = self._chances(scores)
        hits = {reason: drawn[:, COLUMN[reason]] < chance for reason, chance in chances.items()}
        for place in np.flatnonzero(np.logical_or.reduce(list(hits.values()))).tolist():
            yield (
                place,
                Selection(
                    reasons=tuple(reason for reason, hit in hits.items() if hit[place]),
                    scores={reason: round(float(score[place]), 6) for reason, score in scores.items()},
                    propensity=_either(float(chance[place]) for chance in chances.values()),
                ),
            )

    def _chances(self, scores: Mapping[Reason, Scores]) -> dict[Reason, Scores]:
        """Return the probabilities with which each reason selects samples with these scores; draws are independent."""
        chances = {
            reason: np.where(score > 0, np.clip(_bin(score) + 1.0 - self._deciding.thresholds[reason], 0.0, 1.0), 0.0)
            for reason, score in scores.items()
        }
        share = self._policy.shares.get(Reason.AUDIT, 0.0)
        return {**chances, Reason.AUDIT: np.full(len(chances[Reason.UNCERTAIN]), share)}

    def _rare(self, tops: Sequence[str | None]) -> Scores:
        known = {top: rare(top, self._deciding.shares, self._policy.rare_share) for top in set(tops)}
        return np.array([known[top] for top in tops])

    def _enter(self, block: int) -> None:
        """Put what was counted to use when a new block begins; each block that nobody saw decays it once."""
        passed = block - self._block
        if passed <= 0:
            return
        weight = DECAY ** (passed - 1)
        used, counted = self._used, self._counted()
        names = sorted({*used.classes, *counted.classes})  # in one order: sums of floats depend on it by their last bit
        classes = {
            name: weight * (DECAY * used.classes.get(name, 0.0) + counted.classes.get(name, 0.0)) for name in names
        }
        self._classes = Counter()
        self._bins = np.zeros(BINS)
        self._block = block
        self._used = Folded(
            classes={name: count for name, count in classes.items() if count >= FORGOTTEN},
            scores=tuple(
                weight * (DECAY * before + new) for before, new in zip(used.scores, counted.scores, strict=True)
            ),
        )
        self._deciding = _deciding(self._policy, self._used)

    def _counted(self) -> Folded:
        classes = {name: count for name, count in self._classes.items() if name is not None}
        return Folded(classes=dict(sorted(classes.items())), scores=tuple(self._bins.tolist()))


def _deciding(policy: RoutingPolicy, used: Folded) -> Deciding:
    seen = sum(used.classes.values())
    shares = {name: count / seen for name, count in used.classes.items()}
    scores = {Reason.UNCERTAIN: used.scores, Reason.RARE: _rare_scores(policy, used, shares)}
    return Deciding(
        policy=policy,
        shares=shares,
        thresholds={reason: threshold(bins, policy.shares.get(reason, 0.0)) for reason, bins in scores.items()},
    )


def _rare_scores(policy: RoutingPolicy, used: Folded, shares: Mapping[str, float]) -> Bins:
    """Return the counts of what was seen by the score that each class has now; 0 without prediction."""
    bins = np.zeros(BINS)
    bins[0] = max(0.0, sum(used.scores) - sum(used.classes.values()))
    for name, count in used.classes.items():
        bins[_bin(np.array(rare(name, shares, policy.rare_share)))] += count
    return tuple(bins.tolist())


def _blocks(offsets: Sequence[int], size: int) -> Iterator[tuple[int, slice]]:
    """Yield each block that has offsets, with the places of these."""
    blocks = np.array(offsets, np.int64) // size
    starts = [0, *(np.flatnonzero(np.diff(blocks)) + 1).tolist(), len(offsets)]
    for start, end in pairwise(starts):
        if start < end:
            yield int(blocks[start]), slice(start, end)


def _either(chances: Iterable[float]) -> float:
    """Return the probability that at least one of independent draws selects."""
    return reduce(lambda either, chance: min(1.0, either + (1.0 - either) * chance), chances, 0.0)


def _bin(scores: Scores) -> NDArray[np.int64]:
    return np.minimum(BINS - 1, (scores * BINS).astype(np.int64))


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
