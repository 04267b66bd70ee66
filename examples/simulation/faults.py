"""Faults that are planted among the good records, each with what must catch it."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from examples.simulation.records import Good, Record, Truth

# A fault's `count` is of this many good records.
COUNTED_IN = 5_000
# Numbers that faults are made different by, and ids unlike each other.
NUMBERS = 1_000_000_000

# Gets a good record and a random number; returns the spoiled record, or bytes that are no record at all.
Spoil = Callable[[Record, int], Record | bytes]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What catches a fault: the rule that a dead letter names, where; or the kind of a duplicate."""

    rule: str
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One kind of fault; `same_id` where the spoiled record keeps its id, which is the fault then."""

    name: str
    count: int
    spoil: Spoil
    caught_by: Expected
    same_id: bool = False


@dataclass(frozen=True, kw_only=True)
class Production:
    """One record to publish; `truth` is for the simulated labelers, who are the only ones to know it."""

    key: bytes
    value: bytes
    truth: Truth
    fault: Fault | None = None


def planted(good: Sequence[Good], faults: Sequence[Fault], generator: np.random.Generator) -> Iterator[Production]:
    """Yield the good records and, after some of them, what a fault makes of the record before; one of each at least."""
    places = _places(len(good), faults, generator)
    for index, each in enumerate(good):
        yield _produced(each, each.record)
        for fault in places.get(index, ()):
            yield _spoiled(fault, each, int(generator.integers(NUMBERS)))


def _places(good: int, faults: Sequence[Fault], generator: np.random.Generator) -> dict[int, list[Fault]]:
    """Return after which good record each fault comes."""
    each = [fault for fault in faults for _ in range(max(1, fault.count * good // COUNTED_IN))]
    places: dict[int, list[Fault]] = {}
    for fault, index in zip(each, generator.integers(0, good, len(each)).tolist(), strict=True):
        places.setdefault(index, []).append(fault)
    return places


def _spoiled(fault: Fault, good: Good, number: int) -> Production:
    """Return the record spoiled; under an id of its own, unless the id is the fault."""
    sample_id = good.record["sample_id"] if fault.same_id else f"{good.record['sample_id']}-{number}"
    return _produced(good, fault.spoil({**good.record, "sample_id": sample_id}, number), fault)


def _produced(good: Good, value: Record | bytes, fault: Fault | None = None) -> Production:
    return Production(
        key=good.record["source"].encode(),
        value=value if isinstance(value, bytes) else json.dumps(value).encode(),
        truth=good.truth,
        fault=fault,
    )


def _cut_off(record: Record, _: int) -> bytes:
    whole = json.dumps(record).encode()
    return whole[: len(whole) * 2 // 3]


def _of_unknown_contract(record: Record, _: int) -> Record:
    return {**record, "contract": 99}


def _without_prediction(record: Record, _: int) -> Record:
    return {name: value for name, value in record.items() if name != "prediction"}


# The record breaks off.
MALFORMED = Fault(name="malformed_json", count=40, spoil=_cut_off, caught_by=Expected(rule="contract.json_invalid"))
# It names a version that nobody has defined.
UNKNOWN_CONTRACT = Fault(
    name="unknown_contract",
    count=20,
    spoil=_of_unknown_contract,
    caught_by=Expected(rule="contract.unknown_version"),
)
# It is sent twice.
EXACT_DUPLICATE = Fault(
    name="exact_duplicate",
    count=60,
    spoil=lambda record, _: record,
    caught_by=Expected(rule="same_id"),
    same_id=True,
)
# The model was not asked.
NO_PREDICTION = Fault(
    name="missing_prediction",
    count=40,
    spoil=_without_prediction,
    caught_by=Expected(rule="expect_column_values_to_not_be_null", where="prediction.model"),
)
