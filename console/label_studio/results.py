"""What the result of an annotation says, as JSON of an answer of ours; the shapes are those of Label Studio 1.23."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from console.label_studio.layout import ANSWER, SAMPLE
from schemas.answers import MOST_BOXES, AnswerKind

# What Label Studio says places and sizes as a part of.
WHOLE = 100


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class _Chosen(_Part):
    choices: list[str]


class _Written(_Part):
    text: Annotated[list[str], Field(min_length=1, max_length=1)]


class _Drawn(_Part):
    x: float
    y: float
    width: float
    height: float
    rotation: Annotated[float, Field(ge=0, le=0)] = 0.0
    rectanglelabels: Annotated[list[str], Field(min_length=1, max_length=1)]


class _Item(_Part):
    """One thing that the user did; whatever else Label Studio says of it does not matter."""

    from_name: str
    to_name: str
    type: str


class _Choices(_Item):
    value: _Chosen


class _TextArea(_Item):
    value: _Written


class _Rectangle(_Item):
    value: _Drawn
    original_width: Annotated[int, Field(gt=0)]
    original_height: Annotated[int, Field(gt=0)]
    image_rotation: Annotated[float, Field(ge=0, le=0)] = 0.0


ItemT = TypeVar("ItemT", bound=_Item)


def said(result: Sequence[JsonValue], kind: AnswerKind) -> JsonValue | None:
    """Return what is answered, for `labeling.kinds` to read; None where that is not what the project asks for."""
    try:
        return READERS[kind](result)
    except (ValidationError, OverflowError):
        return None


def _one_class(result: Sequence[JsonValue]) -> JsonValue | None:
    chosen = _choices(result)
    return chosen[0] if chosen is not None and len(chosen) == 1 else None


def _choices(result: Sequence[JsonValue]) -> list[JsonValue] | None:
    """Return the classes that are chosen; where none is, Label Studio says nothing at all."""
    items = _items(result, _Choices, "choices", most=1)
    return None if items is None else [name for item in items for name in item.value.choices]


def _text(result: Sequence[JsonValue]) -> JsonValue | None:
    items = _items(result, _TextArea, "textarea", most=1)
    if items is None:
        return None
    return items[0].value.text[0] if items else ""


def _boxes(result: Sequence[JsonValue]) -> JsonValue | None:
    items = _items(result, _Rectangle, "rectanglelabels", most=MOST_BOXES)
    return None if items is None else [_box(item) for item in items]


def _box(item: _Rectangle) -> JsonValue:
    """Return a rectangle in pixels: there, its left and top corner and its size are parts of the picture's."""
    across, down, drawn = item.original_width / WHOLE, item.original_height / WHOLE, item.value
    return {
        "name": drawn.rectanglelabels[0],
        "left": drawn.x * across,
        "top": drawn.y * down,
        "right": (drawn.x + drawn.width) * across,
        "bottom": (drawn.y + drawn.height) * down,
    }


def _items(result: Sequence[JsonValue], shape: type[ItemT], made_by: str, most: int) -> list[ItemT] | None:
    """Return the items, None where there are too many or one is of something else."""
    if len(result) > most:
        return None
    items = [shape.model_validate(item) for item in result]
    asked = (ANSWER, SAMPLE, made_by)
    return items if all((item.from_name, item.to_name, item.type) == asked for item in items) else None


READERS: Mapping[AnswerKind, Callable[[Sequence[JsonValue]], JsonValue | None]] = {
    AnswerKind.CLASSIFICATION: _one_class,
    AnswerKind.MULTILABEL: _choices,
    AnswerKind.BOXES: _boxes,
    AnswerKind.TEXT: _text,
}
