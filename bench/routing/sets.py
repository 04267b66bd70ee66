"""A labeled set, what of it is held out, and the stream that a seed makes of the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.routing.model import Codes
from bench.routing.moments import Features, Moments, Numbers
from bench.routing.selector import Places

# The share of each class that evaluates and is never streamed, and the seed that draws it once for all.
HELD_OUT, HELD_OUT_SEED = 0.3, 0


@dataclass(frozen=True, kw_only=True)
class LabeledSet:
    """Records with their features and gold labels.

    - features: (n, d)
    - codes: (n,), each the index of a class in `classes`
    - classes: the names of the classes, sorted
    - scores: (n, C), probabilities of a model that came with the set, if one did
    - alike: whether the features have one unit, as components of a decomposition do
    - ordered: whether the order of the rows means something, and the stream keeps it
    """

    features: Features
    codes: Codes
    classes: tuple[str, ...]
    scores: Numbers | None = None
    alike: bool = False
    ordered: bool = False

    def __len__(self) -> int:
        return len(self.codes)

    def rows(self, places: Places) -> "LabeledSet":
        """Return the set of the rows at these places."""
        return replace(
            self,
            features=self.features[places],
            codes=self.codes[places],
            scores=None if self.scores is None else self.scores[places],
        )

    def unseen(self) -> Moments:
        """Return the moments of the features before any row was seen."""
        return Moments.none(self.features.shape[1], alike=self.alike)

    def counts(self) -> Codes:
        """Return how many rows each class has, (C,)."""
        counts: Codes = np.bincount(self.codes, minlength=len(self.classes))
        return counts


def labeled_set(
    features: Numbers,
    labels: Sequence[str],
    *,
    scores: Numbers | None = None,
    alike: bool = False,
    ordered: bool = False,
) -> LabeledSet:
    """Return the set of rows (n, d) with n labels, whose texts become the names of the classes."""
    classes, codes = np.unique(np.asarray(labels), return_inverse=True)
    return LabeledSet(
        features=np.ascontiguousarray(features, np.float32),
        codes=codes.astype(np.int64),
        classes=tuple(classes.tolist()),
        scores=scores,
        alike=alike,
        ordered=ordered,
    )


def parted(whole: LabeledSet) -> tuple[LabeledSet, LabeledSet]:
    """Return what is streamed and what is held out: of each class 30 %, rounded, drawn from the whole stream.

    Both keep the order of the rows. Under drift the held-out rows are of all times, so they ask how well the labels
    speak for the whole stream, not how well they foretell what comes after it.
    """
    rng = np.random.default_rng(HELD_OUT_SEED)
    out = np.zeros(len(whole), bool)
    for code in range(len(whole.classes)):
        of_class = np.flatnonzero(whole.codes == code)
        out[rng.permutation(of_class)[: round(HELD_OUT * len(of_class))]] = True
    return whole.rows(np.flatnonzero(~out)), whole.rows(np.flatnonzero(out))


def thinned(whole: LabeledSet, share: float, rng: np.random.Generator) -> LabeledSet:
    """Return the set with so many rows of its rarest class dropped at random that it is `share` of what is left."""
    rarest = int(whole.counts().argmin())
    of_class = np.flatnonzero(whole.codes == rarest)
    others = len(whole) - len(of_class)
    kept = rng.permutation(of_class)[: round(others * share / (1.0 - share))]
    return whole.rows(np.sort(np.concatenate([np.flatnonzero(whole.codes != rarest), kept])))


def shuffled(whole: LabeledSet, rng: np.random.Generator) -> LabeledSet:
    """Return the set in random order, unless its order means something."""
    return whole if whole.ordered else whole.rows(rng.permutation(len(whole)))
