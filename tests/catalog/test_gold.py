"""The gold test set: as trainers give it, with what slices need."""

from typing import Any

import pytest

from catalog.gold import GoldTest
from schemas.answers import AnswerKind
from schemas.errors import InputError
from schemas.project import SliceRecipe

PAYLOADS, LABELS, ATTRIBUTES = [{"size": 1}, {"size": 2}], ["cat", "dog"], [{"light": "night"}, {}]
NIGHT = SliceRecipe(column="attributes.light", value="night", guarded=True)


@pytest.mark.parametrize(
    ("one", "inside"),
    [
        (NIGHT, [True, False]),
        (SliceRecipe(column="size", value=2), [False, True]),
        (SliceRecipe(column="label", value="cat"), [True, False]),
    ],
)
def test_a_gold_row_is_in_a_slice_by_payload_attribute_or_label(one: SliceRecipe, inside: list[bool]) -> None:
    """As a row of a dataset version is."""
    assert GoldTest.of((PAYLOADS, LABELS, ATTRIBUTES), AnswerKind.CLASSIFICATION).rows_in(one) == inside


def test_a_trainer_without_attributes_goes_on_as_before() -> None:
    """Its rows are in slices by payload and label; those that go by attributes are empty."""
    gold = GoldTest.of((PAYLOADS, LABELS), AnswerKind.CLASSIFICATION)
    assert gold.rows_in(NIGHT) == [False, False]
    gold.check_guarded([NIGHT.model_copy(update={"guarded": False})])


def test_a_guarded_slice_without_gold_rows_is_refused_by_name() -> None:
    """With what to do about it."""
    gold = GoldTest.of((PAYLOADS, LABELS), AnswerKind.CLASSIFICATION)
    with pytest.raises(InputError, match=r"in attributes\.light = night, .*gold_test\(\) return \(payloads, labels, a"):
        gold.check_guarded([NIGHT])


@pytest.mark.parametrize("given", [(PAYLOADS,), (PAYLOADS, LABELS[:1]), (PAYLOADS, LABELS, []), ([], [])])
def test_what_is_no_gold_test_is_refused(given: Any) -> None:
    """Rather than cut to what fits."""
    with pytest.raises(InputError, match=r"gold_test\(\) must return \(payloads, labels\)"):
        GoldTest.of(given, AnswerKind.CLASSIFICATION)
