"""What every engine checks: the same contract, and the same fifteen expectations in plain Python."""

import os
import re
from dataclasses import dataclass

from pydantic import ValidationError

from bench.line.contract import ReadingV1
from schemas.samples import versioned

SAMPLE = versioned({1: ReadingV1})[1]
SOURCE = re.compile("^line-[0-9]$")
SHIFTS = frozenset({"early", "late", "night"})


@dataclass(frozen=True)
class Job:
    """What a peer is to do; the bench says it by environment."""

    bootstrap: str = os.environ["BENCH_BOOTSTRAP"]
    group: str = os.environ["BENCH_GROUP"]
    samples: str = os.environ["BENCH_SAMPLES"]
    accepted: str = os.environ["BENCH_ACCEPTED"]
    rejected: str = os.environ["BENCH_REJECTED"]


def is_good(value: bytes) -> bool:
    """Say whether a record keeps the contract and every expectation."""
    try:
        sample = SAMPLE.model_validate_json(value)
    except ValidationError:
        return False
    reading: ReadingV1 = sample.payload  # type: ignore[assignment]
    return (
        0 <= reading.speed <= 100
        and 0 <= reading.force_left <= 100
        and 0 <= reading.force_right <= 100
        and 0 <= reading.gap_left <= 100
        and 0 <= reading.gap_right <= 100
        and 0 <= reading.torque_upper <= 100
        and 0 <= reading.torque_lower <= 100
        and 0 <= reading.tension_entry <= 100
        and 0 <= reading.tension_exit <= 100
        and 0 <= reading.temperature_entry <= 100
        and 0 <= reading.temperature_exit <= 100
        and 0 <= reading.coolant_flow <= 100
        and SOURCE.match(sample.source) is not None
        and sample.attributes.get("shift") in SHIFTS
        and sample.prediction is not None
    )
