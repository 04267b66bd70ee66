"""Replay a stream under a budget of labels: select, label, retrain, chunk by chunk."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np

from bench.routing.model import Codes, Model, fit
from bench.routing.moments import Moments, Numbers
from bench.routing.selector import Chunk, Labeled, Places, Selector
from bench.routing.sets import LabeledSet

# Records that a selector sees at once.
CHUNK = 100
# The model is fitted anew once its labels have grown by this part, and by one at least.
GROWTH = 0.1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The rows of the stream that were labeled, in the order of labeling, and the model fitted to all of them."""

    labeled: Places
    model: Model


def allowance(budget: float, seen: int) -> int:
    """Return how many labels may have been spent once so many records were seen: floor(budget * seen), exactly."""
    return floor(Fraction(str(budget)) * seen)


def replay(stream: LabeledSet, selector: Selector, budget: float) -> Outcome:
    """Return what a selector has labeled under a budget, the share of records seen so far that may be labeled.

    What it does not spend carries over; what it names beyond its allowance is not labeled. Raises ValueError if it
    names a place twice, or one that is not in the chunk; and if nothing was labeled.
    """
    labeled: Places = np.zeros(0, np.int64)
    moments, model, fitted = stream.unseen(), None, 0
    for start in range(0, len(stream), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(stream)))
        moments = moments.updated(stream.features[rows])
        allowed = allowance(budget, int(rows[-1]) + 1) - len(labeled)
        chunk = _chunk(stream, rows, moments, model, budget=budget, allowed=allowed)
        places = _cut(selector, chunk)
        selector.learn(_told(stream, chunk, places))
        labeled = np.concatenate([labeled, rows[places]])
        if stream.scores is None and len(labeled) >= fitted + max(1, ceil(fitted * GROWTH)):
            model, fitted = _fit(stream, labeled, moments), len(labeled)
    if not len(labeled):
        raise ValueError(f"{type(selector).__name__} has labeled nothing: a budget of {budget:g} would let it")
    return Outcome(labeled=labeled, model=_fit(stream, labeled, moments))


def _chunk(
    stream: LabeledSet, rows: Places, moments: Moments, model: Model | None, *, budget: float, allowed: int
) -> Chunk:
    features = stream.features[rows]
    scores: Numbers | None = None
    known: Codes = np.zeros(0, np.int64)
    if stream.scores is not None:
        scores, known = stream.scores[rows], np.arange(len(stream.classes))
    elif model is not None:
        scores, known = model.scores(features), model.known
    return Chunk(
        start=int(rows[0]),
        features=features,
        moments=moments,
        scores=scores,
        classes=tuple(stream.classes[code] for code in known),
        budget=budget,
        allowed=allowed,
    )


def _cut(selector: Selector, chunk: Chunk) -> Places:
    named: Places = np.asarray(selector.select(chunk), np.int64)
    outside = len(named) > 0 and (named.min() < 0 or named.max() >= len(chunk))
    if outside or len(np.unique(named)) < len(named):
        raise ValueError(f"{type(selector).__name__} must name places of the chunk, each once: {named.tolist()}")
    return named[: chunk.allowed]


def _told(stream: LabeledSet, chunk: Chunk, places: Places) -> Labeled:
    return Labeled(
        places=places,
        features=chunk.features[places],
        labels=tuple(stream.classes[code] for code in stream.codes[chunk.start + places]),
        scores=None if chunk.scores is None else chunk.scores[places],
        classes=chunk.classes,
    )


def _fit(stream: LabeledSet, labeled: Places, moments: Moments) -> Model:
    return fit(stream.features[labeled], stream.codes[labeled], moments)
