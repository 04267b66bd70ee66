"""Which items go back to labelers: the product's router over what is believed of them, steered by what it found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from labeling.consensus.votes import Codes, Numbers
from quality.ranking import rank
from quality.routing.batch import Batch, Columns, Scores
from quality.routing.router import Router
from quality.routing.state import Plan, RoutingState
from schemas.routing import Hits, RoutingPolicy, Steering
from schemas.verdicts import Selection

# A signal of the bench's own, as a project may have one: how suspicious the answer is.
SUSPECT = "suspect"
# How unsure the consensus is, how suspicious, and the uniform draw; as they come, the same for every set.
POLICY: Mapping[str, Any] = {"block": 100, "uncertain": {}, "own": {SUSPECT: {}}, "fair": []}


class Suspicion:
    """The signal of label errors: how much likelier the classifier finds another class than the answer."""

    def score(self, columns: Columns, count: int) -> Scores:
        """Return the scores as they stand beside the samples."""
        return np.array(columns[SUSPECT][:count], np.float64)


@dataclass(frozen=True, kw_only=True)
class Routed:
    """Why an item was selected, and its answer at that time."""

    selection: Selection
    answer: int


@dataclass(kw_only=True)
class Routing:
    """The router over rounds: items pass again and again, as samples of one partition; hits shift the mix."""

    classes: Sequence[str]
    seed: int
    hits: dict[str, Hits] = field(default_factory=dict)
    state: RoutingState = field(default_factory=RoutingState)
    offset: int = 0

    def select(
        self, items: Sequence[int], posterior: Numbers, suspicion: Numbers, count: int
    ) -> Iterator[tuple[int, Routed]]:
        """Yield about `count` of the items and why, in an order drawn by the seed."""
        if not items or count < 1:
            return
        passing: Codes = np.random.default_rng([self.seed, self.offset]).permutation(np.array(items, np.int64))
        budget = {"share": min(1.0, count / len(passing))}
        plan = Plan(block=0, steering=Steering(version=self.state.steering.version + 1, hits=self.hits))
        policy = RoutingPolicy.model_validate({**POLICY, "budget": budget})
        router = Router(policy, replace(self.state, planned=plan), own={SUSPECT: Suspicion()})
        selected = router.route(self._batch(posterior[passing], suspicion[passing]))
        self.offset, self.state = self.offset + len(passing), router.state
        for place in sorted(selected):
            item = int(passing[place])
            yield item, Routed(selection=selected[place], answer=int(posterior[item].argmax()))

    def learn(self, routed: Routed, answer: int) -> None:
        """Count for each reason whether the answer has changed since the item was selected."""
        for reason in routed.selection.reasons:
            before = self.hits.get(reason, Hits())
            self.hits[reason] = Hits(labels=before.labels + 1, hits=before.hits + (answer != routed.answer))

    def _batch(self, posterior: Numbers, suspicion: Numbers) -> Batch:
        offsets = range(self.offset, self.offset + len(posterior))
        scores = [dict(zip(self.classes, row, strict=True)) for row in posterior.tolist()]
        ranking = rank(scores)
        return Batch(
            offsets=offsets,
            timestamps=offsets,  # of no consequence: the budget is a share
            sample_ids=[f"{self.seed}-{offset}" for offset in offsets],
            columns={
                "prediction.scores": scores,
                "prediction.top": ranking.tops,
                "prediction.margin": ranking.margins,
                SUSPECT: suspicion.tolist(),
            },
        )
