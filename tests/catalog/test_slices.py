"""Slices of a recipe: which rows are in one."""

from typing import Any

import pytest

from catalog.slices import is_in
from catalog.testing import candidate
from schemas.answers import Answer
from schemas.project import SliceRecipe

SAMPLE = candidate(4, payload={"size": 4, "night": True}, attributes={"noise": "car", "batch": 3}).sample


@pytest.mark.parametrize(
    ("column", "value", "label", "inside"),
    [
        ("attributes.noise", "car", "cat", True),
        ("attributes.noise", "bus", "cat", False),
        ("attributes.absent", "car", "cat", False),
        ("size", 4, "cat", True),
        ("size", "4", "cat", False),
        ("night", True, "cat", True),
        ("attributes.batch", 3, "cat", True),
        ("attributes.batch", True, "cat", False),
        ("source", "camera", "cat", True),
        ("prediction.model", "m1", "cat", True),
        ("label", "cat", "cat", True),
        ("label", "dog", ("cat", "dog"), True),
        ("label", "fox", ("cat", "dog"), False),
    ],
)
def test_a_row_is_in_a_slice_by_one_value_in_one_column(
    column: str, value: Any, label: Answer, *, inside: bool
) -> None:
    """Payload, envelope, attribute or label; a number is not its text, and neither is true the number 1."""
    assert is_in(SliceRecipe(column=column, value=value), SAMPLE, label) is inside
