"""A simulated stretch of telemetry: real readings, with anomalies thinned to a long tail, and planted faults.

The readings, their classes and the model's predictions are real; that they come from these units, one a second, in
this order and with these faults, is simulated. The file has 7 % anomalies, in no order of time.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from examples.shuttle.trainer import ANOMALY, FIELDS, NORMAL, Hand, gold_seed, pool, train
from examples.simulation.faults import (
    EXACT_DUPLICATE,
    MALFORMED,
    NO_PREDICTION,
    UNKNOWN_CONTRACT,
    Expected,
    Fault,
)
from examples.simulation.records import Good, Record, Truth
from schemas.errors import InputError

# Units are made up: the file does not say where a reading was taken.
SOURCES = 4
ANOMALIES = 0.005
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
# Where f9 is raised like this, version 1 of the guideline leaves open what it means.
UNCLEAR_F9 = (20.0, 60.0)
BAND = 10


def good(samples: int, generator: np.random.Generator) -> list[Good]:
    """Return sample records, `ANOMALIES` of them anomalies; no reading is drawn twice.

    Raises:
        InputError: there are fewer readings than that.
    """
    return recorded(_drawn(samples, generator), generator)


def recorded(hand: Hand, generator: np.random.Generator) -> list[Good]:
    """Return a record of each reading, as the first production model saw it."""
    payloads, model = hand.payloads, train(*gold_seed())
    embeddings = np.round(model.standardized(payloads), 4).tolist()
    sources = generator.integers(1, SOURCES + 1, len(payloads)).tolist()
    return [
        Good(
            record={
                "contract": 1,
                "sample_id": f"reading-{index:06d}",
                "source": f"unit-{source}",
                "occurred_at": (START + timedelta(seconds=index)).isoformat(),
                "payload": payload,
                "prediction": {"model": "gold-seed-1", "scores": {name: round(p, 6) for name, p in score.items()}},
                "embedding": embedding,
                "attributes": _attributes(payload),
            },
            truth=Truth(answer=answer, unclear=UNCLEAR_F9[0] <= payload["f9"] <= UNCLEAR_F9[1]),
        )
        for index, (payload, answer, score, embedding, source) in enumerate(
            zip(payloads, hand.classes, model.scores(payloads), embeddings, sources, strict=True)
        )
    ]


def _drawn(samples: int, generator: np.random.Generator) -> Hand:
    """Return readings of the pool in random order."""
    rest = pool()
    wanted = {ANOMALY: round(ANOMALIES * samples)}
    wanted[NORMAL] = samples - wanted[ANOMALY]
    places: list[int] = []
    for name, count in wanted.items():
        found = [place for place, other in enumerate(rest.classes) if other == name]
        if count > len(found):
            raise InputError(
                f"There are {len(found)} readings of the class {name}, not {count}: ask for fewer samples."
            )
        places += generator.choice(found, count, replace=False).tolist()
    order = generator.permutation(places).tolist()
    return Hand(features=rest.features[order], classes=tuple(rest.classes[place] for place in order))


def _attributes(payload: dict[str, float]) -> dict[str, str | int]:
    """Return the operating point, from which f7 to f9 follow, and f1 in bands to slice by: both from the reading."""
    return {
        "point": "/".join(f"{payload[name]:.0f}" for name in ("f1", "f3", "f5")),
        "f1_band": int(payload["f1"]) // BAND * BAND,
    }


def _with(record: Record, **fields: Any) -> Record:
    return {**record, "payload": {**record["payload"], **fields}}


def _with_a_word(record: Record, number: int) -> Record:
    return _with(record, **{FIELDS[number % len(FIELDS)]: "n/a"})


def _not_a_number(record: Record, number: int) -> Record:
    return _with(record, **{FIELDS[number % len(FIELDS)]: float("nan")})


def _without_a_field(record: Record, number: int) -> Record:
    absent = FIELDS[number % len(FIELDS)]
    return {**record, "payload": {name: value for name, value in record["payload"].items() if name != absent}}


def _out_of_range(record: Record, number: int) -> Record:
    return _with(record, f4=10_001.0 + number % 10_000)


def _exchanged(record: Record, _: int) -> Record:
    payload = record["payload"]
    return _with(record, f3=payload["f7"], f7=payload["f3"])


FAULTS = (
    MALFORMED,
    Fault(
        name="wrong_type",
        count=40,
        spoil=_with_a_word,
        caught_by=Expected(rule="contract.float_type", where="payload.f"),
    ),
    Fault(
        name="not_a_number",
        count=40,
        spoil=_not_a_number,
        caught_by=Expected(rule="contract.finite_number", where="payload.f"),
    ),
    Fault(
        name="missing_field",
        count=40,
        spoil=_without_a_field,
        caught_by=Expected(rule="contract.missing", where="payload.f"),
    ),
    Fault(
        name="out_of_range",
        count=40,
        spoil=_out_of_range,
        caught_by=Expected(rule="expect_column_values_to_be_between", where="f4"),
    ),
    # Each value is in its range, but they do not belong together.
    Fault(
        name="fields_exchanged",
        count=40,
        spoil=_exchanged,
        caught_by=Expected(rule="expect_column_values_to_be_between", where="f7_gap"),
    ),
    UNKNOWN_CONTRACT,
    EXACT_DUPLICATE,
    NO_PREDICTION,
)
