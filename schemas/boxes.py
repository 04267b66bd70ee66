"""Boxes that labelers draw."""

from math import inf
from typing import Self

from pydantic import Field, model_validator

from schemas.verdicts import Event


class Box(Event):
    """An upright rectangle around one object, in pixels from the image's left and top, and the object's class."""

    name: str = Field(max_length=200)
    left: float
    top: float
    right: float
    bottom: float

    @model_validator(mode="after")
    def _has_area(self) -> Self:
        if not (self.left < self.right and self.top < self.bottom):
            raise ValueError(
                f"a box has its left before its right and its top before its bottom, which ({self.left:g}, "
                f"{self.top:g}, {self.right:g}, {self.bottom:g}) has not: draw it with some width and height"
            )
        if not 0 < (self.right - self.left) * (self.bottom - self.top) < inf:
            raise ValueError("a box has an area that a number can hold: give its corners in pixels")
        return self

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom
