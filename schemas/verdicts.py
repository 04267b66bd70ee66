"""What screening says of a record: disposition, violations, selection, and the receipt of a frame."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Event(BaseModel):
    """Base of what Assay itself publishes: frozen; unknown fields are errors, and so is NaN, which JSON cannot say."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Disposition(StrEnum):
    """Where an offset ended; exactly one."""

    ACCEPTED = "accepted"  # passed the contract and every critical expectation
    REJECTED = "rejected"  # became a dead letter
    DUPLICATE = "duplicate"  # repeats an accepted sample of the same partition


class Severity(StrEnum):
    """What a broken rule means for the sample."""

    CRITICAL = "critical"  # the sample is rejected
    WARNING = "warning"  # the sample is accepted and marked
    INFO = "info"  # the sample is accepted and counted


class Reason(StrEnum):
    """Why a sample was selected for labeling; a project's own signals add their names to these."""

    UNCERTAIN = "uncertain"  # the model has little confidence in its best class
    RARE = "rare"  # the predicted class, or a slice, has hardly been seen
    NOVEL = "novel"  # far from all that was seen
    REPRESENTATIVE = "representative"  # stands for much that no selected sample stands for
    DISAGREEMENT = "disagreement"  # a second model says something else
    QUOTA = "quota"  # labels of a slice are short
    DRIFT = "drift"  # drawn uniformly to confirm an alarm, or to withdraw it
    FEEDBACK = "feedback"  # somebody in production says that the prediction was wrong
    AUDIT = "audit"  # drawn uniformly by hash, which keeps estimates unbiased


ReasonName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]


class Origin(Event):
    """Where a record stands in Kafka; the key of everything downstream."""

    topic: str
    partition: int
    offset: int


class Versions(Event):
    """What was in force: the project's current contract, and fingerprints of its suite and policy."""

    contract: int
    suite: str
    policy: str


class Violation(Event):
    """One rule that one sample broke: which, where, the value seen, what was allowed."""

    rule: str
    where: str
    seen: str
    allowed: str
    severity: Severity = Severity.CRITICAL


class Selection(Event):
    """The decision to have a sample labeled.

    `scores` holds each signal in [0, 1]; `propensity` is the probability in (0, 1] with which a sample
    like this one is selected, which estimates divide by. `alarms` are those of drift that its label helps to confirm.
    """

    reasons: tuple[ReasonName, ...] = Field(min_length=1)
    scores: dict[ReasonName, float]
    propensity: float = Field(gt=0, le=1)
    alarms: tuple[int, ...] = ()


class ReplayOf(Event):
    """What a replayed record says of itself: where it first stood, and that this is its `replays`-th replay.

    It was read from the record's headers, which a producer may write too: what was replayed is said by the ledger.
    """

    origin: Origin
    replays: int = Field(gt=0)


class AcceptedSample(Event):
    """A sample that passed screening; `sample` is the record as its contract reads it."""

    origin: Origin
    sample: dict[str, JsonValue]
    warnings: tuple[Violation, ...] = ()
    versions: Versions
    replay_of: ReplayOf | None = None


class DeadLetter(Event):
    """A record that was rejected, byte for byte as it came (base64), with every violation."""

    origin: Origin
    key: str | None
    value: str | None
    headers: tuple[tuple[str, str | None], ...]
    timestamp: datetime
    violations: tuple[Violation, ...] = Field(min_length=1)
    versions: Versions
    replay_of: ReplayOf | None = None


class TaskRequest(Event):
    """An accepted sample that somebody should label."""

    origin: Origin
    sample: dict[str, JsonValue]
    selection: Selection
    versions: Versions


class DuplicateOf(Event):
    """What a duplicate repeats: the earlier offset, and how far apart the two are (0 for the same id)."""

    offset: int
    of: int
    kind: str  # "same_id" or "near"
    distance: float


class Run(Event):
    """`count` consecutive offsets from `first` on, all with one disposition."""

    first: int
    count: int = Field(gt=0)
    disposition: Disposition


class Tally(Event):
    """How many rows a rule judged, and how many of them broke it."""

    judged: int = 0
    unexpected: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(judged=self.judged + other.judged, unexpected=self.unexpected + other.unexpected)


class Steered(Event):
    """From a block of the partition on, another version of the steering decided."""

    block: int
    version: int


class Receipt(Event):
    """The account of one frame: every offset it held, and what was in force.

    `steered` says which steering was taken up in it, if any was.
    """

    topic: str
    partition: int
    first: int
    next: int  # the offset after the frame's last
    runs: tuple[Run, ...]
    selected: tuple[int, ...]
    duplicates: tuple[DuplicateOf, ...]
    window: dict[str, Tally] = Field(default_factory=dict)  # of the rules that allow some rows to break them, by key
    steered: Steered | None = None
    versions: Versions
