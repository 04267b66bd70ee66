"""Labels and what is concluded from them."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import WithJsonSchema

from schemas.answers import Answer, ClassName, in_order
from schemas.verdicts import Event

# Two classes; told to tools as a list of two, since many that read OpenAPI know no tuples.
AS_PAIR = WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2})


class TaskStatus(StrEnum):
    """Where a task stands."""

    OPEN = "open"  # waits for labels
    SETTLED = "settled"  # its consensus passed the project's threshold
    EXPERT = "expert"  # set aside: labelers disagreed up to the limit, or skipped it; a lead is to settle it


class AssignmentStatus(StrEnum):
    """What became of an assignment."""

    LEASED = "leased"  # its labeler has the place until it is given back, which happens some time after it expires
    ANSWERED = "answered"  # its labeler gave a label that stands
    SKIPPED = "skipped"  # its labeler would rather not, and said why
    EXPIRED = "expired"  # the place was given back; the same labeler may be leased it again


class Purpose(StrEnum):
    """What an assignment, and the label that it leads to, is for."""

    CONSENSUS = "consensus"  # one vote of several
    EXPERT = "expert"  # settles its task
    GOLD = "gold"  # the answer is known: it tells something of the labeler, and of nothing else


class Label(Event):
    """One labeler's answer under one guideline version; published on `P.labels`, never changed."""

    label_id: UUID
    task_id: int
    sample_id: str
    labeler: str
    simulated: bool
    answer: Answer
    guideline: int
    labeled_at: datetime
    purpose: Purpose = Purpose.CONSENSUS


class Retraction(Event):
    """A label was taken back by whoever gave it, and counts no longer; published on `P.labels`."""

    retracts: UUID  # the label
    task_id: int
    labeler: str
    retracted_at: datetime


class Vote(Event):
    """The part of a label that consensus looks at."""

    labeler: str
    answer: Answer


def ranked(votes: Iterable[Vote]) -> tuple[Vote, ...]:
    """Return votes on one task in the order in which they are kept, whatever order they came in."""
    return tuple(sorted(votes, key=lambda vote: (vote.labeler, in_order(vote.answer))))


class Consensus(Event):
    """The current best answer of a task; always recomputable from its labels and the estimate of the labelers."""

    answer: Answer
    confidence: float  # in [0, 1]: the probability of `answer`; of a text, how like it the others are
    method: str
    votes: tuple[Vote, ...]
    guideline: int
    estimate: int | None = None  # version of the estimate of the labelers; None where each counted alike


class FindingKind(StrEnum):
    """What kind of disagreement a finding is about."""

    CONFUSION = "confusion"  # two classes are given to the same tasks
    SLICE = "slice"  # labelers agree less on one slice than on the rest
    ONE_OR_MANY = "one_or_many"  # some draw one box where others draw several
    TIGHT_OR_LOOSE = "tight_or_loose"  # a labeler draws larger or smaller boxes than others do
    PUNCTUATION = "punctuation"  # some write a mark that others leave out
    FILLER = "filler"  # some write a word that others leave out
    LETTER_CASE = "letter_case"  # texts differ in capitals alone


class Finding(Event):
    """A pattern of disagreement: `tasks` tasks show it, of the `of` that could.

    `effect` says how strong it is, in the words of `says`, with the bounds `low` and `high` of its 95 % interval.
    `p_value` is the probability of such a pattern, or a clearer one, by chance; corrected for how many were looked
    for. `examples` are the ids of the tasks that show it best. `evidence` holds those of all tasks that show it, but
    of class pairs, of which the labels say it.
    """

    kind: FindingKind
    says: str
    classes: tuple[ClassName, ...] = ()
    labelers: tuple[str, ...] = ()
    slice: Annotated[tuple[str, str], AS_PAIR] | None = None  # column and value
    tasks: int
    of: int
    effect: float
    low: float
    high: float
    p_value: float
    examples: tuple[int, ...]
    evidence: tuple[int, ...] = ()
