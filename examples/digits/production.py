"""A simulated day of production: real digits, resampled into a long-tailed stream with planted faults.

The digits and the model's predictions are real; that they arrive from scanners, with noise, in these shares, and with
these faults, is simulated.
"""

from datetime import UTC, datetime, timedelta

import numpy as np

from examples.digits.trainer import gold_seed, pool, scanned, train
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
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
PIXELS, INK = 64, 16


def good(samples: int, generator: np.random.Generator) -> list[Good]:
    """Return sample records with their true classes, drawn from the pool by the long-tailed shares."""
    images, classes, numbers = pool()
    weights = np.array([SHARES[name] / classes.count(name) for name in classes])
    drawn = generator.choice(len(classes), samples, p=weights / weights.sum())
    seen = scanned(images[drawn], generator).tolist()
    scores = train(*gold_seed()).scores([{"pixels": image} for image in seen])
    sources = generator.integers(1, SOURCES + 1, samples).tolist()
    return [
        Good(
            record={
                "contract": 1,
                "sample_id": f"scan-{index:06d}",
                "source": f"scanner-{source}",
                "occurred_at": (START + timedelta(seconds=index)).isoformat(),
                "payload": {"pixels": image},
                "prediction": {"model": "gold-seed-1", "scores": {name: round(p, 6) for name, p in score.items()}},
                "attributes": {"origin": f"sheet-{numbers[pick]:04d}"},
            },
            truth=Truth(answer=classes[pick]),
        )
        for index, (pick, image, source, score) in enumerate(zip(drawn, seen, sources, scores, strict=True))
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
