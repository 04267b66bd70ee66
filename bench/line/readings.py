"""Made-up readings, as a producer would send them: 550 bytes each, and two in a hundred bad."""

import json
import random
from collections.abc import Iterator

from bench.line.contract import ReadingV1

SENSORS = tuple(ReadingV1.model_fields)
BAD_EVERY = 50


def readings(seed: int, count: int) -> Iterator[bytes]:
    """Yield readings; the same seed gives the same bytes. Every fiftieth is bad, in one of five ways."""
    rng = random.Random(seed)  # noqa: S311 - made up, not secret
    for number in range(count):
        reading = _reading(rng, number)
        if number % BAD_EVERY == BAD_EVERY - 1:
            yield _spoiled(reading, number // BAD_EVERY % 5)
        else:
            yield _encoded(reading)


def _reading(rng: random.Random, number: int) -> dict[str, object]:
    good = round(rng.random(), 4)
    scratch = round((1 - good) * rng.random(), 4)
    return {
        "contract": 1,
        "sample_id": f"strip-{number:09d}",
        "source": f"line-{number % 7}",
        "occurred_at": f"2026-01-31T{number // 60 % 24:02d}:{number % 60:02d}:59.{number % 1000:03d}Z",
        "payload": {sensor: round(rng.uniform(0, 100), 2) for sensor in SENSORS},
        "prediction": {
            "model": "m1",
            "scores": {"good": good, "scratch": scratch, "dent": round(1 - good - scratch, 4)},
        },
        "attributes": {"shift": "night"},
    }


def _spoiled(reading: dict[str, object], way: int) -> bytes:
    payload: dict[str, object] = dict(reading["payload"])  # type: ignore[call-overload]
    if way == 0:
        return _encoded(reading)[:-40]
    if way == 1:
        payload["speed"] = "fast"
    elif way == 2:
        del payload["thickness"]
    elif way == 3:
        payload["force_left"] = 1000.5
    else:
        return _encoded({**reading, "source": "nobody"})
    return _encoded({**reading, "payload": payload})


def _encoded(reading: dict[str, object]) -> bytes:
    return json.dumps(reading, separators=(",", ":")).encode()
