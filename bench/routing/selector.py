"""What a selector is told, and what it is asked: which records of a chunk are worth a label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bench.routing.moments import Features, Moments, Numbers

Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """The next n records of the stream; nothing in it looks ahead.

    - start: the index in the stream of the first record
    - features: (n, d), as they come
    - moments: of all features up to the end of this chunk
    - scores: (n, C), the current model's probabilities, None before there is a model
    - classes: the names of the C classes, those that were labeled so far
    - budget: the share of the stream that may be labeled in all
    - allowed: how many labels may be spent until the end of this chunk, at least 0
    """

    start: int
    features: Features
    moments: Moments
    scores: Numbers | None
    classes: tuple[str, ...]
    budget: float
    allowed: int

    @property
    def embedding(self) -> Features:
        """The features (n, d), standardized by `moments`; computed at each call."""
        return self.moments.standardized(self.features)

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True, kw_only=True)
class Labeled:
    """The k records of the last chunk that were labeled, in the order in which the selector named them.

    - places: (k,), in the chunk
    - features: (k, d), as they came
    - labels: k names, the gold ones
    - scores: (k, C), the model's probabilities for `classes` before it saw these labels, None without a model
    """

    places: Places
    features: Features
    labels: tuple[str, ...]
    scores: Numbers | None
    classes: tuple[str, ...]


class Selector(Protocol):
    """Chooses records to label, chunk by chunk; made with a seed, by which it breaks ties and draws."""

    def select(self, chunk: Chunk) -> Sequence[int] | Places:
        """Return places in the chunk, each once, best first; only the first `chunk.allowed` of them are labeled.

        Called for every chunk, in the order of the stream, also where nothing may be spent.
        """

    def learn(self, labeled: Labeled) -> None:
        """Take in what became of the last chunk; called after each `select`, maybe with no record at all."""


@runtime_checkable
class Reasoned(Protocol):
    """A selector that has reasons, and knows how often each was right."""

    def hit_rates(self) -> Mapping[str, float]:
        """Return for each reason the share of the labels it asked for that bore it out, in [0, 1]."""


def ranked(values: Numbers, rng: np.random.Generator) -> Places:
    """Return the places of values (n,), the highest first; equal ones in random order."""
    order: Places = np.lexsort((rng.random(len(values)), -values))
    return order
