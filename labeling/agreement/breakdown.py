"""The same measure of agreement by slice, source, week or class, class pair and labeler pair."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np
from scipy.sparse import csr_array

from labeling.agreement.bootstrap import RESAMPLES, bootstrap, bootstrap_each
from labeling.agreement.cohen import cohen, unweighted
from labeling.agreement.krippendorff import nominal
from labeling.agreement.ratings import Codes, Measure, Numbers, Ratings
from quality.intervals import Interval

# The units that two labelers must have both answered for their agreement to be told.
SHARED = 20


class Units(Protocol):
    """What measures are made of: `Ratings`, `BoxAgreement` or `TextAgreement`."""

    def take(self, units: Codes, /) -> Self:
        """Return some units alone."""


U = TypeVar("U", bound=Units)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a breakdown: how many units it has, and the measure on these; None where it is undefined."""

    units: int
    measure: Interval | None


def by_key(
    whole: U, measure: Callable[[U], Measure], keys: Sequence[Hashable], *, seed: int, resamples: int = RESAMPLES
) -> dict[Hashable, Part]:
    """Return the measure of the units of each key, most units first; `keys` holds one for each unit.

    A key is a slice, a source, a week or whatever tells units apart. What chance would do is taken from the part
    itself: a part of one class only has no alpha.
    """
    places: dict[Hashable, list[int]] = {}
    for unit, key in enumerate(keys):
        places.setdefault(key, []).append(unit)
    ranked = sorted(places.items(), key=lambda item: -len(item[1]))
    return {
        key: Part(
            units=len(units),
            measure=bootstrap(measure(whole.take(np.array(units))), len(units), seed=seed, resamples=resamples),
        )
        for key, units in ranked
    }


def by_labelers(
    ratings: Ratings, *, seed: int, shared: int = SHARED, resamples: int = RESAMPLES
) -> dict[tuple[str, str], Part]:
    """Return Cohen's kappa of each two labelers who both answered `shared` units or more, most units first.

    Expects one answer a labeler and unit.
    """
    one, other = ratings.pairs()
    swapped = ratings.labelers[one] > ratings.labelers[other]
    one, other = np.where(swapped, other, one), np.where(swapped, one, other)
    apart = ratings.labelers[one] * len(ratings.names) + ratings.labelers[other]
    pairs, counts = np.unique(apart, return_counts=True)
    differences = unweighted(len(ratings.answers))
    found: dict[tuple[str, str], Part] = {}
    for place in np.argsort(-counts, kind="stable").tolist():
        if counts[place] < shared:
            break
        rows = np.flatnonzero(apart == pairs[place])
        measure = cohen(ratings.values[one[rows]], ratings.values[other[rows]], differences)
        first, second = divmod(int(pairs[place]), len(ratings.names))
        found[ratings.names[first], ratings.names[second]] = Part(
            units=len(rows), measure=bootstrap(measure, len(rows), seed=seed, resamples=resamples)
        )
    return found


def by_classes(ratings: Ratings, *, seed: int, resamples: int = RESAMPLES) -> dict[tuple[Hashable, Hashable], Part]:
    """Return how far each two classes are told apart: 1 - o_ck / e_ck, the worst first; none never confused.

    o_ck is Krippendorff's observed coincidence of classes c and k in a unit, e_ck = 2 n_c n_k / (n - 1) what chance
    would make it. Alpha is the mean of this over all pairs, weighted by e_ck: 1 if never confused, 0 as often
    as by chance. The units of a pair are those that got both.
    """
    kept = ratings.pairable()
    classes, sizes, counts = len(kept.answers), kept.sizes, kept.counts
    one, other = kept.pairs()
    low, high = np.minimum(kept.values[one], kept.values[other]), np.maximum(kept.values[one], kept.values[other])
    differ = low < high
    cells = (low * classes + high)[differ]
    units = kept.units[one][differ]
    confused, rows = np.unique(cells, return_inverse=True)
    shares = 2.0 / np.maximum(1, sizes - 1)[units]
    torn = csr_array((shares, (rows, units)), shape=(len(confused), kept.count))
    firsts, seconds = np.divmod(confused, classes)
    measured = bootstrap_each(_apart(counts, torn, firsts, seconds), kept.count, seed=seed, resamples=resamples)
    found = {
        (kept.answers[first], kept.answers[second]): Part(units=int(tasks), measure=measure)
        for first, second, tasks, measure in zip(firsts, seconds, np.diff(torn.indptr), measured, strict=True)
    }
    return dict(sorted(found.items(), key=lambda item: item[1].measure.estimate if item[1].measure else 0.0))


def by_class(ratings: Ratings, *, seed: int, resamples: int = RESAMPLES) -> dict[Hashable, Part]:
    """Return alpha of whether an answer is, or holds, each class: answers are classes or sets of classes."""
    members = [answer if isinstance(answer, frozenset) else frozenset({answer}) for answer in ratings.answers]
    found: dict[Hashable, Part] = {}
    for name in dict.fromkeys(name for answer in members for name in sorted(answer, key=str)):
        holds = np.array([name in answer for answer in members], dtype=np.intp)
        binary = Ratings(
            units=ratings.units,
            labelers=ratings.labelers,
            values=holds[ratings.values],
            count=ratings.count,
            answers=(False, True),
            names=ratings.names,
        )
        given = np.unique(binary.units[binary.values == 1])
        found[name] = Part(
            units=len(given), measure=bootstrap(nominal(binary), ratings.count, seed=seed, resamples=resamples)
        )
    return found


def _apart(counts: csr_array, torn: csr_array, firsts: Codes, seconds: Codes) -> Callable[[Numbers], Numbers]:
    def measures(weights: Numbers) -> Numbers:
        given = counts @ weights
        by_chance = 2 * given[firsts] * given[seconds] / max(1.0, given.sum() - 1)
        by_chance[by_chance == 0] = np.nan
        return np.asarray(1 - torn @ weights / by_chance, dtype=np.float64)

    return measures
