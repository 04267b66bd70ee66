"""The fixed reference model, and the digits that nobody labels here because their classes are known.

scikit-learn's 1,797 digits are dealt once, by a stated seed, into three hands: a small gold seed set (the first
model's training data), a gold test set, and the pool from which production is simulated. Some of the gold test set are
there a second time, as scanners send them whose tray has slipped: a part of production that nobody foresaw has gold
rows only because it is simulated.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

Payloads = Sequence[Mapping[str, Any]]
Images = NDArray[np.int64]

SEED = 20_240_601
# An image is so many pixels wide and high.
SIDE = 8
GOLD_SEED = 100
GOLD_TEST = 600
# Of the latter, so many are there as a slipped tray sends them, too.
GOLD_SLIPPED = 200
# How a sheet came under the scanner: laid on the glass by hand, or drawn in from the tray.
FEED, GLASS, TRAY = "feed", "glass", "tray"
# Standard deviation of a scanner's noise, in grey levels of 16.
NOISE = 2.0


class DigitModel:
    """Logistic regression on scaled pixels."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def predict(self, payloads: Payloads) -> list[str]:
        """Return the most likely class of each payload."""
        return [str(name) for name in self._pipeline.predict(_pixels(payloads))]

    def scores(self, payloads: Payloads) -> list[dict[str, float]]:
        """Return the probability of each class for each payload."""
        names = [str(name) for name in self._pipeline.classes_]
        return [dict(zip(names, row, strict=True)) for row in self._pipeline.predict_proba(_pixels(payloads)).tolist()]


def train(payloads: Payloads, labels: Sequence[str]) -> DigitModel:
    """Return the model for these payloads and labels; the same input gives the same model."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=1000))
    return DigitModel(pipeline.fit(_pixels(payloads), list(labels)))


def gold_seed() -> tuple[Payloads, Sequence[str]]:
    """Return the small gold set that the first production model was trained on."""
    return _gold(slice(0, GOLD_SEED))


def gold_test() -> tuple[Payloads, Sequence[str], Sequence[Mapping[str, str]]]:
    """Return the gold test set, as scanners see it: sheets on the glass, and then some of them from a slipped tray."""
    glass, classes = _gold(slice(GOLD_SEED, GOLD_SEED + GOLD_TEST))
    tray, again = _gold(slice(GOLD_SEED, GOLD_SEED + GOLD_SLIPPED), slipped)
    return [*glass, *tray], [*classes, *again], [{FEED: GLASS}] * len(glass) + [{FEED: TRAY}] * len(tray)


def pool() -> tuple[Images, list[str], list[int]]:
    """Return the images, classes and numbers of the digits left for production; images are (n, 64)."""
    images, classes, order = _dealt()
    rest = order[GOLD_SEED + GOLD_TEST :]
    return images[rest], [classes[index] for index in rest], rest


def scanned(images: Images, generator: np.random.Generator) -> Images:
    """Return the images, (n, 64), with a scanner's noise; grey levels stay within 0 and 16."""
    noisy = images + generator.normal(0.0, NOISE, images.shape)
    return np.clip(np.rint(noisy), 0, 16).astype(np.int64)


def slipped(images: Images) -> Images:
    """Return the images, (n, 64), as a slipped tray lays them: a pixel to the right; the last column is cut."""
    moved = np.zeros_like(images).reshape(-1, SIDE, SIDE)
    moved[:, :, 1:] = images.reshape(-1, SIDE, SIDE)[:, :, :-1]
    return moved.reshape(images.shape)


def _gold(part: slice, laid: Callable[[Images], Images] = lambda images: images) -> tuple[Payloads, Sequence[str]]:
    images, classes, order = _dealt()
    seen = scanned(laid(images[order[part]]), np.random.default_rng((SEED, part.start)))
    return [{"pixels": image} for image in seen.tolist()], [classes[index] for index in order[part]]


def _dealt() -> tuple[Images, list[str], list[int]]:
    digits = load_digits()
    order = np.random.default_rng(SEED).permutation(len(digits.data)).tolist()
    return digits.data.astype(np.int64), [str(target) for target in digits.target], order


def _pixels(payloads: Payloads) -> NDArray[np.float64]:
    return np.asarray([payload["pixels"] for payload in payloads], np.float64)
