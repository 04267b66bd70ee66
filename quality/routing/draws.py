"""Draws by hash: whether a sample is in a share depends on its id alone, and is uniform over ids."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.verdicts import Reason

Numbers = NDArray[np.float64]

# A digest of BLAKE2b holds eight numbers of 64 bits: one a purpose, so that draws for different ones are independent.
PURPOSES = 8
# Of each the upper bits that a float holds exactly.
SHIFT, SPAN = np.uint64(11), 2.0**53


def draws(sample_ids: Sequence[str]) -> Numbers:
    """Return a number in [0, 1) for each sample (rows) and reason (columns, in the order of `Reason`)."""
    digests = b"".join([hashlib.blake2b(one.encode(), person=b"assay").digest() for one in sample_ids])
    numbers = np.frombuffer(digests, "<u8").reshape(-1, PURPOSES)[:, : len(Reason)]
    return (numbers >> SHIFT) / SPAN
