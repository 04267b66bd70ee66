"""How many of the planted faults were caught, each for its own reason."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from examples.simulation.faults import Fault
from schemas.verdicts import Event, Receipt, Violation

Place = tuple[int, int]  # partition and offset


class Catch(Event):
    """Of one kind of fault, how many were planted and how many caught."""

    planted: int
    caught: int


def caught(
    planted: Mapping[Place, Fault], letters: Mapping[Place, Sequence[Violation]], receipts: Iterable[Receipt]
) -> dict[str, Catch]:
    """Return, by the name of each kind of fault, how many of those planted the platform caught.

    One that is stopped for another reason than its own was not caught.
    """
    stopped = {place: {(each.rule, each.where) for each in violations} for place, violations in letters.items()}
    for receipt in receipts:
        for duplicate in receipt.duplicates:
            stopped[receipt.partition, duplicate.offset] = {(duplicate.kind, "")}
    hits = Counter(each.name for place, each in planted.items() if _is_caught(each, stopped.get(place, set())))
    counts = Counter(each.name for each in planted.values())
    return {name: Catch(planted=counts[name], caught=hits[name]) for name in sorted(counts)}


def _is_caught(fault: Fault, found: Iterable[tuple[str, str]]) -> bool:
    expected = fault.caught_by
    return any(rule == expected.rule and where.startswith(expected.where) for rule, where in found)
