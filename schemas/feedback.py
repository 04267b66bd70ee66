"""Feedback from production: what somebody found out about a prediction after it was made."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from schemas.samples import Instant, Strict
from schemas.section import Section

# What PostgreSQL can hold: texts without NUL.
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Note = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]


class FeedbackKind(StrEnum):
    """How it was found out."""

    CORRECTED = "corrected"  # a user gave another answer
    FAILED = "failed"  # a check downstream failed; what would have been right need not be known
    TRUTH = "truth"  # what was predicted came true, or did not


class Feedback(Strict):
    """One record of `P.feedback`; its `feedback_id` tells repetitions, which a producer's retries may make.

    `answer` is what is right, of the project's kind of label; only where a check failed it may be unknown.
    """

    feedback_id: Line
    sample_id: Line
    kind: Annotated[FeedbackKind, Field(strict=False)]
    answer: JsonValue = None
    source: Line
    occurred_at: Instant
    note: Note | None = None

    @model_validator(mode="after")
    def _says_what_is_right(self) -> Self:
        if self.answer is None and self.kind is not FeedbackKind.FAILED:
            raise ValueError(f"feedback of the kind {self.kind} has an answer: say what is right")
        return self


class FeedbackPolicy(Section):
    """For how long feedback waits for its sample, and how many samples it may send to labelers per hour."""

    retention_days: Annotated[float, Field(gt=0, le=3650)] = 90.0
    per_hour: Annotated[int, Field(ge=0, le=100_000)] = 60
