"""What windows hold of measures: sums over records, so that a longer window is the sum of shorter ones."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Aspect(StrEnum):
    """What is measured of a field, or of labels."""

    VALUES = "values"  # ranks of numbers, or shares of categories
    MISSING = "missing"  # records without a value
    ERRORS = "errors"  # audit labels that contradict the prediction
    CONFIDENCE = "confidence"  # by how much the top score exceeds how often it is right, on audit labels
    GOLD = "gold"  # labels that contradict a gold answer


# Aspects of data; the others are what labels say.
DATA = frozenset({Aspect.VALUES, Aspect.MISSING})


class Family(StrEnum):
    """Measures that share a part of the level."""

    LABELS = "labels"  # all that labels say
    WHOLE = "whole"  # fields of all samples
    SLICES = "slices"  # fields of the samples of one slice


@dataclass(frozen=True, kw_only=True, order=True)
class Measure:
    """What is watched: an aspect of a field, in a slice; the slice of all is empty, as is the field of labels."""

    slice: str = ""
    field: str = ""
    aspect: Aspect

    @property
    def family(self) -> Family:
        """With which measures it shares."""
        if self.aspect not in DATA:
            return Family.LABELS
        return Family.SLICES if self.slice else Family.WHOLE


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """The sums of a measure's components, (k,), over the `count` records of a window that had a value."""

    count: int
    sums: Values
