"""What is measured of one set for one seed: what each model says of the items that test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from bench.datacentric.arms import ARMS, Labeled, first
from bench.datacentric.build import built
from bench.datacentric.crowds import deck
from bench.datacentric.models import BETTER, fixed, predicted
from bench.datacentric.noise import confusion_of, other_guideline, with_noise
from bench.datacentric.sets import ProofSet, Split, split
from bench.datacentric.sources import Source
from labeling.agreement.krippendorff import nominal
from labeling.agreement.ratings import Ratings
from labeling.consensus.votes import Codes

# Shares of wrong labels, and of the items that teach.
RATES = (0.0, 0.05, 0.12, 0.2, 0.3)
PARTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
# Shares of labelers who follow another guideline, and of wrong labels under a single one.
FOLLOWING = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
CARELESS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One set, for one seed."""

    source: Source
    seed: int

    @property
    def name(self) -> str:
        """What its result is kept by."""
        return f"{self.source.name}/{self.seed}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Said:
    """Of the items that test (m,), what each model says of them, by what it is called; and figures beside that."""

    test: Codes
    predictions: dict[tuple[str, ...], Codes]
    figures: dict[tuple[str, ...], float]


@lru_cache(maxsize=2)
def set_of(source: Source) -> ProofSet:
    """Return a set, read once in a process."""
    return source.read(source.folder)


@dataclass(frozen=True, kw_only=True, eq=False)
class Bench:
    """A set, cut by a seed."""

    whole: ProofSet
    cut: Split
    seed: int

    def taught(self, items: Codes, labels: Codes, model: Callable[[int], Any] = fixed) -> Codes:
        """Return what a model says of the items that test once these (of those that teach) have taught it."""
        train = self.cut.train[items]
        features = self.whole.features
        return predicted(model(self.seed), features[train], labels, features[self.cut.test])


def measure(job: Job) -> Said:
    """Measure everything of one set for one seed."""
    whole = set_of(job.source)
    bench = Bench(whole=whole, cut=split(whole, job.seed), seed=job.seed)
    predictions: dict[tuple[str, ...], Codes] = {}
    figures: dict[tuple[str, ...], float] = {}
    for part in (_spent, _curve, _consistency):
        for name, labels, figure in part(bench):
            predictions[name] = labels.astype(np.int16)
            figures |= {(*name, key): value for key, value in figure.items()}
    return Said(test=bench.cut.test, predictions=predictions, figures=figures)


Found = Iterator[tuple[tuple[str, ...], Codes, dict[str, float]]]


def _spent(bench: Bench) -> Found:
    """Yield the budget's arms at each level, and the table's models on the first and on the last labels."""
    cards = deck(bench.whole, bench.cut, bench.seed)
    features = bench.whole.features[bench.cut.train]
    last: dict[str, Labeled] = {}
    for name, arm in ARMS.items():
        for level, labeled in enumerate(arm(cards, features, bench.whole.classes, bench.seed)):
            right = float(np.mean(labeled.labels == cards.gold[labeled.items]))
            yield (
                ("budget", name, str(level)),
                bench.taught(labeled.items, labeled.labels),
                {"spent": labeled.spent, "labels_right": right, "items": float(len(labeled.items))},
            )
            last[name] = labeled
    every = np.arange(len(cards.gold))
    yield ("gold",), bench.taught(every, cards.gold), {}
    taught = {
        "first": Labeled(items=every, labels=first(cards), spent=1.0),
        "majority": last["majority"],
        "loop": last["loop"],
    }
    items, labels = built(last["loop"].labels, last["loop"].waiting, bench.whole.classes)
    yield ("settled",), bench.taught(items, labels), {"items": len(items) / len(every)}
    for (name, model), (source, labeled) in product(BETTER.items(), taught.items()):
        yield ("model", name, source), bench.taught(labeled.items, labeled.labels, model), {}


def _curve(bench: Bench) -> Found:
    """Yield the fixed model on parts of the items, with so many labels wrong; a part holds the smaller ones."""
    rng = np.random.default_rng([bench.seed, 4])
    gold = bench.whole.gold[bench.cut.train]
    order = rng.permutation(len(gold))
    confusion = confusion_of(bench.whole)
    for rate in RATES:
        labels = with_noise(gold, confusion, rate, rng)
        for place, part in enumerate(PARTS):
            items = order[: max(round(part * len(gold)), 2)]
            wrong = float(np.mean(labels[items] != gold[items]))
            yield (
                ("curve", f"{rate:g}", str(place)),
                bench.taught(items, labels[items]),
                {"items": float(len(items)), "wrong": wrong},
            )


def _consistency(bench: Bench) -> Found:
    """Yield the fixed model on labels by one guideline, carelessly, and by two, carefully; with their agreement."""
    rng = np.random.default_rng([bench.seed, 5])
    gold, other = bench.whole.gold[bench.cut.train], other_guideline(bench.whole)[bench.cut.train]
    confusion = confusion_of(bench.whole)
    every = np.arange(len(gold))
    for place, rate in enumerate(CARELESS):
        one, again = (with_noise(gold, confusion, rate, rng) for _ in range(2))
        yield ("consistency", "one", str(place)), bench.taught(every, one), {"alpha": alpha(one, again)}
    for place, share in enumerate(FOLLOWING):
        one, again = (np.where(rng.random(len(gold)) < share, other, gold) for _ in range(2))
        yield ("consistency", "two", str(place)), bench.taught(every, one), {"alpha": alpha(one, again)}


def alpha(one: Codes, other: Codes) -> float:
    """Return Krippendorff's alpha of two labels an item (n,)."""
    units = np.arange(len(one))
    ratings = Ratings(
        units=np.concatenate([units, units]),
        labelers=np.repeat([0, 1], len(one)),
        values=np.concatenate([one, other]),
        count=len(one),
        answers=tuple(range(int(max(one.max(), other.max())) + 1)),
        names=("one", "other"),
    )
    return nominal(ratings)(np.ones(len(one)))
