"""Which rows are in a slice of the recipe."""

from collections.abc import Mapping

from pydantic import JsonValue

from quality.columns import ATTRIBUTES
from schemas.answers import Answer, named_in
from schemas.project import SliceRecipe
from schemas.samples import Attribute

LABEL = "label"
PREDICTION = "prediction."


def is_in(one: SliceRecipe, sample: Mapping[str, JsonValue], label: Answer) -> bool:
    """Say whether a row is in a slice; of a label that names several classes, each counts."""
    if one.column == LABEL:
        return str(one.value) in named_in(label)
    found = value_of(one.column, sample)
    return equals(found, one.value)


def equals(found: JsonValue, value: Attribute) -> bool:
    """Say whether what was found is this value, and of its type: truth is no number."""
    return type(found) is type(value) and found == value


def value_of(column: str, sample: Mapping[str, JsonValue]) -> JsonValue:
    """Return what a sample has in a column, as it was archived; None where it has nothing."""
    payload, attributes = sample["payload"], sample.get("attributes")
    if column.startswith(ATTRIBUTES):
        return attributes.get(column.removeprefix(ATTRIBUTES)) if isinstance(attributes, dict) else None
    if isinstance(payload, dict) and column in payload:
        return payload[column]
    if column == PREDICTION + "model":
        prediction = sample.get("prediction")
        return prediction["model"] if isinstance(prediction, dict) else None
    return sample.get(column)
