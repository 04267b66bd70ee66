"""Values as counts by name, bounded: exact while few, a fixed sample of the names and all counts by hash after that.

Kept are the `KEPT` names with the lowest draws by hash. What is kept of a whole is among what is kept of each part
that has it, so its count is exact however the parts were merged; of other names only the sum in each of `BUCKETS`
ranges of the draw is known.

Source of the sample and of the estimate of distinct values: Bar-Yossef, Jayram, Kumar, Sivakumar and Trevisan (2002),
"Counting Distinct Elements in a Data Stream"; its error, Beyer et al. (2007), "On Synopses for Distinct-Value
Estimation Under Multiset Operations".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quality.routing.draws import draws

KEPT = 256
BUCKETS = 256
# What the draws are for.
PURPOSE = ("sketch",)
_NONE = np.zeros(0, np.int64)
Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Categories:
    """How often each value came: `kept` by name, in their order; `rest` by bucket, empty while all names are kept."""

    kept: Mapping[str, int] = field(default_factory=dict)
    rest: Counts = field(default_factory=lambda: _NONE)

    def __add__(self, other: "Categories") -> "Categories":
        """Return the sketch of both, whichever comes first."""
        counts = Counter(self.kept)
        counts.update(other.kept)
        return bounded(counts, self._rest + other._rest if self.is_full or other.is_full else _NONE)

    @property
    def _rest(self) -> Counts:
        return self.rest if self.is_full else np.zeros(BUCKETS, np.int64)

    @property
    def is_full(self) -> bool:
        """Say whether there were more names than are kept."""
        return len(self.rest) > 0

    @property
    def count(self) -> int:
        """How many values there are."""
        return sum(self.kept.values()) + int(self.rest.sum())

    @property
    def distinct(self) -> float:
        """How many names there were: exact while all are kept, then with a relative standard error of `error`."""
        return (KEPT - 1) / float(_draws(list(self.kept)).max()) if self.is_full else float(len(self.kept))

    @property
    def error(self) -> float:
        """The relative standard error of `distinct`: 0, or 1 / sqrt(KEPT - 2), which is 6.3 %."""
        return float(1.0 / np.sqrt(KEPT - 2)) if self.is_full else 0.0

    def top(self, most: int) -> list[tuple[str, int]]:
        """Return the kept names that came most often, with their exact counts; ties in the order of the names."""
        return sorted(self.kept.items(), key=lambda item: (-item[1], item[0]))[:most]


def counted(values: Iterable[str | None]) -> Categories:
    """Return the sketch of these values, absent ones aside."""
    counts: Counter[str | None] = Counter(values)
    del counts[None]
    return bounded(counts)  # type: ignore[arg-type]


def bounded(counts: Mapping[str, int], rest: Counts = _NONE) -> Categories:
    """Return the sketch of counts by name and, where there are such, of names no longer kept, by bucket."""
    if len(counts) <= KEPT:
        return Categories(kept=dict(sorted(counts.items())), rest=rest)
    names = sorted(counts)
    drawn = _draws(names)
    order = np.argsort(drawn, kind="stable")
    left = order[KEPT:]
    weights = np.fromiter((counts[names[place]] for place in left), np.int64, len(left))
    buckets = np.zeros(BUCKETS, np.int64)
    np.add.at(buckets, _buckets(drawn[left]), weights)
    kept = {names[place]: counts[names[place]] for place in sorted(order[:KEPT].tolist())}
    return Categories(kept=kept, rest=buckets + rest if len(rest) else buckets)


def aligned(sketches: Sequence[Categories]) -> tuple[list[str], Counts]:
    """Return names and the exact counts of each: one row a sketch, one column a name, then one a bucket for the rest.

    The names are those that the sketch of all of them keeps; there are no columns of buckets where it keeps all.
    """
    whole = sum(sketches, start=Categories())
    names = list(whole.kept)
    counts = np.array([[one.kept.get(name, 0) for name in names] for one in sketches], np.int64)
    counts = counts.reshape(len(sketches), len(names))
    return names, np.hstack([counts, np.stack([_others(one, whole) for one in sketches])]) if whole.is_full else counts


def _others(one: Categories, whole: Categories) -> Counts:
    """Return by bucket what a sketch counted of names that the whole no longer keeps."""
    names = [name for name in one.kept if name not in whole.kept]
    found = one._rest.copy()  # noqa: SLF001 - of its own kind
    np.add.at(found, _buckets(_draws(names)), np.fromiter((one.kept[name] for name in names), np.int64, len(names)))
    return found


def _draws(names: Sequence[str]) -> NDArray[np.float64]:
    return draws(names, PURPOSE)[:, 0]


def _buckets(drawn: NDArray[np.float64]) -> NDArray[np.int64]:
    return (drawn * BUCKETS).astype(np.int64)
