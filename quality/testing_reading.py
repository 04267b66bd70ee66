"""For tests of how records are read: what pydantic alone makes of one, and whether two values are the same."""

import math
from datetime import datetime
from typing import Any

from quality.contracts import Contract, Row, columns_of
from schemas.verdicts import Violation


def alone(contract: Contract, value: bytes | None) -> Row | tuple[Violation, ...]:
    """Return what pydantic alone makes of a record: its columns, or violations."""
    found = contract.decode(value)
    return found if isinstance(found, tuple) else columns_of(found)


def same(one: Any, other: Any) -> bool:
    """Say whether two values are the same to the last bit and type; times may name their zones in other words."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one == other and one.utcoffset() == other.utcoffset()
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and (not isinstance(one, float) or math.copysign(1, one) == math.copysign(1, other))
