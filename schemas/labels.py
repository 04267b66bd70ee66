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


class Finding(Event):
    """A class pair that labelers confuse: on `tasks` tasks both answers were given, of `of` with either."""

    classes: tuple[Answer, Answer]
    tasks: int
    of: int
