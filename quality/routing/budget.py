"""The budget: tokens come in by the record or by the hour, and each selection takes one.

Source: the token bucket of Turner (1986), "New Directions in Communications (or Which Way to the Information Age?)".
The thresholds aim to keep some in the bucket, half of what it holds in the long run: what is spent is then what comes
in, and neither a burst nor a lull makes it overflow or run dry.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from schemas.routing import Budget

# Tokens are counted in whole parts, which add up alike in any order.
TOKEN = 2**32
MS_PER_HOUR = 3_600_000.0
# A bucket holds what comes in during this many blocks, or this share of an hour, and at least so many tokens.
BLOCKS_HELD, HOUR_HELD, LEAST_HELD = 4.0, 0.5, 4.0
# Of all that has come in, at most this part is kept in reserve: a short stream has little to spare.
RESERVE = 0.02
# The part of what is spare, or lacks, that the next block makes up for.
GAIN = 0.3


@dataclass(frozen=True, kw_only=True)
class Purse:
    """The parts of tokens at hand, below zero where the audit drew more than there were; and the latest time so far.

    `earned` is all that ever came in; `passed` is how long this block has taken so far and `pace` how long the last one
    took, in milliseconds. Before the first record there is no clock.
    """

    parts: int = 0
    earned: int = 0
    clock: int | None = None
    passed: int = 0
    pace: int = 0


def capacity(budget: Budget, block: int) -> int:
    """Return how many parts of tokens the bucket holds at most."""
    if budget.share is not None:
        return round((BLOCKS_HELD * budget.share * block + LEAST_HELD) * TOKEN)
    return round((HOUR_HELD * (budget.per_hour or 0.0) + LEAST_HELD) * TOKEN)


class Spending:
    """Spends the tokens that come in with consecutive records; `timestamps` are theirs, in milliseconds."""

    def __init__(self, budget: Budget, block: int, purse: Purse, timestamps: Sequence[int]) -> None:
        told = np.array(timestamps, np.int64)
        self._before = purse
        self._start = int(told[0]) if purse.clock is None else purse.clock
        # A time that is earlier than one before it moves nothing.
        self._at = np.maximum.accumulate(np.maximum(told, self._start))
        self._full = capacity(budget, block)
        self._income = self._incomes(budget)
        self._parts = purse.parts
        self._earned = 0

    def _incomes(self, budget: Budget) -> NDArray[np.int64]:
        """Return the parts that have come in by each record, from the first on."""
        if budget.share is not None:
            return np.arange(1, len(self._at) + 1) * round(budget.share * TOKEN)
        per_ms = round((budget.per_hour or 0.0) * TOKEN / MS_PER_HOUR)
        passed = np.diff(self._at, prepend=self._start)
        # A bucket that was long left alone is full: more would not fit into 64 bits either.
        return np.cumsum(np.minimum(passed, self._full // per_ms + 1 if per_ms else 0) * per_ms)

    def can(self, place: int) -> bool:
        """Say whether a token is left at the record at `place`, which lies behind those asked for before."""
        self._earn(place)
        return self._parts >= TOKEN

    def spend(self, place: int) -> None:
        """Take a token for that record, whether or not one is left."""
        self._earn(place)
        self._parts -= TOKEN

    def _earn(self, place: int) -> None:
        earned = int(self._income[place])
        self._parts = min(self._full, self._parts + earned - self._earned)
        self._earned = earned

    def purse(self) -> Purse:
        """Return what is left after the last record."""
        self._earn(-1)
        clock = int(self._at[-1])
        return replace(
            self._before,
            parts=self._parts,
            earned=self._before.earned + self._earned,
            clock=clock,
            passed=self._before.passed + clock - self._start,
        )


def wanted(budget: Budget, purse: Purse, block: int, records: float) -> tuple[float, float]:
    """Return how many tokens come in during a block of so many expected records, and how many selections to aim at."""
    income = budget.share * records if budget.share is not None else (budget.per_hour or 0.0) * purse.pace / MS_PER_HOUR
    kept = min(capacity(budget, block) / 2, RESERVE * purse.earned)
    spare = (purse.parts - kept) / TOKEN
    return income, max(0.0, income + GAIN * spare)
