"""A population: rows that streams are drawn from, and a fixed model's predictions on them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# The share of the rows, the first ones, that the model learns from; streams are drawn from the others.
LEARNT = 1 / 3


@dataclass(frozen=True, kw_only=True)
class Population:
    """Rows in their order.

    - numbers: (n, d), the fields, by `names`; `moved` is the one that a planted shift moves
    - labels: (n,), each the index of one of `classes` classes
    - run: how many rows in a row are drawn together, since neighbours resemble each other; 1 if they do not
    - window: how many records a window has
    - words: of texts, those of each row
    - features: (n, f), what the model sees; the fields themselves if there are none
    """

    names: tuple[str, ...]
    numbers: Floats
    labels: Codes
    run: int
    window: int
    moved: int
    words: tuple[tuple[str, ...], ...] = ()
    features: Floats | None = None

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.labels.max()) + 1

    @property
    def learnt(self) -> int:
        """How many rows the model learns from."""
        return int(len(self.labels) * LEARNT)

    @cached_property
    def spread(self) -> float:
        """The standard deviation of the field that a shift moves, over the rows that streams are drawn from."""
        return float(self.numbers[self.learnt :, self.moved].std())

    @cached_property
    def middle(self) -> float:
        """The median of that field."""
        return float(np.median(self.numbers[self.learnt :, self.moved]))

    @cached_property
    def model(self) -> Pipeline:
        """The fixed model: standardized features and logistic regression."""
        features = self.numbers if self.features is None else self.features
        fixed = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        return fixed.fit(features[: self.learnt], self.labels[: self.learnt])

    def predicted(self, rows: Codes, numbers: Floats) -> tuple[Codes, Floats]:
        """Return the predicted class of records and its score; `numbers` are their fields, which may have moved."""
        features = np.nan_to_num(numbers) if self.features is None else self.features[rows]
        scores = self.model.predict_proba(features)
        return self.model.classes_[scores.argmax(axis=1)], scores.max(axis=1)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A population by its name, and how to read it from a folder."""

    name: str
    read: Callable[[Path], Population]
    folder: Path
