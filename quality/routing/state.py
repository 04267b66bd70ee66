"""What routing remembers of a partition, bounded whatever comes; and what several partitions remember together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from quality.routing import space
from quality.routing.budget import Purse
from quality.routing.centers import NO_POINTS
from quality.routing.counts import Counts, Values, added
from quality.routing.deciding import Deciding
from quality.routing.lattice import Points
from quality.routing.representative import Distances
from quality.routing.space import Sampled, Seen
from schemas.routing import Steering


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steering from a block on."""

    block: int
    steering: Steering


@dataclass(frozen=True, kw_only=True, eq=False)
class Opening:
    """What a block began with: the purse, and how many were selected so far of slices that have quotas.

    `far` is how far each point of the space's sample was from the nearest queued one.
    """

    purse: Purse
    filled: Values
    far: Distances


@dataclass(frozen=True, kw_only=True, eq=False)
class RoutingState:
    """What decides in `block`: decayed counts of all blocks before it, and the plain counts of this one so far.

    `queued` are the last selected points, of which this block has `added` some, `covered` is how far the space's sample
    is from what is selected, and `filled` counts what was selected of slices that have quotas; the block is decided by
    those of its `opening`. Labels come at any time, so what they say is `planned` for a block ahead: the state alone
    decides then, also where records are routed again. The steering in force was taken up with block `since`, and its
    quotas count from the partition's beginning, as the policy's do.
    `deciding` follows from the rest, and is kept so that a block's frames need not all work it out.
    """

    block: int = 0
    since: int = 0
    steering: Steering = field(default_factory=Steering)
    planned: Plan | None = None
    opening: Opening | None = None
    purse: Purse = field(default_factory=Purse)
    used: Counts = field(default_factory=Counts)
    counted: Counts = field(default_factory=Counts)
    seen: Seen = field(default_factory=Seen)
    sampled: Sampled = field(default_factory=Sampled)
    queued: Points = field(default_factory=lambda: NO_POINTS)
    added: int = 0
    covered: Distances = field(default_factory=lambda: np.zeros(0))
    filled: Values = field(default_factory=dict)
    deciding: Deciding | None = field(default=None, repr=False)

    @property
    def told(self) -> int:
        """The last version of steering that is known here, in force or planned."""
        return self.planned.steering.version if self.planned else self.steering.version


def merged(states: Sequence[RoutingState], centers: int) -> tuple[Counts, Seen]:
    """Return what partitions have counted and seen together, in all blocks before their own, in whatever order.

    Sums of floats may differ by their rounding, and the centers by their points: these cover the same in any order. Of
    columns with more values than are counted, the rarest may be other ones.
    """
    counts = reduce(added, (state.used for state in states), Counts())
    return counts, space.merged((state.seen for state in states), centers)
