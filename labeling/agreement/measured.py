"""A measure of agreement with the units that it is measured on."""

from dataclasses import dataclass
from math import isnan

import numpy as np

from labeling.agreement.bootstrap import RESAMPLES, bootstrap
from labeling.agreement.ratings import Measure
from quality.intervals import Interval


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The measure called `name`, of `count` units."""

    name: str
    measure: Measure
    count: int

    @property
    def estimate(self) -> float | None:
        """The measure itself; None where it is undefined."""
        found = self.measure(np.ones(self.count))
        return None if isnan(found) else found

    def interval(self, *, seed: int, resamples: int = RESAMPLES) -> Interval | None:
        """Return the measure with its 95 % bootstrap interval; None where either is undefined."""
        return bootstrap(self.measure, self.count, seed=seed, resamples=resamples)
