"""The fixed reference model, and the readings that nobody labels here because their classes are known.

The data are the 49,097 readings of river's `Shuttle` (README.md says where they come from). They are dealt once, by a
stated seed, into three hands: a small gold seed set with two anomalies, a gold test set of which half are anomalies, so
that accuracy counts both classes alike, and the pool from which production is simulated.
"""

import csv
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

Payloads = Sequence[Mapping[str, Any]]
Features = NDArray[np.float64]

NORMAL, ANOMALY = "normal", "anomaly"
FIELDS = tuple(f"f{number}" for number in range(1, 10))
# These stay near 0 and swing by thousands, seldom.
SWINGING = [FIELDS.index(name) for name in ("f2", "f4", "f6")]
SEED = 20_240_601
# How many readings of either class each gold set has.
GOLD_SEED = {NORMAL: 198, ANOMALY: 2}
GOLD_TEST = {NORMAL: 1000, ANOMALY: 1000}


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Readings as (n, 9) features in the order of `FIELDS`, and their classes."""

    features: Features
    classes: tuple[str, ...]

    @property
    def payloads(self) -> list[dict[str, float]]:
        """The readings as the contract has them."""
        return [dict(zip(FIELDS, row, strict=True)) for row in self.features.tolist()]


class ShuttleModel:
    """Logistic regression on standardized features."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def predict(self, payloads: Payloads) -> list[str]:
        """Return the more likely class of each payload."""
        return [str(name) for name in self._pipeline.predict(_features(payloads))]

    def scores(self, payloads: Payloads) -> list[dict[str, float]]:
        """Return the probability of each class for each payload."""
        names = [str(name) for name in self._pipeline.classes_]
        rows = self._pipeline.predict_proba(_features(payloads)).tolist()
        return [dict(zip(names, row, strict=True)) for row in rows]

    def standardized(self, payloads: Payloads) -> Features:
        """Return (n, 9) features as the model sees them."""
        standardized: Features = self._pipeline[:-1].transform(_features(payloads))
        return standardized


def train(payloads: Payloads, labels: Sequence[str]) -> ShuttleModel:
    """Return the model for these payloads and labels; the same input gives the same model."""
    pipeline = make_pipeline(FunctionTransformer(_tamed), StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    return ShuttleModel(pipeline.fit(_features(payloads), list(labels)))


def gold_seed() -> tuple[Payloads, Sequence[str]]:
    """Return the small gold set that the first production model was trained on."""
    hand = _dealt()[0]
    return hand.payloads, hand.classes


def gold_test() -> tuple[Payloads, Sequence[str]]:
    """Return the gold test set."""
    hand = _dealt()[1]
    return hand.payloads, hand.classes


def pool() -> Hand:
    """Return the readings left for production, in random order."""
    return _dealt()[2]


@cache
def readings() -> Hand:
    """Return all readings in the order of the file.

    It is read out of the installed distribution: importing river.datasets to find it would take two seconds.
    """
    file = distribution("river").locate_file("river/datasets/shuttle.csv.gz")
    with gzip.open(str(file), "rt", encoding="ascii") as opened:
        rows = list(csv.DictReader(opened))
    return Hand(
        features=np.array([[float(row[name]) for name in FIELDS] for row in rows]),
        classes=tuple(ANOMALY if row["anomaly"] == "1" else NORMAL for row in rows),
    )


def _dealt() -> tuple[Hand, Hand, Hand]:
    """Return gold seed, gold test and pool."""
    whole = readings()
    order = np.random.default_rng(SEED).permutation(len(whole.classes)).tolist()
    hands: tuple[list[int], list[int], list[int]] = ([], [], [])
    for name in (NORMAL, ANOMALY):
        places = [place for place in order if whole.classes[place] == name]
        seed, test = GOLD_SEED[name], GOLD_SEED[name] + GOLD_TEST[name]
        for hand, part in zip(hands, (places[:seed], places[seed:test], places[test:]), strict=True):
            hand.extend(part)
    seed_hand, test_hand, rest = (_picked(whole, hand) for hand in hands)
    return seed_hand, test_hand, rest


def _picked(whole: Hand, places: Sequence[int]) -> Hand:
    return Hand(features=whole.features[list(places)], classes=tuple(whole.classes[place] for place in places))


def _tamed(features: Features) -> Features:
    """Return the features with the swinging ones on a scale of inverse hyperbolic sines."""
    tamed = features.copy()
    tamed[:, SWINGING] = np.arcsinh(tamed[:, SWINGING])
    return tamed


def _features(payloads: Payloads) -> Features:
    return np.array([[payload[name] for name in FIELDS] for payload in payloads], np.float64)
