"""The router: which accepted samples labelers get, with reasons, scores and propensity.

Each signal selects what lies above a threshold that holds its part of the budget; beside them samples of slices that
are short are drawn, and a uniform audit share. Scores are counted in bins, and of the bin that a threshold cuts a part
is drawn by hash: so a share is held even where many samples have one score.

State is folded record by record, and used block by block: what was folded from all offsets below k * block decides
the offsets of block k. Only the tokens that are left and the points that are queued count at once, and they too go
record by record. So a selection depends on the records and where they stand, not on how fetches cut the frames.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from quality.routing import bins, confirming, space
from quality.routing.batch import Batch, OwnSignal, Part, Scores, checked, named
from quality.routing.bins import Places
from quality.routing.budget import Spending
from quality.routing.counts import DECAY, Counts, added, tallied
from quality.routing.deciding import SAMPLE, Deciding, decide, reads
from quality.routing.disagreement import disagreement
from quality.routing.draws import draws, either
from quality.routing.explanation import Explanation, Said
from quality.routing.queued import Queued
from quality.routing.quota import filled, quota, renewed
from quality.routing.rare import rare
from quality.routing.representative import representative, uncovered
from quality.routing.rivals import Coverage, Repeated, Rivals
from quality.routing.state import Opening, RoutingState
from quality.routing.uncertain import of_margins, uncertain
from schemas.routing import RoutingPolicy
from schemas.verdicts import Reason, Selection

# Where no signal says how many centers it needs, there are so many, to say what a typical distance is.
CENTERS = 64


class Router:
    """Route samples of one partition in the order of their offsets; `state` is the state after the last."""

    def __init__(self, policy: RoutingPolicy, state: RoutingState, *, own: Mapping[str, OwnSignal]) -> None:
        self._policy = policy
        self._own = own
        self._block = state.block
        self._since = state.since
        self._steering = state.steering
        self._planned = state.planned
        self._purse = state.purse
        self._opening = state.opening or Opening(purse=self._purse, filled=state.filled, far=np.zeros(0))
        self._used = state.used
        self._counted = state.counted
        self._seen = state.seen
        self._sampled = state.sampled
        self._queued = Queued(state.queued, policy.space.queued if policy.space else 0, added=state.added)
        self._covered = state.covered
        self._filled = state.filled
        kept = state.deciding
        self._deciding = kept if kept and kept.policy is policy else self._decided()

    @property
    def reads(self) -> frozenset[str]:
        """The columns that it will look at, but for those of own signals and of what steering will add."""
        return reads(self._deciding, as_predicted=self._as_predicted)

    @property
    def state(self) -> RoutingState:
        """The state after the last routed sample."""
        return RoutingState(
            block=self._block,
            since=self._since,
            steering=self._steering,
            planned=self._planned,
            opening=self._opening,
            purse=self._purse,
            used=self._used,
            counted=self._counted,
            seen=self._seen,
            sampled=self._sampled,
            queued=self._queued.points,
            added=self._queued.added,
            covered=self._covered,
            filled=self._filled,
            deciding=self._deciding,
        )

    def route(self, batch: Batch) -> dict[int, Selection]:
        """Return why samples are selected, by their places in the batch; and fold them all."""
        selections: dict[int, Selection] = {}
        drawn = self._drawn(batch)
        for block, within in _blocks(batch.offsets, self._policy.block):
            self._enter(block)
            part = self._part(batch, within, {purpose: each[within] for purpose, each in drawn.items()})
            scores = self._scores(part)
            places = {reason: bins.binned(score) for reason, score in scores.items()}
            chosen, named = self._chosen(part, scores, self._chances(part, places))
            self._fold(part, places, chosen, named)
            selections |= {within.start + place: selection for place, selection in chosen.items()}
        return selections

    @property
    def _as_predicted(self) -> bool:
        """Say whether scores are taken as they were predicted, so that nothing has to be worked out anew."""
        return self._steering.temperature == 1.0

    def explain(self, batch: Batch) -> Explanation:
        """Say why the one sample of a batch is selected or not; it must then be routed by another router."""
        ((block, places),) = _blocks(batch.offsets, self._policy.block)
        self._enter(block)
        drawn = self._drawn(batch)
        part = self._part(batch, places, drawn)
        scores = self._scores(part)
        chances = self._chances(part, {reason: bins.binned(score) for reason, score in scores.items()})
        thresholds = self._deciding.thresholds
        rivals, spending = self._rivals(part, np.zeros(1, np.int64)), self._spending(part)
        return Explanation(
            block=block,
            steering=self._steering.version,
            mix=self._deciding.mix,
            said={
                reason: Said(
                    score=float(scores[reason][0]) if reason in scores else None,
                    threshold=thresholds[reason] / bins.BINS if reason in thresholds else None,
                    chance=float(chance[0]),
                    drawn=float(drawn[reason][0]),
                    holds=reason in self._left([reason], 0, rivals, spending),
                )
                for reason, chance in chances.items()
            },
            token=spending.can(0),
        )

    def _part(self, batch: Batch, places: slice, drawn: Mapping[str, Scores]) -> Part:
        known = np.zeros(places.stop - places.start, np.bool_)
        points = self._queued.points[:0]
        if self._policy.space and self._seen.length:
            points, known = self._seen.placed(batch.columns[self._policy.space.field][places])
        names = {column: named(column, batch.columns[column][places]) for column in self._deciding.columns}
        return Part(batch=batch, places=places, drawn=drawn, points=points, known=known, names=names)

    def _scores(self, part: Part) -> dict[str, Scores]:
        """Return what each signal says of each sample."""
        policy, found = self._policy, dict[str, Scores]()
        if policy.uncertain:
            found[Reason.UNCERTAIN] = self._uncertain(part, policy.uncertain.measure)
        if policy.rare:
            shares, below = self._deciding.shares, policy.rare.below
            columns = [rare(part.names[column], shares[column], below) for column in policy.rare.columns]
            found[Reason.RARE] = np.maximum.reduce(columns)
        if policy.novel:
            found[Reason.NOVEL] = space.novelty(self._seen, part.points, part.known)
        if policy.representative:
            found[Reason.REPRESENTATIVE] = representative(part.points, part.known, self._seen.sample, self._opening.far)
        if policy.disagreement:
            found[Reason.DISAGREEMENT] = disagreement(part["prediction.top"], part[policy.disagreement.column])
        for name in policy.own:
            found[name] = checked(name, self._own[name].score(part, len(part)), len(part))
        return found

    def _uncertain(self, part: Part, measure: str) -> Scores:
        if measure == "margin" and self._as_predicted:
            return of_margins(part["prediction.margin"])
        return uncertain(part["prediction.scores"], measure, self._steering.temperature)

    def _drawn(self, batch: Batch) -> dict[str, Scores]:
        purposes = self._deciding.purposes
        return dict(zip(purposes, draws(batch.sample_ids, purposes).T, strict=True))

    def _chances(self, part: Part, places: Mapping[str, Places]) -> dict[str, Scores]:
        """Return the probability with which each reason selects each sample; their draws are independent."""
        deciding = self._deciding
        found = {reason: bins.chances(each, deciding.thresholds[reason]) for reason, each in places.items()}
        if any(deciding.short.values()):
            found[Reason.QUOTA] = quota(part.names, deciding.short, len(part))
        if deciding.confirming:
            found[Reason.DRIFT] = np.maximum.reduce(list(self._of_alarms(part).values()))
        found[Reason.AUDIT] = np.full(len(part), deciding.audit)
        return found

    def _of_alarms(self, part: Part) -> dict[int, Scores]:
        """Return the chance of each sample by the alarm that it may help to confirm."""
        deciding = self._deciding
        return confirming.of_alarms(deciding.alarms, deciding.confirming, part.names, len(part))

    def _chosen(
        self, part: Part, scores: Mapping[str, Scores], chances: Mapping[str, Scores]
    ) -> tuple[dict[int, Selection], int]:
        """Return what is selected, and how many samples signals name.

        Not all of these are selected: tokens may lack. What the queue has made worthless is not named, nor what is one
        guess too many; a guess is what nothing else selects. The audit selects whatever it draws, or it would not be
        uniform, until a bucket's worth of tokens lacks. The propensity is that of the reasons that could select a
        sample in its place.
        """
        hits = {reason: part.drawn[reason] < chance for reason, chance in chances.items()}
        alarms = {alarm: part.drawn[Reason.DRIFT] < chance for alarm, chance in self._of_alarms(part).items()}
        places = np.flatnonzero(np.logical_or.reduce(list(hits.values())))
        spending, rivals = self._spending(part), self._rivals(part, places)
        found: dict[int, Selection] = {}
        named = 0
        for place in places.tolist():
            left = self._left(hits, place, rivals, spending)
            named += any(hits[reason][place] for reason in left if reason in scores)
            if not spending.can(place):
                left = [Reason.AUDIT]
            reasons = tuple(reason for reason in left if hits[reason][place])
            if reasons and spending.must(place):
                found[place] = Selection(
                    reasons=reasons,
                    scores={reason: round(float(score[place]), 6) for reason, score in scores.items()},
                    propensity=either(float(chances[reason][place]) for reason in left),
                    alarms=tuple(one for one, drawn in alarms.items() if drawn[place] and Reason.DRIFT in reasons),
                )
                spending.spend(place, guess=self._deciding.guesses.issuperset(reasons))
                if rivals:
                    rivals.add(place)
        if rivals:
            self._queued.add(part.points[[place for place in found if place in rivals.rows]])
            self._covered = rivals.coverage.by_now
        self._purse = spending.purse()
        return found, named

    def _spending(self, part: Part) -> Spending:
        policy = self._policy
        return Spending(policy.budget, policy.block, self._purse, part.timestamps, guessed=self._deciding.guessed)

    def _left(self, reasons: Iterable[str], place: int, rivals: Rivals | None, spending: Spending) -> list[str]:
        """Return those of the reasons that may select the sample, beside what is queued and spent."""
        barred = frozenset[str]() if spending.can_guess(place) else self._deciding.guesses
        return [one for one in reasons if one not in barred and (rivals is None or rivals.leave(one, place))]

    def _rivals(self, part: Part, places: NDArray[np.int64]) -> Rivals | None:
        """Return what else is selected, as the samples at these places see it; None where nothing has a point."""
        policy, seen, queued = self._policy.space, self._seen, self._queued
        candidates = places[part.known[places]]
        if policy is None or not len(candidates):
            return None
        points = part.points[candidates]
        return Rivals(
            rows={place: row for row, place in enumerate(candidates.tolist())},
            repeated=Repeated(queued.points, points, most=policy.queued, within=policy.apart * seen.typical),
            coverage=Coverage(seen.sample, points, far=self._opening.far, by_now=self._covered),
        )

    def _fold(self, part: Part, places: Mapping[str, Places], chosen: Mapping[int, Selection], named: int) -> None:
        before = self._counted
        by_signals = [place for place, one in chosen.items() if not places.keys().isdisjoint(one.reasons)]
        taken = {column: [part.names[column][place] for place in by_signals] for column in self._deciding.slices}
        self._counted = Counts(
            seen={column: tallied(before.seen.get(column, {}), values) for column, values in part.names.items()},
            taken={column: tallied(before.taken.get(column, {}), values) for column, values in taken.items()},
            scores={
                reason: before.scores.get(reason, bins.NONE) + bins.counted(each)
                for reason, each in places.items()
                if reason != Reason.RARE
            },
            routed=before.routed + len(part),
            chosen=before.chosen + named,
        )
        self._filled = {
            **filled(self._deciding.quotas, self._filled, part.names, chosen),
            **confirming.filled(self._deciding.alarms, self._filled, (one.alarms for one in chosen.values())),
        }
        if self._policy.space:
            self._sampled = space.sampled(
                self._sampled, part[self._policy.space.field], part.offsets, part.drawn[SAMPLE]
            )

    def _enter(self, block: int) -> None:
        """Put what was counted to use when a new block begins; each block that nobody saw decays it once."""
        passed = block - self._block
        if passed <= 0:
            return
        self._block = block
        if self._counted.routed:
            counted = replace(self._counted, offered=self._deciding.offered * self._counted.routed, blocks=1.0)
            self._used = added(self._used, counted, weight=DECAY, scale=DECAY ** (passed - 1))
            self._counted = Counts()
            self._see()
            self._purse = replace(self._purse, income=0, pace=self._purse.income)
        if self._planned and self._planned.block <= block:
            taken_up = renewed(self._planned.steering, self._steering, self._filled)
            self._since, self._steering, self._planned = block, taken_up, None
        self._covered = uncovered(self._seen.sample, self._queued.points)
        self._opening = Opening(purse=self._purse, filled=self._filled, far=self._covered)
        self._deciding = self._decided()

    def _decided(self) -> Deciding:
        return decide(self._policy, self._steering, self._used, self._opening.purse, self._opening.filled)

    def _see(self) -> None:
        """Fold the block's vectors into what was seen; points of another lattice mean nothing any more."""
        if self._policy.space is None:
            return
        centers = self._policy.novel.centers if self._policy.novel else CENTERS
        before = self._seen
        self._seen = space.folded(before, self._sampled, self._queued.fresh, centers)
        self._sampled = space.Sampled()
        self._queued.settle(keep=(self._seen.length, self._seen.exponent) == (before.length, before.exponent))


def _blocks(offsets: Sequence[int], size: int) -> Iterator[tuple[int, slice]]:
    """Yield each block that has offsets, with the places of these."""
    if offsets[0] // size == offsets[-1] // size:
        yield offsets[0] // size, slice(0, len(offsets))
        return
    blocks: NDArray[np.int64] = np.array(offsets, np.int64) // size
    starts = [0, *(np.flatnonzero(np.diff(blocks)) + 1).tolist(), len(offsets)]
    for start, end in pairwise(starts):
        if start < end:
            yield int(blocks[start]), slice(start, end)
