"""A simulated day of production: real digits, resampled into a long-tailed stream with planted faults.

The digits and the model's predictions are real; that they arrive from scanners, with noise, in these shares, and with
these faults, is simulated. The seed decides everything.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np

from examples.digits.trainer import gold_seed, pool, scanned, train

SAMPLES = 5_000
SOURCES = 6
# What each class weighs in production, most common first: the last come once in some hundred samples.
SHARES = {"1": 30, "0": 20, "7": 14, "2": 11, "3": 8, "6": 6, "4": 4, "9": 3, "5": 2, "8": 2}
START = datetime(2026, 1, 5, 8, tzinfo=UTC)


class Fault(StrEnum):
    """What is planted among the good records."""

    MALFORMED = "malformed_json"  # the record breaks off
    WRONG_TYPE = "wrong_type"  # a pixel is a word
    OUT_OF_RANGE = "pixel_out_of_range"  # a pixel is darker than ink
    UNKNOWN_CONTRACT = "unknown_contract"  # a version nobody has defined
    EXACT_DUPLICATE = "exact_duplicate"  # a record is sent twice
    NEAR_DUPLICATE = "near_duplicate"  # one sheet is scanned twice
    NO_PREDICTION = "missing_prediction"  # the model was not asked


PLANTED = {
    Fault.MALFORMED: 40,
    Fault.WRONG_TYPE: 40,
    Fault.OUT_OF_RANGE: 40,
    Fault.UNKNOWN_CONTRACT: 20,
    Fault.EXACT_DUPLICATE: 60,
    Fault.NEAR_DUPLICATE: 60,
    Fault.NO_PREDICTION: 40,
}


@dataclass(frozen=True, kw_only=True)
class Production:
    """One record to publish; `truth` is the class that the writer meant, for the simulated labelers."""

    key: bytes
    value: bytes
    sample_id: str
    truth: str
    fault: Fault | None = None


def production(seed: int, samples: int = SAMPLES) -> Iterator[Production]:
    """Yield `samples` good records and, among them, the planted faults in proportion."""
    generator = np.random.default_rng(seed)
    good = _good(samples, generator)
    faults = _faults(samples, generator)
    for index, (record, truth) in enumerate(good):
        yield _record(record, truth)
        for fault in faults.get(index, ()):
            yield _spoiled(fault, record, truth, generator)


def _good(samples: int, generator: np.random.Generator) -> list[tuple[dict[str, Any], str]]:
    """Return sample records with their true classes, drawn from the pool by the long-tailed shares."""
    images, classes, numbers = pool()
    weights = np.array([SHARES[name] / classes.count(name) for name in classes])
    drawn = generator.choice(len(classes), samples, p=weights / weights.sum())
    seen = scanned(images[drawn], generator).tolist()
    scores = train(*gold_seed()).scores([{"pixels": image} for image in seen])
    sources = generator.integers(1, SOURCES + 1, samples).tolist()
    return [
        (
            {
                "contract": 1,
                "sample_id": f"scan-{index:06d}",
                "source": f"scanner-{source}",
                "occurred_at": (START + timedelta(seconds=index)).isoformat(),
                "payload": {"pixels": image},
                "prediction": {"model": "gold-seed-1", "scores": {name: round(p, 6) for name, p in score.items()}},
                "attributes": {"origin": f"sheet-{numbers[pick]:04d}"},
            },
            classes[pick],
        )
        for index, (pick, image, source, score) in enumerate(zip(drawn, seen, sources, scores, strict=True))
    ]


def _faults(samples: int, generator: np.random.Generator) -> dict[int, list[Fault]]:
    """Return after which good record each fault comes."""
    planted = [fault for fault, count in PLANTED.items() for _ in range(max(1, count * samples // SAMPLES))]
    places: dict[int, list[Fault]] = {}
    for fault, index in zip(planted, generator.integers(0, samples, len(planted)).tolist(), strict=True):
        places.setdefault(index, []).append(fault)
    return places


def _record(
    record: dict[str, Any], truth: str, *, fault: Fault | None = None, value: bytes | None = None
) -> Production:
    return Production(
        key=record["source"].encode(),
        value=json.dumps(record).encode() if value is None else value,
        sample_id=record["sample_id"],
        truth=truth,
        fault=fault,
    )


def _spoiled(fault: Fault, record: dict[str, Any], truth: str, generator: np.random.Generator) -> Production:
    """Return the record spoiled in the way of `fault`; under an id of its own, but for an exact duplicate."""
    if fault is Fault.EXACT_DUPLICATE:
        return _record(record, truth, fault=fault)
    number = int(generator.integers(1_000_000_000))
    other: dict[str, Any] = {**record, "sample_id": f"{record['sample_id']}-{number}"}
    pixels: list[Any] = list(record["payload"]["pixels"])
    place = int(generator.integers(64))
    match fault:
        case Fault.MALFORMED:
            whole = json.dumps(other).encode()
            return _record(other, truth, fault=fault, value=whole[: len(whole) * 2 // 3])
        case Fault.WRONG_TYPE:
            pixels[place] = "dark"
        case Fault.OUT_OF_RANGE:
            pixels[place] = 17 + number % 200
        case Fault.NEAR_DUPLICATE:
            pixels[place] += 1 if pixels[place] < 16 else -1  # noqa: PLR2004 - the darkest grey level
        case Fault.UNKNOWN_CONTRACT:
            other["contract"] = 99
        case Fault.NO_PREDICTION:
            del other["prediction"]
    return _record({**other, "payload": {"pixels": pixels}}, truth, fault=fault)
