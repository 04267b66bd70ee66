"""A box around each object."""

from collections.abc import Collection, Sequence
from typing import cast

from pydantic import JsonValue, ValidationError

from labeling.agreement.boxes import BoxAgreement, box_agreement
from labeling.agreement.matching import match
from labeling.agreement.measured import Measured
from labeling.agreement.ratings import Ratings, ratio
from labeling.consensus.boxes import METHOD, decided
from labeling.findings import disputed_slices, one_or_many, tight_or_loose
from labeling.kinds.classification import no_class
from labeling.kinds.kind import Asked, Columns, Votes
from schemas.answers import FARTHEST, MOST_BOXES, Answer, ClassName, drawn, rounded
from schemas.boxes import Box
from schemas.errors import InputError
from schemas.labels import Consensus, Finding, Vote, ranked

FORM = '{"name": CLASS, "left": X, "top": Y, "right": X, "bottom": Y}'


class Boxes:
    """Answers are boxes, with the class of what is in each; none where there is nothing."""

    def read(self, plain: JsonValue, classes: Collection[ClassName]) -> Answer:
        """Return the boxes in the order of their corners, rounded to thousandths of a pixel, each once."""
        if not isinstance(plain, list):
            raise InputError(f"The answer is no list of boxes: give one {FORM} in pixels for each object, none for [].")
        if len(plain) > MOST_BOXES:
            raise InputError(f"The answer has {len(plain)} boxes: draw {MOST_BOXES} at most, or skip the task.")
        boxes = [_box(number, part) for number, part in enumerate(plain, start=1)]
        wrong = next((box.name for box in boxes if box.name not in classes), None)
        if wrong is not None:
            raise no_class(wrong, classes)
        return drawn(boxes)

    def counts(self, answer: Answer, classes: Collection[ClassName]) -> bool:
        """Say whether it is made of boxes, of these classes."""
        return isinstance(answer, tuple) and all(isinstance(box, Box) and box.name in classes for box in answer)

    def conclude(self, votes: Sequence[Vote], asked: Asked) -> Consensus:
        """Return the objects that half of the labelers drew, each with the median of its boxes."""
        by_labeler = {vote.labeler: boxes_of(vote.answer) for vote in votes}
        boxes, confidence = decided(by_labeler, accuracy=asked.accuracy, choices=asked.choices)
        return Consensus(
            answer=drawn(boxes),
            confidence=confidence,
            method=METHOD,
            votes=ranked(votes),
            guideline=asked.guideline,
        )

    def same(self, one: Answer, other: Answer) -> bool:
        """Say whether each box of either matches one of the other, of its class, at an IoU of one half or more."""
        ones, others = boxes_of(one), boxes_of(other)
        if len(ones) != len(others):
            return False
        matches = match(ones, others)
        return len(matches) == len(ones) and all(ones[each.one].name == others[each.other].name for each in matches)

    def agreement(self, units: Sequence[Sequence[Answer]]) -> Measured:
        """Return the share of boxes that another labeler drew too, with the same class: F1 of each two, at IoU .5."""
        return self.measures(units)[0]

    def measures(self, units: Sequence[Sequence[Answer]]) -> list[Measured]:
        """Return the share of boxes that match, and existence, class and geometry apart."""
        found = _matched(units)
        named = {
            "share of boxes that match": ratio(2 * found.same, found.drawn),
            "share of boxes that match, whatever their class": found.existence,
            "Krippendorff's alpha of the classes of matched boxes": found.class_alpha,
            "mean overlap (IoU) of matched boxes": found.geometry,
        }
        return [Measured(name=name, measure=measure, count=len(found)) for name, measure in named.items()]

    def ratings(self, units: Sequence[Sequence[Answer]]) -> Ratings:
        """Return the classes of matched boxes: each pair of boxes is a unit."""
        return _matched(units).classes

    def findings(self, tasks: Votes, columns: Columns) -> list[Finding]:
        """Return ways of drawing in which labelers differ, then slices."""
        drawn_by = {task: {vote.labeler: boxes_of(vote.answer) for vote in votes} for task, votes in tasks.items()}
        return [*one_or_many(drawn_by), *tight_or_loose(drawn_by), *disputed_slices(tasks, columns, self.same)]


def _matched(units: Sequence[Sequence[Answer]]) -> BoxAgreement:
    return box_agreement([{str(place): boxes_of(answer) for place, answer in enumerate(unit)} for unit in units])


def boxes_of(answer: Answer) -> tuple[Box, ...]:
    """Return an answer of boxes as what it is."""
    return cast("tuple[Box, ...]", answer)


def _box(number: int, plain: JsonValue) -> Box:
    try:
        box = rounded(Box.model_validate(plain, strict=True))
    except (ValidationError, OverflowError) as error:
        raise InputError(f"Box {number} is none: {_why(error)}. Give {FORM}, in pixels.") from error
    if max(map(abs, box.corners)) > FARTHEST:
        raise InputError(f"Box {number} lies more than {FARTHEST:,} pixels away: give its corners in pixels.")
    return box


def _why(error: ValidationError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return "a corner is no number that fits"
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part)[:80] for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
