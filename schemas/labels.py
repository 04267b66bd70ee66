"""Labels and what is concluded from them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from schemas.verdicts import Event

# A labeler's answer: the name of a class.
Answer = str


class TaskStatus(StrEnum):
    """Where a task stands."""

    OPEN = "open"  # waits for labels
    SETTLED = "settled"  # its consensus passed the project's threshold
    EXPERT = "expert"  # set aside: the labelers' limit was reached without one; nobody is offered it


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


class Vote(Event):
    """The part of a label that consensus looks at."""

    labeler: str
    answer: Answer


class Consensus(Event):
    """The current best answer of a task; always recomputable from its labels."""

    answer: Answer
    confidence: float  # posterior probability of `answer`, in [0, 1]
    method: str
    votes: tuple[Vote, ...]
    guideline: int


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
    for. `examples` are the ids of the tasks that show it best.
    """

    kind: FindingKind
    says: str
    classes: tuple[Answer, ...] = ()
    labelers: tuple[str, ...] = ()
    slice: tuple[str, str] | None = None  # column and value
    tasks: int
    of: int
    effect: float
    low: float
    high: float
    p_value: float
    examples: tuple[int, ...]
