"""Boxes: what can be one."""

import pytest
from pydantic import ValidationError

from schemas.boxes import Box


def test_a_box_knows_its_corners() -> None:
    """Left, top, right, bottom."""
    assert Box(name="cat", left=1, top=2, right=3, bottom=5).corners == (1, 2, 3, 5)


@pytest.mark.parametrize("changes", [{"right": 1.0}, {"bottom": 1.0}, {"left": 9.0}, {"top": float("nan")}])
def test_a_box_without_area_is_none(changes: dict[str, float]) -> None:
    """Nor one that is not where numbers are."""
    with pytest.raises(ValidationError, match=r"width and height|finite number"):
        Box.model_validate({"name": "cat", "left": 1.0, "top": 2.0, "right": 3.0, "bottom": 5.0, **changes})


@pytest.mark.parametrize("side", [1e200, 1e-200])
def test_a_box_has_an_area_that_numbers_can_hold(side: float) -> None:
    """Or it would match nothing, not even itself."""
    with pytest.raises(ValidationError, match="an area that a number can hold"):
        Box.model_validate({"name": "cat", "left": 0.0, "top": 0.0, "right": side, "bottom": side})
