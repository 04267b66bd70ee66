"""Running moments of a stream's features, and what they standardize."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]
Numbers = NDArray[np.float64]

# Features are single floats: what varies by less than this part of its mean does not vary.
RESOLUTION = 1e-7


@dataclass(frozen=True, kw_only=True)
class Moments:
    """How many rows were seen, and of each of d features the mean and the sum of squared deviations from it.

    `alike` features have one unit, as components of a decomposition do, and are divided by one deviation: each by its
    own would blow the last components, which are mostly noise, up to the size of the first.
    """

    count: int
    mean: Numbers
    squares: Numbers
    alike: bool

    @classmethod
    def none(cls, width: int, *, alike: bool = False) -> "Moments":
        """Return the moments before any row of `width` features."""
        return cls(count=0, mean=np.zeros(width), squares=np.zeros(width), alike=alike)

    def updated(self, features: Features) -> "Moments":
        """Return the moments once the rows (n, d), at least one, were seen too.

        Source: Chan, Golub and LeVeque (1983), "Algorithms for Computing the Sample Variance", formula 2.1.
        """
        rows = features.astype(np.float64)
        fresh, count = len(rows), self.count + len(rows)
        mean = rows.mean(axis=0)
        apart = mean - self.mean
        within = np.square(rows - mean).sum(axis=0)
        return Moments(
            count=count,
            mean=self.mean + apart * (fresh / count),
            squares=self.squares + within + np.square(apart) * (self.count * fresh / count),
            alike=self.alike,
        )

    def standardized(self, features: Features) -> Features:
        """Return rows (n, d) less the mean, over the standard deviation; what does not vary is divided by one."""
        variance = self.squares / max(1, self.count)
        deviation = np.sqrt(np.full_like(variance, variance.mean()) if self.alike else variance)
        scale = np.where(deviation > RESOLUTION * np.abs(self.mean), deviation, 1.0)
        standardized: Features = ((features - self.mean) / scale).astype(np.float32)
        return standardized
