"""Why one sample was selected for labeling, or was not."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.verdicts import Reason


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one reason said of a sample.

    It would select it with probability `chance`, which follows from the score and `threshold`, both in [0, 1], where
    there are such; it does if `drawn` lies below that, unless what is queued has made it worthless, or
    it is a guess and none may be made.
    """

    score: float | None
    threshold: float | None
    chance: float
    drawn: float
    holds: bool

    @property
    def selects(self) -> bool:
        """Whether it selects the sample."""
        return self.drawn < self.chance and self.holds


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a sample is selected, or is not: what each reason said, and whether a token was left.

    `mix` is the share of the budget that each reason had in the sample's block, under that version of the steering.
    """

    block: int
    steering: int
    mix: Mapping[str, float]
    said: Mapping[str, Said]
    token: bool

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons of the selection; none where there is none."""
        able = self.said if self.token else {Reason.AUDIT: self.said[Reason.AUDIT]}
        return tuple(reason for reason, said in able.items() if said.selects)
