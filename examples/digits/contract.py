"""The contract: what a scanner sends of one digit."""

from typing import Annotated

from pydantic import Field, computed_field

from schemas.samples import Payload


class DigitV1(Payload):
    """An 8x8 grey image, row by row; 0 is paper, 16 is ink."""

    pixels: Annotated[list[int], Field(min_length=64, max_length=64)]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def pixel_min(self) -> int:
        """The lightest pixel."""
        return min(self.pixels)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def pixel_max(self) -> int:
        """The darkest pixel."""
        return max(self.pixels)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ink(self) -> float:
        """The mean darkness, in [0, 1] where the pixels are in range."""
        return sum(self.pixels) / (16 * len(self.pixels))
