"""The contract: what a unit sends of one reading.

The data's authors name no field, so they are called by their places, f1 to f9, as in the file. But the numbers show
that three are differences of others, to within what rounding leaves: f7 = f3 - f1, f8 = f3 - f5, f9 = f8 - f7.
"""

from pydantic import computed_field

from schemas.samples import Payload


class ReadingV1(Payload):
    """Nine finite numbers; the gaps say by how much the three differences are off."""

    f1: float
    f2: float
    f3: float
    f4: float
    f5: float
    f6: float
    f7: float
    f8: float
    f9: float

    @computed_field  # type: ignore[prop-decorator]
    @property
    def f7_gap(self) -> float:
        """How far f7 is from f3 - f1."""
        return self.f7 - (self.f3 - self.f1)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def f8_gap(self) -> float:
        """How far f8 is from f3 - f5."""
        return self.f8 - (self.f3 - self.f5)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def f9_gap(self) -> float:
        """How far f9 is from f8 - f7."""
        return self.f9 - (self.f8 - self.f7)
