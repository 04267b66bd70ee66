"""The router of Assay as a selector: the code that runs in the stream, block by block, steered by the labels so far."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bench.routing.moments import Numbers
from bench.routing.selector import Chunk, Labeled, Places
from quality.ranking import rank
from quality.routing.batch import Batch
from quality.routing.budget import TOKEN
from quality.routing.outcomes import Outcome, Outcomes
from quality.routing.router import Router
from quality.routing.state import Plan, RoutingState
from schemas.routing import RoutingPolicy
from schemas.verdicts import Selection

# The same for every set: all signals that need nothing but scores and features, as they come.
POLICY: Mapping[str, Any] = {
    "block": 100,
    "uncertain": {},
    "rare": {},
    "novel": {},
    "representative": {},
    "space": {},
    "fair": [],  # no set has sources
}


class Assay:
    """Choose as the stream does; the seed goes into the ids, by which samples are drawn."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._policy: RoutingPolicy | None = None
        self._state = RoutingState()
        self._outcomes = Outcomes()
        self._selected: Mapping[int, Selection] = {}

    def select(self, chunk: Chunk) -> Places:
        """Return the places that the router chooses, in the order of the stream."""
        self._policy = self._policy or RoutingPolicy.model_validate({**POLICY, "budget": {"share": chunk.budget}})
        router = Router(self._policy, self._state, own={})
        self._selected = router.route(_batch(chunk, self._seed))
        self._state = router.state
        return np.array(sorted(self._selected), np.int64)

    def learn(self, labeled: Labeled) -> None:
        """Steer the coming blocks by what the labels say; what was selected and not labeled was not spent either."""
        purse = self._state.purse
        unspent = len(self._selected) - len(labeled.labels)
        self._state = replace(self._state, purse=replace(purse, parts=purse.parts + unspent * TOKEN))
        if labeled.labels:
            self._outcomes = self._outcomes.after(self._outcome(labeled, row) for row in range(len(labeled.labels)))
            steering = self._outcomes.steering(self._state.steering.version + 1)
            self._state = replace(self._state, planned=Plan(block=0, steering=steering))

    def _outcome(self, labeled: Labeled, row: int) -> Outcome:
        selection = self._selected[int(labeled.places[row])]
        scores = None if labeled.scores is None else labeled.scores[row]
        return Outcome(
            reasons=selection.reasons,
            propensity=selection.propensity,
            scores=None if scores is None else dict(zip(labeled.classes, scores.tolist(), strict=True)),
            answer=labeled.labels[row],
        )

    def hit_rates(self) -> Mapping[str, float]:
        """Return for each reason the share of its labels that changed something."""
        return {reason: one.hits / one.labels for reason, one in self._outcomes.hits.items()}


def _batch(chunk: Chunk, seed: int) -> Batch:
    scores = _scores(chunk.scores, chunk.classes, len(chunk))
    ranking = rank(scores)
    offsets = range(chunk.start, chunk.start + len(chunk))
    return Batch(
        offsets=offsets,
        timestamps=offsets,  # of no consequence: the budget is a share
        sample_ids=[f"{seed}-{offset}" for offset in offsets],
        columns={
            "prediction.scores": scores,
            "prediction.top": ranking.tops,
            "prediction.margin": ranking.margins,
            "embedding": chunk.embedding.tolist(),
        },
    )


def _scores(scores: Numbers | None, classes: Sequence[str], count: int) -> list[dict[str, float] | None]:
    if scores is None:
        return [None] * count
    return [dict(zip(classes, row, strict=True)) for row in scores.tolist()]
