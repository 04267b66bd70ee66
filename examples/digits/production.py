"""A simulated day of production: real digits, resampled into a long-tailed stream with planted faults.

The digits and the model's predictions are real; that they arrive from scanners, with noise, in these shares, and with
these faults, is simulated. So is what happens later: the tray, through which sheets come rarely, slips.
"""

from datetime import UTC, datetime, timedelta

import numpy as np

from examples.digits.trainer import FEED, GLASS, TRAY, gold_seed, pool, scanned, slipped, train
from examples.simulation.change import Model
from examples.simulation.faults import (
    EXACT_DUPLICATE,
    MALFORMED,
    NO_PREDICTION,
    UNKNOWN_CONTRACT,
    Expected,
    Fault,
)
from examples.simulation.records import Good, Record, Truth

SOURCES = 6
# What each class weighs in production, most common first: the last come once in some hundred samples.
SHARES = {"1": 30, "0": 20, "7": 14, "2": 11, "3": 8, "6": 6, "4": 4, "9": 3, "5": 2, "8": 2}
# The share of the sheets that comes from the tray: one in twelve or so.
TRAY_SHARE = 0.08
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
PIXELS, INK = 64, 16


def good(samples: int, generator: np.random.Generator) -> list[Good]:
    """Return sample records with their true classes, drawn from the pool by the long-tailed shares."""
    first = Model(name="gold-seed-1", scores=train(*gold_seed()).scores)
    return later(range(samples), generator, first, changed=False)


def later(numbers: range, generator: np.random.Generator, model: Model, *, changed: bool) -> list[Good]:
    """Return records of these numbers, with what a model says of them; once `changed`, the tray has slipped."""
    images, classes, origins = pool()
    weights = np.array([SHARES[name] / classes.count(name) for name in classes])
    drawn = generator.choice(len(classes), len(numbers), p=weights / weights.sum())
    # Drawn apart, so that whatever the share, the sheets are the same.
    tray = generator.spawn(1)[0].random(len(numbers)) < TRAY_SHARE
    laid = np.where((tray & changed)[:, None], slipped(images[drawn]), images[drawn])
    seen = scanned(laid, generator).tolist()
    scores = model.scores([{"pixels": image} for image in seen])
    sources = generator.integers(1, SOURCES + 1, len(numbers)).tolist()
    return [
        Good(
            record={
                "contract": 1,
                "sample_id": f"scan-{index:06d}",
                "source": f"scanner-{source}",
                "occurred_at": (START + timedelta(seconds=index)).isoformat(),
                "payload": {"pixels": image},
                "prediction": {"model": model.name, "scores": {name: round(p, 6) for name, p in score.items()}},
                "attributes": {"origin": f"sheet-{origins[pick]:04d}", FEED: TRAY if by_tray else GLASS},
            },
            truth=Truth(answer=classes[pick]),
        )
        for index, pick, by_tray, image, source, score in zip(
            numbers, drawn.tolist(), tray.tolist(), seen, sources, scores, strict=True
        )
    ]


def _with_pixel(record: Record, place: int, pixel: int | str) -> Record:
    pixels: list[int | str] = [*record["payload"]["pixels"]]
    pixels[place] = pixel
    return {**record, "payload": {"pixels": pixels}}


def _with_a_word(record: Record, number: int) -> Record:
    return _with_pixel(record, number % PIXELS, "dark")


def _too_dark(record: Record, number: int) -> Record:
    return _with_pixel(record, number % PIXELS, INK + 1 + number % 200)


def _scanned_again(record: Record, number: int) -> Record:
    place = number % PIXELS
    pixel = record["payload"]["pixels"][place]
    return _with_pixel(record, place, pixel + 1 if pixel < INK else pixel - 1)


FAULTS = (
    MALFORMED,
    Fault(
        name="wrong_type",
        count=40,
        spoil=_with_a_word,
        caught_by=Expected(rule="contract.int_type", where="payload.pixels"),
    ),
    Fault(
        name="pixel_out_of_range",
        count=40,
        spoil=_too_dark,
        caught_by=Expected(rule="expect_column_values_to_be_between", where="pixel_max"),
    ),
    UNKNOWN_CONTRACT,
    EXACT_DUPLICATE,
    # One sheet is scanned twice.
    Fault(name="near_duplicate", count=60, spoil=_scanned_again, caught_by=Expected(rule="near")),
    NO_PREDICTION,
)
