"""Patches of steel: what a box holds of its image, as numbers that were made without labels."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.consensus.sources import present
from labeling.consensus.votes import Numbers

# Patches are seen in one size; gradients are counted in so many cells a side and directions.
SIDE, CELLS, DIRECTIONS = 48, 4, 8
# Bins of the gray values.
GRAYS = 8
# The eight neighbours of a pixel, around it.
AROUND = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))

Gray = NDArray[np.float64]


def patches(folder: Path) -> Iterator[tuple[str, str, Numbers]]:
    """Yield of each box the name of its image, its class, and its patch's features."""
    image, name = np.zeros((0, 0)), ""
    with present(folder / "boxes.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["stem"] != name:
                name = row["stem"]
                image = _gray(present(folder / "images" / f"{name}.jpg"))
            left, top, right, bottom = (int(row[side]) for side in ("xmin", "ymin", "xmax", "ymax"))
            box = image[max(top - 1, 0) : max(bottom, top + 1), max(left - 1, 0) : max(right, left + 1)]
            yield name, row["class"], described(box)


def described(box: Gray) -> Numbers:
    """Return the features of a patch (height, width) of gray values in [0, 1].

    How tall and wide it is, mean and spread of its grays, their histogram and that of local binary patterns (Ojala,
    Pietikäinen and Mäenpää 2002: uniform, blind to rotation), and histograms of oriented gradients in cells (Dalal and
    Triggs 2005), these of the patch in one size.
    """
    height, width = box.shape
    shrunk = _resized(box)
    grays = np.histogram(box, GRAYS, (0.0, 1.0))[0] / box.size
    shape = np.array([height, width, np.log(height / width), box.mean(), box.std()])
    return np.concatenate([shape, grays, _patterns(shrunk), _gradients(shrunk)])


def _patterns(gray: Gray) -> Numbers:
    inner = gray[1:-1, 1:-1]
    rows, columns = inner.shape
    brighter = np.stack(
        [gray[1 + down : 1 + down + rows, 1 + right : 1 + right + columns] >= inner for down, right in AROUND]
    )
    turns = (brighter != np.roll(brighter, 1, axis=0)).sum(axis=0)
    kinds = np.where(turns <= 2, brighter.sum(axis=0), len(AROUND) + 1)  # uniform: one bright arc at most
    return np.bincount(kinds.ravel(), minlength=len(AROUND) + 2) / kinds.size


def _gradients(gray: Gray) -> Numbers:
    down, right = np.gradient(gray)
    strength = np.hypot(down, right)
    direction = ((np.arctan2(down, right) % np.pi) / np.pi * DIRECTIONS).astype(np.int64) % DIRECTIONS
    cell = np.arange(SIDE) * CELLS // SIDE
    places = (cell[:, None] * CELLS + cell[None, :]) * DIRECTIONS + direction
    summed = np.bincount(places.ravel(), weights=strength.ravel(), minlength=CELLS * CELLS * DIRECTIONS)
    found: Numbers = np.sqrt(summed / max(float(summed.sum()), 1e-9))
    return found


def _gray(file: Path) -> Gray:
    from PIL import Image  # noqa: PLC0415  Pillow is in .venv-bench only

    with Image.open(file) as opened:
        return np.asarray(opened.convert("L"), np.float64) / 255.0


def _resized(gray: Gray) -> Gray:
    """Return a patch in the one size, by the mean of what falls into each pixel, or the nearest where nothing does."""
    height, width = gray.shape
    rows, columns = (np.linspace(0, length, SIDE + 1).astype(np.int64) for length in (height, width))
    sums = np.pad(gray.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    top, left = np.minimum(rows[:-1], height - 1), np.minimum(columns[:-1], width - 1)
    bottom, right = np.maximum(rows[1:], top + 1), np.maximum(columns[1:], left + 1)
    summed = (
        sums[np.ix_(bottom, right)] - sums[np.ix_(top, right)] - sums[np.ix_(bottom, left)] + sums[np.ix_(top, left)]
    )
    found: Gray = summed / np.outer(bottom - top, right - left)
    return found
