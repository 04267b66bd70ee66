"""How many of the planted faults were caught, each for its own reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from examples.digits.production import Fault
from schemas.verdicts import Event, Receipt, Violation

Place = tuple[int, int]  # partition and offset


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What catches a fault: the rule that a dead letter names, where; or the kind of a duplicate."""

    rule: str
    where: str = ""


# A fault that is stopped for another reason was not caught.
CAUGHT_BY = {
    Fault.MALFORMED: Expected(rule="contract.json_invalid"),
    Fault.WRONG_TYPE: Expected(rule="contract.int_type", where="payload.pixels"),
    Fault.OUT_OF_RANGE: Expected(rule="expect_column_values_to_be_between", where="pixel_max"),
    Fault.UNKNOWN_CONTRACT: Expected(rule="contract.unknown_version"),
    Fault.NO_PREDICTION: Expected(rule="expect_column_values_to_not_be_null", where="prediction.model"),
    Fault.EXACT_DUPLICATE: Expected(rule="same_id"),
    Fault.NEAR_DUPLICATE: Expected(rule="near"),
}


class Catch(Event):
    """Of one kind of fault, how many were planted and how many caught."""

    planted: int
    caught: int


def caught(
    planted: Mapping[Place, Fault], letters: Mapping[Place, Sequence[Violation]], receipts: Iterable[Receipt]
) -> dict[Fault, Catch]:
    """Return for each kind of fault how many of those planted the platform caught."""
    stopped = {place: {(each.rule, each.where) for each in violations} for place, violations in letters.items()}
    for receipt in receipts:
        for duplicate in receipt.duplicates:
            stopped[receipt.partition, duplicate.offset] = {(duplicate.kind, "")}
    return {
        fault: Catch(
            planted=sum(each is fault for each in planted.values()),
            caught=sum(
                _is_caught(fault, stopped.get(place, set())) for place, each in planted.items() if each is fault
            ),
        )
        for fault in Fault
    }


def _is_caught(fault: Fault, found: Iterable[tuple[str, str]]) -> bool:
    expected = CAUGHT_BY[fault]
    return any(rule == expected.rule and where.startswith(expected.where) for rule, where in found)
