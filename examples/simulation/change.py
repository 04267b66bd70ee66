"""What changes in a simulated production after the demo's first day, in one slice of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from examples.simulation.records import Good


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model that production asks: its name, and the scores by class that it gives payloads."""

    name: str
    scores: Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, float]]]


class Later(Protocol):
    """Makes the records of production that have these numbers, before or after something changed."""

    def __call__(
        self, numbers: range, generator: np.random.Generator, model: Model, /, *, changed: bool
    ) -> Sequence[Good]:
        """Return good records in the order of their times, with what a model says of them."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What changes, and where: in the samples with `value` in `column`, which come rarely.

    `told` says in a few words what happens to them.
    """

    column: str
    value: str
    told: str
    later: Later
