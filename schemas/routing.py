"""Which samples labelers get: a project's routing policy, and the steering that labels give it."""

from math import ceil
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, JsonValue, field_validator, model_validator

from schemas.samples import Attribute
from schemas.section import Section, Share
from schemas.verdicts import Event, Reason, ReasonName

# A column as expectations name it: a field of the payload, of the envelope, or `attributes.NAME`.
ColumnName = Annotated[str, Field(min_length=1, max_length=200)]
Weight = Annotated[float, Field(ge=0.001, le=1_000)]


class Budget(Section):
    """How much is labeled: a share of the accepted samples, or a number of them per hour."""

    share: Share | None = None
    per_hour: Annotated[float, Field(ge=0, le=100_000)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.share is None) == (self.per_hour is None):
            raise ValueError("set either share or per_hour")
        return self


class SignalPolicy(Section):
    """Base of a signal's settings; `weight` says what it gets of the budget, beside the others, at first."""

    weight: Weight = 1.0


class UncertainPolicy(SignalPolicy):
    """Little confidence of the model, by one of three measures."""

    measure: Literal["margin", "entropy", "least_confidence"] = "margin"


class RarePolicy(SignalPolicy):
    """A value of one of the columns that fewer than `below` of the samples have; the predicted class by itself."""

    below: Annotated[float, Field(gt=0, le=1)] = 0.05
    columns: Annotated[tuple[ColumnName, ...], Field(min_length=1)] = ("prediction.top",)


class NovelPolicy(SignalPolicy):
    """Distance from all that was seen, in the routing's space; `centers` points stand for what was seen."""

    centers: Annotated[int, Field(ge=2, le=4096)] = 256


class RepresentativePolicy(SignalPolicy):
    """Samples that stand for many which no selected one stands for yet, in the routing's space.

    They share what signals leave to chance with the uniform draw, in parts of `weight` and 1.
    """

    weight: Weight = 9.0


class DisagreementPolicy(SignalPolicy):
    """Another predicted class than the one in `column`, which a second model gave."""

    column: ColumnName


class OwnSignalPolicy(SignalPolicy):
    """A signal of the project's own, by the name of its entry point; `options` are handed to it."""

    options: dict[str, JsonValue] = Field(default_factory=dict)


class Quota(Section):
    """How many labels are wanted of the samples that have `value` in `column`."""

    column: ColumnName
    value: Attribute
    want: Annotated[int, Field(gt=0)]


class SpacePolicy(Section):
    """Where distances are measured: the sample's `embedding`, or a field of the payload that lists numbers.

    A sample nearer to one of the last `queued` selected ones than `apart` times the typical distance is not selected.
    """

    field: ColumnName = "embedding"
    apart: Annotated[float, Field(ge=0, le=10)] = 0.1
    queued: Annotated[int, Field(ge=1, le=10_000)] = 512


class RoutingPolicy(Section):
    """How much of the accepted samples goes to labelers, and by which signals.

    State is renewed each `block` offsets, for each partition by itself. At least `audit` of the budget is drawn
    uniformly, whatever the signals say; signals get `at_first` of the rest until labels tell what they find.
    No value of a column in `fair` gets less than half of what its share of the stream would be.
    """

    block: Annotated[int, Field(gt=0, le=100_000)] = 500
    budget: Budget
    audit: Share = 0.1
    at_first: Share = 0.25
    uncertain: UncertainPolicy | None = None
    rare: RarePolicy | None = None
    novel: NovelPolicy | None = None
    representative: RepresentativePolicy | None = None
    disagreement: DisagreementPolicy | None = None
    own: dict[ReasonName, OwnSignalPolicy] = Field(default_factory=dict)
    quotas: tuple[Quota, ...] = ()
    fair: tuple[ColumnName, ...] = ("source",)
    space: SpacePolicy | None = None

    def of_partition(self, partitions: int) -> "RoutingPolicy":
        """Return the part of the policy that each of so many partitions follows by itself."""
        rate = self.budget.per_hour
        budget = self.budget if rate is None else Budget(per_hour=rate / partitions)
        return self.model_copy(update={"budget": budget, "quotas": _parts(self.quotas, partitions)})

    @model_validator(mode="after")
    def _novel_has_a_space(self) -> Self:
        if (self.novel or self.representative) and not self.space:
            raise ValueError("novel and representative measure distances: say where, in [routing.space]")
        if taken := sorted(set(self.own) & set(Reason)):
            raise ValueError(f"{', '.join(taken)} is the name of a signal that comes with Assay: choose another one")
        return self


class Confirming(Event):
    """How many labels are bought to confirm an alarm of drift, of the slice that it is of, or of all samples.

    A slice is what has `value`, as text, in `column`; of all samples neither is said.
    """

    alarm: int
    column: ColumnName | None = None
    value: str | None = None
    want: int = Field(gt=0)


PartT = TypeVar("PartT", Quota, Confirming)


def _parts(wanted: tuple[PartT, ...], partitions: int) -> tuple[PartT, ...]:
    """Return the part of what is wanted that each of so many partitions has selected."""
    return tuple(one.model_copy(update={"want": ceil(one.want / partitions)}) for one in wanted)


class Hits(Event):
    """What labels said of the selections for one reason: how many changed something, of how many.

    One changes something where the answer differs from the prediction, or where labels of its class were short.
    Older ones weigh less, so neither is a whole number.
    """

    labels: float = Field(default=0.0, ge=0)
    hits: float = Field(default=0.0, ge=0)


class Steering(Event):
    """What labels say of routing so far; version 0 is what is known before there are any.

    `temperature` is that of the scores (`quality.routing.calibration`). Hits go by their reasons' names, so that equal
    ones are written alike. `quotas` are wanted beside the policy's: the model that was trained on the dataset version
    `asked_by` is worst at these slices. Each version that asks wants so many labels anew. `confirming` is what open
    alarms of drift buy.
    """

    version: int = Field(default=0, ge=0)
    hits: dict[ReasonName, Hits] = Field(default_factory=dict)
    temperature: float = Field(default=1.0, gt=0)
    quotas: tuple[Quota, ...] = ()
    asked_by: int = Field(default=0, ge=0)
    confirming: tuple[Confirming, ...] = ()

    def of_partition(self, partitions: int) -> "Steering":
        """Return the steering that each of so many partitions follows by itself."""
        parts = {"quotas": _parts(self.quotas, partitions), "confirming": _parts(self.confirming, partitions)}
        return self.model_copy(update=parts)

    @field_validator("hits")
    @classmethod
    def _in_one_order(cls, hits: dict[str, Hits]) -> dict[str, Hits]:
        return dict(sorted(hits.items()))
