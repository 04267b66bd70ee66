"""What a labeler answers: a class, several classes, boxes, or a text."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

from annotated_types import Len
from pydantic import JsonValue, TypeAdapter

from schemas.boxes import Box

# The name of a class; short, for the router remembers it.
ClassName = Annotated[str, Len(1, 200)]
# In canonical form several classes are in the order of their names and each stands once, and boxes are in the order of
# their corners and differ; so equal answers are equal. Which kind one is of, the project's label space says.
Answer = str | tuple[str, ...] | tuple[Box, ...]

# The characters of a text: two pages, or five minutes of speech; comparing two takes the square.
LONGEST_TEXT = 5_000
# The boxes of an answer; clustering takes the square of all on a task, and the number of their clusters times that.
MOST_BOXES = 200
# Coordinates of boxes, in pixels: no picture is larger, and no sum of them leaves what a number can hold.
FARTHEST = 10_000_000
# The decimal places of a coordinate: what a browser says beyond a thousandth of a pixel is rounding.
PLACES = 3


class AnswerKind(StrEnum):
    """What a project's labelers are asked for."""

    CLASSIFICATION = "classification"  # one of the classes
    MULTILABEL = "multilabel"  # every class that applies
    BOXES = "boxes"  # a box around each object, with the object's class
    TEXT = "text"  # what is said or written


_READER: TypeAdapter[Answer] = TypeAdapter(Answer)


def answer_of(plain: JsonValue) -> Answer:
    """Return the answer that `plain_of` wrote."""
    return plain if isinstance(plain, str) else _READER.validate_python(plain)


def plain_of(answer: Answer) -> JsonValue:
    """Return an answer as JSON says it: a string, a list of strings, or a list of objects."""
    return answer if isinstance(answer, str) else [_plain_part(part) for part in answer]


def _plain_part(part: str | Box) -> JsonValue:
    return part if isinstance(part, str) else part.model_dump(mode="json")


def in_order(answer: Answer) -> tuple[Any, ...]:
    """Return by what answers of one kind are sorted, where their order must not be left to chance."""
    return (answer,) if isinstance(answer, str) else tuple(map(_part_in_order, answer))


def _part_in_order(part: str | Box) -> Any:
    return part if isinstance(part, str) else (*part.corners, part.name)


def several(names: Iterable[ClassName]) -> tuple[ClassName, ...]:
    """Return the canonical answer of several classes."""
    return tuple(sorted(set(names)))


def drawn(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Return the canonical answer of boxes."""
    return tuple(sorted(set(boxes), key=_part_in_order))


def rounded(box: Box) -> Box:
    """Return a box with its sides at thousandths of a pixel.

    Raises:
        ValueError: it has no area then.
    """
    # Adding zero makes a zero of a negative one, which JSON in PostgreSQL does not know.
    left, top, right, bottom = (round(side, PLACES) + 0.0 for side in box.corners)
    return Box(name=box.name, left=left, top=top, right=right, bottom=bottom)


def named_in(answer: Answer) -> Counter[ClassName]:
    """Return how often an answer names each class; a text is taken for a name, which is that of no class."""
    if isinstance(answer, str):
        return Counter((answer,))
    return Counter(part if isinstance(part, str) else part.name for part in answer)
