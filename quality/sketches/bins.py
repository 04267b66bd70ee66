"""Bins for numbers of any size: every octave is cut into equal bins, as the bits of a float cut it.

A bin's key is the exponent of a number and the first bits of its mantissa: no logarithm is rounded, so a number has
the same key on every machine. Keys ascend with the numbers; 0 is the key of what is too small to be told from zero.

Source: bins of a relative width, Masson, Rim and Lee (2019), "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with
Relative-Error Guarantees"; their mapping by the bits of a float is the one with linear interpolation.
"""

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int64]
Values = NDArray[np.float64]

# At level 0 an octave has 2**FINEST bins; with each level two neighbours become one, until an octave is one bin.
FINEST = 9
COARSEST = FINEST
# Magnitudes below 2**LOWEST count as zero, those from 2**HIGHEST on are one bin, infinities among them.
LOWEST, HIGHEST = -64, 64
# The greatest key at level 0.
GREATEST = ((HIGHEST - LOWEST) << FINEST) + 1

# Of the upper half of a float's bits: what is not the sign, and by how much it is shifted to a key's bits.
_MAGNITUDE = np.int32(2**31 - 1)
_SHIFT, _UPPER = 52 - FINEST, 32
# What the bits of 2**LOWEST are, shifted.
_BASE = (1023 + LOWEST) << FINEST


def keys_of(values: Values) -> NDArray[np.int32]:
    """Return the key of each number at level 0; NaN has none, and must not be asked."""
    upper = (values.view(np.int64) >> _UPPER).astype(np.int32)  # half as wide, all that follows takes half the time
    places = upper & _MAGNITUDE
    places >>= _SHIFT - _UPPER
    places -= _BASE - 1
    np.maximum(places, 0, out=places)  # np.clip takes three times as long
    np.minimum(places, GREATEST, out=places)
    np.negative(places, out=places, where=upper < 0)
    return places


def coarser(keys: Keys, steps: int) -> Keys:
    """Return the keys of the same numbers `steps` levels further up."""
    found: Keys = np.sign(keys) * (((np.abs(keys) - 1) >> steps) + 1)
    return found


def edges(keys: Keys, level: int) -> tuple[Values, Values]:
    """Return where bins begin and end; the outermost ones are infinite on one side."""
    places = np.abs(keys)
    near, far = _magnitudes(places - 1, level), _magnitudes(places, level)
    far[places > ((GREATEST - 1) >> level)] = np.inf
    near[places == 0], far[places == 0] = -(2.0**LOWEST), 2.0**LOWEST
    below = keys < 0
    return np.where(below, -far, near), np.where(below, -near, far)


def _magnitudes(places: Keys, level: int) -> Values:
    return (((places << level) + _BASE) << _SHIFT).view(np.float64)
