"""The budget: tokens come in by the record or by the hour, and each selection takes one.

Source: the token bucket of Turner (1986), "New Directions in Communications (or Which Way to the Information Age?)".
The thresholds aim to keep some in the bucket, half of what it holds in the long run: what is spent is then what comes
in, and neither a burst nor a lull makes it overflow or run dry.

Signals that guess where the model fails have an account of their own, into which their part of the tokens goes: a
threshold follows the scores of the past, so a model that has just learned a class may let them name a whole block, and
nothing would be left for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from schemas.routing import Budget

# Tokens are counted in whole parts, which add up alike in any order.
TOKEN = 2**40
MS_PER_HOUR = 3_600_000
# Times that records tell are taken for these at the farthest, in milliseconds: their differences must fit.
FARTHEST = 2**61
# A bucket holds what comes in during this many blocks, or this share of an hour, and at least so many tokens.
BLOCKS_HELD, HOUR_HELD, LEAST_HELD = 4.0, 0.5, 4.0
# Of all that has come in, at most one part in so many is kept in reserve: a short stream has little to spare.
RESERVE = 50
# The part of what is spare, or lacks, that the next block makes up for.
GAIN = 0.3


@dataclass(frozen=True, kw_only=True)
class Purse:
    """The parts of tokens at hand, below zero where the audit drew more than there were; and the latest time so far.

    `saved` is what signals that guess have left of their part, at most what the bucket holds. `earned` is all that ever
    came in, as far as it matters for the reserve; `income` is what came in during this block so far, and `pace` during
    the last one. Before the first record there is no clock.
    """

    parts: int = 0
    saved: int = 0
    earned: int = 0
    clock: int | None = None
    income: int = 0
    pace: int = 0


def capacity(budget: Budget, block: int) -> int:
    """Return how many parts of tokens the bucket holds at most."""
    if budget.share is not None:
        return round((BLOCKS_HELD * budget.share * block + LEAST_HELD) * TOKEN)
    return round((HOUR_HELD * (budget.per_hour or 0.0) + LEAST_HELD) * TOKEN)


class Spending:
    """Spends the tokens that come in with consecutive records; `timestamps` are theirs, in milliseconds.

    Only a budget per hour looks at them. `guessed` is the part of the tokens that signals that guess may spend.
    """

    def __init__(self, budget: Budget, block: int, purse: Purse, timestamps: Sequence[int], *, guessed: float) -> None:
        self._before = purse
        self._full = capacity(budget, block)
        self._parts = purse.parts
        self._saved = purse.saved
        self._at = 0
        self._clock = purse.clock
        if budget.share is not None:
            self._each = round(budget.share * TOKEN)
            self._come: Sequence[Any] = range(1, len(timestamps) + 1)
        else:
            self._each = round((budget.per_hour or 0.0) * TOKEN / MS_PER_HOUR)
            self._come = self._passed(timestamps)
        self._each_guessed = round(guessed * self._each)

    def _passed(self, timestamps: Sequence[int]) -> Sequence[Any]:
        """Return the milliseconds that have passed by each record, and move the clock to the last one's."""
        told = np.array([min(FARTHEST, max(-FARTHEST, one)) for one in timestamps], np.int64)
        start = int(told[0]) if self._clock is None else self._clock
        # A time that is earlier than one before it moves nothing.
        at = np.maximum.accumulate(np.maximum(told, start))
        self._clock = int(at[-1])
        # A bucket that was long left alone is full: what came in beyond that is no income.
        enough = self._full // self._each + 1 if self._each else 0
        passed: Sequence[Any] = np.cumsum(np.minimum(np.diff(at, prepend=start), enough)).tolist()
        return passed

    def can(self, place: int) -> bool:
        """Say whether a token is left at the record at `place`, which lies behind those asked for before."""
        self._earn(place)
        return self._parts >= TOKEN

    def can_guess(self, place: int) -> bool:
        """Say whether signals that guess have a token left at that record, whatever the bucket holds."""
        self._earn(place)
        return self._saved >= TOKEN

    def must(self, place: int) -> bool:
        """Say whether what has to be selected may be; a bucket's worth of tokens may lack, and no more."""
        self._earn(place)
        return self._parts > -self._full

    def spend(self, place: int, *, guess: bool) -> None:
        """Take a token for that record, whether or not one is left; of a guess also from those for guesses."""
        self._earn(place)
        self._parts -= TOKEN
        self._saved -= guess * TOKEN

    def _earn(self, place: int) -> None:
        come = self._come[place] - self._at
        self._parts = min(self._full, self._parts + come * self._each)
        self._saved = min(self._full, self._saved + come * self._each_guessed)
        self._at += come

    def purse(self) -> Purse:
        """Return what is left after the last record."""
        self._earn(-1)
        before, earned = self._before, self._at * self._each
        return replace(
            before,
            parts=self._parts,
            saved=self._saved,
            earned=min(RESERVE * self._full, before.earned + earned),
            clock=self._clock,
            income=min(self._full, before.income + earned),
        )


def wanted(budget: Budget, purse: Purse, block: int, records: float) -> tuple[float, float]:
    """Return how many tokens come in during a block of so many expected records, and how many selections to aim at."""
    income = budget.share * records if budget.share is not None else purse.pace / TOKEN
    kept = min(capacity(budget, block) / 2, purse.earned / RESERVE)
    spare = (purse.parts - kept) / TOKEN
    return income, max(0.0, income + GAIN * spare)
