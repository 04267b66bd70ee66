"""Numbers by their ranks in the reference: where they lie, how far apart, how lopsided, and how heavy their tails.

With F the reference's distribution, u = F(x) is uniform on [0, 1] while nothing drifts, and the means over a window of
u and of √(2j+1)·P_j(2u - 1), j = 2, 3, 4, with Legendre's polynomials P_j, tell the ways in which a distribution
commonly changes. The mean of u is the chance that a value of the window exceeds one of the reference.

Source: Neyman (1937), "'Smooth' test for goodness of fit", Skandinavisk Aktuarietidskrift 20; the mean of u is that of
Mann and Whitney (1947).
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre

from quality.drift.measured import Measured, Values
from quality.sketches.bins import Keys, coarser
from quality.sketches.numeric import Numbers, fitted

# The names of the components, in their order.
COMPONENTS = ("location", "spread", "skew", "tails")


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranks:
    """The reference of a number.

    - level, keys: those of the b bins that hold something
    - inside: (b, 4), the components of a value in each bin, which takes the middle rank of its bin
    - between: (b + 1, 4), those of a value before, between or after these bins
    - variances: (4,), those of the components over the reference
    """

    level: int
    keys: Keys
    inside: Values
    between: Values
    variances: Values

    @property
    def components(self) -> tuple[str, ...]:
        """What the sums are of."""
        return COMPONENTS

    def measured(self, numbers: Numbers) -> Measured:
        """Return the sums of the components over numbers."""
        keys = coarser(numbers.keys, max(0, self.level - numbers.level))
        places = np.searchsorted(self.keys, keys)
        near = np.minimum(places, len(self.keys) - 1)
        found = np.where((self.keys[near] == keys)[:, None], self.inside[near], self.between[places])
        return Measured(count=numbers.count, sums=numbers.counts.astype(np.float64) @ found)


def ranks(numbers: Numbers, *, level: int = 0) -> Ranks:
    """Return the reference of numbers, which lie in two bins at least; `level` is the coarsest of any window."""
    least = max(0, level - numbers.level)
    whole = fitted(
        coarser(numbers.keys, least),
        numbers.counts,
        level=numbers.level + least,
        least=numbers.least,
        most=numbers.most,
    )
    shares = whole.counts / whole.count
    below = np.concatenate([[0.0], np.cumsum(shares)])
    inside = _components((below[:-1] + below[1:]) / 2)
    return Ranks(
        level=whole.level,
        keys=whole.keys,
        inside=inside,
        between=_components(below),
        variances=shares @ (inside - shares @ inside) ** 2,
    )


def _components(u: Values) -> Values:
    shapes = [np.sqrt(2 * j + 1) * legendre.legval(2 * u - 1, [0.0] * j + [1.0]) for j in (2, 3, 4)]
    return np.stack([u, *shapes], axis=1)
