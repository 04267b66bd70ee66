"""Bounds: numbers and lengths between a least and a greatest."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from quality.rules import arguments
from quality.rules.columns import Columns, Mask, Numbers
from quality.rules.rule import Compiled, Kwargs
from schemas.errors import InputError

Outside = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """At least one of a least and a greatest; a strict one is itself outside."""

    low: float | None
    high: float | None
    strict_low: bool
    strict_high: bool

    @classmethod
    def read(cls, kwargs: Kwargs, what: str) -> "Bounds":
        """Return the bounds of `what` among the kwargs; they must allow something."""
        low, high = arguments.number(kwargs, "min_value"), arguments.number(kwargs, "max_value")
        if low is None and high is None:
            raise InputError(f"the bounds of {what} are missing: give min_value, max_value or both.")
        if low is not None and high is not None and low > high:
            raise InputError(f"min_value {low:g} is above max_value {high:g}, so nothing would be allowed.")
        strict_low, strict_high = arguments.flag(kwargs, "strict_min"), arguments.flag(kwargs, "strict_max")
        return cls(low=low, high=high, strict_low=strict_low, strict_high=strict_high)

    def outside(self, value: Any) -> bool:
        """Say whether a value is outside; text and whatever else does not compare to numbers raises TypeError."""
        below = self.low is not None and not (value > self.low if self.strict_low else value >= self.low)
        return below or (self.high is not None and not (value < self.high if self.strict_high else value <= self.high))

    def hold(self, least: float, most: float) -> bool:
        """Say whether no number from `least` to `most` is outside."""
        above = self.low is None or (least > self.low if self.strict_low else least >= self.low)
        return above and (self.high is None or (most < self.high if self.strict_high else most <= self.high))

    def mask(self, numbers: Numbers, data: Columns) -> Mask:
        """Say of each number whether it is outside; NaN is not."""
        found = data.none
        if self.low is not None:
            found = numbers <= self.low if self.strict_low else numbers < self.low
        if self.high is not None:
            above = numbers >= self.high if self.strict_high else numbers > self.high
            found = above if self.low is None else found | above
        return found

    def describe(self, what: str) -> str:
        """Return what is allowed, in words."""
        parts = [f"{'>' if self.strict_low else '>='} {self.low:g}"] if self.low is not None else []
        parts += [f"{'<' if self.strict_high else '<='} {self.high:g}"] if self.high is not None else []
        return f"{what} {' and '.join(parts)}"


def between(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for numbers within bounds."""
    bounds, name = Bounds.read(kwargs, "a value"), columns[0]

    def check(data: Columns) -> Mask:
        extremes = data.extremes(name)
        if extremes is not None and bounds.hold(*extremes):
            return data.none
        numbers = data.numbers(name)
        return data.where(name, bounds.outside) if numbers is None else bounds.mask(numbers, data)

    return check, bounds.describe("a value")


# As in Great Expectations, the length of a number is that of its text.
def lengths_between(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for texts whose number of characters is within bounds."""
    bounds, name = Bounds.read(kwargs, "a length"), columns[0]

    def check(data: Columns) -> Mask:
        lengths = data.lengths(name)
        if lengths is None:
            return data.where(name, lambda value: bounds.outside(len(str(value))))
        return bounds.mask(lengths, data)

    return check, bounds.describe("a length")


def length(columns: tuple[str, ...], kwargs: Kwargs) -> Compiled:
    """Ask for texts of so many characters."""
    wanted = arguments.needed_number(kwargs, "value")
    check, _ = lengths_between(columns, {"min_value": wanted, "max_value": wanted})
    return check, f"a length of {wanted:g}"
