"""SIMULATED noise and guidelines: what labels would be if so many were wrong, or if two rules were followed."""

import numpy as np

from bench.datacentric.crowds import confusable, noisy
from bench.datacentric.sets import ProofSet
from labeling.consensus.votes import Codes, Mask, Numbers

# No class is wrong more often than this.
MOST = 0.9


def confusion_of(whole: ProofSet) -> tuple[Numbers, Numbers]:
    """Return how errors fall: of each class how often others are given instead (C, C), and how hard it is (C,).

    As the recorded crowd errs, where there is one; elsewhere near classes are taken for each other, and all are
    equally hard. Hardness is 1 for a class that is missed as often as the average.
    """
    classes = len(whole.classes)
    if whole.votes is None:
        return confusable(whole), np.ones(classes)
    right = whole.gold[whole.votes.items]
    counts = np.bincount(right * classes + whole.votes.answers, minlength=classes * classes).reshape(classes, classes)
    missed = 1.0 - counts.diagonal() / np.maximum(counts.sum(axis=1), 1)
    wrong = (counts + 1.0) * (1.0 - np.eye(classes))
    overall = float(np.mean(right != whole.votes.answers))
    return wrong / wrong.sum(axis=1, keepdims=True), missed / overall


def with_noise(gold: Codes, confusion: tuple[Numbers, Numbers], rate: float, rng: np.random.Generator) -> Codes:
    """Return the right answers (n,) of which about this share is replaced, class by class as `confusion_of` says."""
    wrong, hardness = confusion
    scaled = rate * hardness[gold]
    return noisy(gold, wrong, np.minimum(scaled * rate / max(float(scaled.mean()), 1e-9), MOST), rng)


def other_guideline(whole: ProofSet) -> Codes:
    """Return what all items (I,) are by another rule, which draws the line between near classes elsewhere.

    Classes are paired, the nearest first. Of each pair the larger one cedes, of its items, those that are most like the
    smaller one: half as many as that one has.
    """
    deviation = whole.features.std(axis=0)
    scaled = whole.features / np.where(deviation > 0, deviation, 1.0)
    sizes = np.bincount(whole.gold, minlength=len(whole.classes))
    found = whole.gold.copy()
    for one, other in _pairs(confusable(whole)):
        larger, smaller = (one, other) if sizes[one] >= sizes[other] else (other, one)
        of_larger: Mask = whole.gold == larger
        towards = scaled[whole.gold == smaller].mean(axis=0) - scaled[of_larger].mean(axis=0)
        items = np.flatnonzero(of_larger)
        like = np.argsort(-(scaled[items] @ towards), kind="stable")
        found[items[like[: sizes[smaller] // 2]]] = smaller
    return found


def _pairs(wrong: Numbers) -> list[tuple[int, int]]:
    """Return classes in pairs, the most confusable first, each in one pair at most."""
    near = np.triu(wrong + wrong.T, 1)
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    for place in np.argsort(-near, axis=None, kind="stable").tolist():
        one, other = divmod(place, len(near))
        if one < other and not {one, other} & taken:
            pairs.append((one, other))
            taken |= {one, other}
    return pairs
