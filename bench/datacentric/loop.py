"""The whole loop on one set: believe the labels, suspect some, route, ask, settle; until the budget is spent."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.datacentric.crowds import EXPERT, Deck
from bench.datacentric.routing import Routed, Routing
from labeling.adaptive import AdaptiveRule, Belief, believe
from labeling.consensus import calibration
from labeling.consensus.classifier import held_out_scores
from labeling.consensus.confusion import SMALLEST
from labeling.consensus.dawid_skene import METHOD, UNKNOWN, Evidence, expected, normalized
from labeling.consensus.votes import Codes, Mask, Numbers
from labeling.label_errors import suspects
from labeling.overlap import Outlook, decide
from schemas.labels import Consensus, TaskStatus, Vote
from schemas.project import OverlapPolicy

# That of a project which says nothing else.
OVERLAP, RULE = OverlapPolicy(), AdaptiveRule()


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What is believed of n items at one moment.

    - posterior: (n, C)
    - suspicion: (n,), how much likelier the classifier finds another class than the answer, 0 where it does not
    - hopeless: (n,), whether all labels that can still be had would not settle the item, if they agreed
    """

    belief: Belief
    posterior: Numbers
    suspicion: Numbers
    hopeless: Mask

    @property
    def answers(self) -> Codes:
        """The consensus (n,)."""
        found: Codes = self.belief.posterior.argmax(axis=1)
        return found


@dataclass(kw_only=True)
class Loop:
    """A project of n items with one label each, whose labels are made better round by round.

    Spending counts in labels of labelers, an expert's answer as `EXPERT` of them. What routing selects gets one label a
    round until its consensus settles, or an expert's answer where the rule of overlap sets it aside, or nobody else is
    on record to be asked.
    """

    deck: Deck
    features: Numbers
    classes: Sequence[str]
    seed: int
    routing: Routing = field(init=False)
    counts: Codes = field(init=False)
    known: Codes = field(init=False)
    opinion: Opinion = field(init=False)
    queue: dict[int, Routed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with the first label of each item."""
        count = len(self.deck.gold)
        self.routing = Routing(classes=self.classes, seed=self.seed)
        self.counts, self.known = np.ones(count, np.int64), np.full(count, UNKNOWN)
        self.opinion = self._thought(None)

    @property
    def spent(self) -> int:
        """What was spent so far, in labels."""
        return int(self.counts.sum()) + EXPERT * int((self.known != UNKNOWN).sum())

    def round(self, until: int) -> None:
        """Ask until so much is spent: first about what waits in the queue, then about what routing selects."""
        for item in sorted(self.queue, key=self._confidence):
            if self.spent < until:
                self._ask(item)
        left = until - self.spent
        free = [item for item in np.flatnonzero(self.known == UNKNOWN).tolist() if item not in self.queue]
        for item, routed in self.routing.select(free, self.opinion.posterior, self.opinion.suspicion, max(left, 0)):
            if self.spent < until:
                self.queue[item] = routed
                self._ask(item)
        self.opinion = self._thought(self.opinion)
        for item in sorted(self.queue):
            if self.known[item] != UNKNOWN or self._status(item) is TaskStatus.SETTLED:
                self.routing.learn(self.queue.pop(item), int(self.opinion.answers[item]))

    def _confidence(self, item: int) -> float:
        return min(float(self.opinion.posterior[item].max()), 1.0)

    def _ask(self, item: int) -> None:
        if self._status(item) is TaskStatus.EXPERT or self.counts[item] >= self.deck.most[item]:
            self.known[item] = self.deck.gold[item]
        else:
            self.counts[item] += 1

    def _status(self, item: int) -> TaskStatus:
        answer = self.classes[self.opinion.answers[item]]
        votes = tuple(Vote(labeler=str(place), answer=answer) for place in range(self.counts[item]))
        consensus = Consensus(answer=answer, confidence=self._confidence(item), method=METHOD, votes=votes, guideline=1)
        return decide(votes, OVERLAP, consensus, outlook=Outlook(hopeless=bool(self.opinion.hopeless[item]))).status

    def _thought(self, before: Opinion | None) -> Opinion:
        """Fit labelers and classifier to all labels so far, and hold the answers against the classifier.

        The classifier has not seen the item that it judges. Votes are believed only as far as held-out ones foretell
        each other, since real labelers err together.
        """
        given = self.deck.given(self.counts)
        last = believe(given, self.known) if before is None else before.belief
        labelers = last.fits[0].labelers
        scores = held_out_scores(self.features, last.posterior, np.ones(len(self.known), bool))
        prior = calibration.pooled(scores, labelers.shares, calibration.weight(given, labelers, scores))
        belief = believe(given, self.known, prior=prior, last=last)
        trust = min(RULE.trust, *(calibration.trust(given, fit.labelers, prior=prior) for fit in belief.fits))
        cautious = Evidence(known=self.known, prior=prior, trust=trust)
        posterior = np.mean([expected(given, fit.labelers, cautious) for fit in belief.fits], axis=0)
        suspicion = np.zeros(len(self.known))
        for one in suspects(belief.posterior.argmax(axis=1), scores):
            suspicion[one.item] = one.score
        hopeless = self._agreed(posterior, belief, trust) < OVERLAP.threshold
        return Opinion(belief=belief, posterior=posterior, suspicion=suspicion, hopeless=hopeless)

    def _agreed(self, posterior: Numbers, belief: Belief, trust: float) -> Numbers:
        """Return the probability of each answer (n,) once all labels that can still be had agree with it.

        They are taken to come from labelers of whom nothing is known.
        """
        left = np.clip(np.minimum(OVERLAP.most, self.deck.most) - self.counts, 0, None)
        pooled = np.mean([fit.labelers.pooled for fit in belief.fits], axis=0)
        best = posterior.argmax(axis=1)
        said = trust * left[:, None] * np.log(pooled[:, best]).T
        found: Numbers = normalized(np.log(np.maximum(posterior, SMALLEST)) + said)[np.arange(len(best)), best]
        return found
