"""What is measured of one replay: the model its labels make, the rare rows it found, what it labeled twice."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist
from sklearn.metrics import f1_score

from bench.routing.model import Codes
from bench.routing.moments import Features
from bench.routing.replay import Outcome, allowance
from bench.routing.selector import Places
from bench.routing.sets import LabeledSet

# A class is rare if it has less than this part of an even share; if none has, the rarest part of the classes is.
RARE_PART, RAREST_PART = 0.5, 0.25
# Rows, evenly spread over the stream, from whose nearest neighbours it is told what is near.
PROBES = 1000
# Parts of the stream at whose ends the classes found are counted.
STEPS = 10
# Rows that are compared at once with all before them.
BLOCK = 256


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The measures of one replay.

    - macro_f1: of the final model on what was held out, over its classes
    - rare_recall: the share of a rare class's rows in the stream that were labeled, mean over the rare classes
    - rare_recall_cap: the most that `rare_recall` can be if all that the budget allows went to rare rows
    - classes_found: how many classes have a label at the end
    - classes_found_over_time: the same after each tenth of the stream
    - near_duplicate_share: the share of the labeled rows that lie within epsilon of a row labeled before
    - spent: labels as a share of the stream
    - hit_rates: by reason, of a selector that has reasons
    """

    macro_f1: float
    rare_recall: float
    rare_recall_cap: float
    classes_found: int
    classes_found_over_time: tuple[int, ...]
    near_duplicate_share: float
    spent: float
    hit_rates: Mapping[str, float]


def figures(
    outcome: Outcome,
    stream: LabeledSet,
    held_out: LabeledSet,
    *,
    budget: float,
    epsilon: float,
    hit_rates: Mapping[str, float],
) -> Figures:
    """Return the measures of what a selector labeled in a stream."""
    labeled, counts = outcome.labeled, stream.counts()
    found = classes_found_over_time(stream.codes, labeled)
    return Figures(
        macro_f1=macro_f1(held_out.codes, outcome.model.predicted(held_out.features)),
        rare_recall=rare_recall(stream.codes, labeled, rare_classes(counts)),
        rare_recall_cap=rare_recall_cap(counts[rare_classes(counts)], allowance(budget, len(stream))),
        classes_found=found[-1],
        classes_found_over_time=found,
        near_duplicate_share=near_duplicate_share(standardized(stream)[labeled], epsilon),
        spent=len(labeled) / len(stream),
        hit_rates=hit_rates,
    )


def macro_f1(codes: Codes, predicted: Codes) -> float:
    """Return the mean F1 over the classes among `codes`; 0 for a class that is never predicted."""
    return float(f1_score(codes, predicted, labels=np.unique(codes), average="macro", zero_division=0))


def rare_classes(counts: Codes) -> Codes:
    """Return the codes of the rare classes by the counts (C,) of all, the rarest first; there is at least one."""
    present = np.flatnonzero(counts)
    order: Codes = present[np.argsort(counts[present], kind="stable")]
    rare = order[counts[order] < RARE_PART * counts.sum() / len(present)]
    return rare if len(rare) else order[: max(1, int(RAREST_PART * len(order)))]


def rare_recall(codes: Codes, labeled: Places, rare: Codes) -> float:
    """Return the mean over rare classes of the share of their rows in the stream that were labeled."""
    return float(np.mean([np.mean(np.isin(np.flatnonzero(codes == code), labeled)) for code in rare]))


def rare_recall_cap(counts: Codes, labels: int) -> float:
    """Return the highest rare recall that so many labels reach for rare classes of these counts, the rarest first.

    A label adds most in the rarest class, so the best case fills classes in that order.
    """
    before = np.cumsum(counts) - counts
    return float(np.mean(np.clip(labels - before, 0, counts) / counts))


def classes_found_over_time(codes: Codes, labeled: Places) -> tuple[int, ...]:
    """Return how many classes have a label after each tenth of the stream."""
    ends = len(codes) * np.arange(1, STEPS + 1) / STEPS
    return tuple(len(np.unique(codes[labeled[labeled < end]])) for end in ends)


def standardized(stream: LabeledSet) -> Features:
    """Return the features of a stream, standardized by the moments of all of it."""
    return stream.unseen().updated(stream.features).standardized(stream.features)


def near(stream: LabeledSet) -> float:
    """Return epsilon: the median distance of a row to its nearest other row in the stream, features standardized.

    So a label is a near duplicate if it lies no further from another one than a row's nearest neighbour does when all
    rows are taken. No class counts in it. Where more than half of the rows have a twin epsilon is 0, and only exact
    duplicates are near.
    """
    rows = standardized(stream)
    probes = rows[:: max(1, len(rows) // PROBES)]
    distances, _ = KDTree(rows).query(probes, k=2)
    return float(np.median(distances[:, 1]))


def near_duplicate_share(rows: Features, epsilon: float) -> float:
    """Return the share of rows (L, d), in the order of labeling, that lie within epsilon of an earlier one."""
    blocks = [_near_before(rows, start, epsilon) for start in range(0, len(rows), BLOCK)]
    return float(np.mean(np.concatenate(blocks)))


def _near_before(rows: Features, start: int, epsilon: float) -> NDArray[np.bool_]:
    block = rows[start : start + BLOCK]
    close = cdist(block, rows[: start + len(block)]) <= epsilon
    earlier = np.arange(start + len(block)) < np.arange(start, start + len(block))[:, None]
    near_before: NDArray[np.bool_] = (close & earlier).any(axis=1)
    return near_before
