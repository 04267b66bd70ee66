"""Production samples: the envelope every producer fills, around a payload the project defines."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticCustomError

from schemas.answers import ClassName

PayloadT = TypeVar("PayloadT", bound=BaseModel)

# A value an attribute may have: what slices are cut by.
Attribute = str | int | float | bool


def written_out(value: object) -> object:
    """Refuse a number in quotes: pydantic takes it for seconds since 1970, which would make 20260131 a day of 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise PydanticCustomError("instant", "Input should be a time with its zone, such as 2026-01-31T12:00:00Z")


def within_utc(value: datetime) -> datetime:
    """Refuse what no calendar can hold once it is told in UTC, as PostgreSQL and Iceberg tell it."""
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("instant_range", "Input should lie within the years 1 to 9999 in UTC") from None
    return value


# A point in time, from ISO 8601 with its zone.
Instant = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(written_out), AfterValidator(within_utc)]


class Strict(BaseModel):
    """Base of what comes from outside: no coercion, no unknown fields, no infinities.

    Where a subclass lets one in all the same, its JSON says so instead of null, so that it can be refused.
    """

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="constants"
    )


class Payload(Strict):
    """Base of a project's contract: subclass it with the typed fields of one sample."""


class Prediction(Strict):
    """What the producer's model said of a sample: a score in [0, 1] for each class."""

    model: Annotated[str, Field(min_length=1, max_length=200)]
    scores: Annotated[dict[ClassName, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """Classes with their scores, best first; ties in the order of the names."""
        return sorted(self.scores.items(), key=lambda item: (-item[1], item[0]))

    @property
    def top(self) -> str:
        """The class with the highest score."""
        return self.ranked[0][0]

    @property
    def margin(self) -> float:
        """Distance between the two best scores; the best score where there is one class only."""
        ranked = self.ranked
        return ranked[0][1] - (ranked[1][1] if len(ranked) > 1 else 0.0)


def names_are_plain(sample: "Sample[PayloadT]") -> "Sample[PayloadT]":
    """Refuse NUL in an identity: PostgreSQL and Iceberg cannot hold it."""
    if "\x00" in sample.sample_id or "\x00" in sample.source:
        raise ValueError("sample_id and source must not contain NUL characters")
    return sample


class Sample(Strict, Generic[PayloadT]):
    """One production record. `contract` is the version of the payload's definition."""

    contract: int
    sample_id: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[str, Field(min_length=1, max_length=200)]
    occurred_at: Instant
    payload: PayloadT
    prediction: Prediction | None = None
    embedding: Annotated[tuple[float, ...], Field(strict=False, min_length=1)] | None = None
    attributes: dict[str, Attribute] = Field(default_factory=dict)
    media: Annotated[str, Field(max_length=2000)] | None = None

    _plain_names = model_validator(mode="after")(names_are_plain)


AnySample = Sample[Payload]


def versioned(models: Mapping[int, type[Payload]]) -> dict[int, type[AnySample]]:
    """Return the sample type of each contract version, its `contract` fixed to that version."""
    return {
        version: create_model(
            f"SampleV{version}",
            __base__=Sample[model],  # type: ignore[valid-type]
            contract=(int, _just(version)),
        )
        for version, model in models.items()
    }


def json_schema(sample: type[AnySample]) -> dict[str, Any]:
    """Return what producers must send, envelope and payload, as JSON Schema (draft 2020-12).

    Every sample that the contract lets in is valid under it, but not the reverse. JSON Schema cannot say: what
    validators check (NUL characters, the years 1 to 9999), that 1.0 is no integer, that numbers are finite and of a
    length that Python reads, nor that a time is well formed (`format` is an annotation).
    """
    return {"$schema": GenerateJsonSchema.schema_dialect, **sample.model_json_schema()}


def _just(version: int) -> Any:
    """Return a field that only this integer fits; a Literal would take true and 1.0 for 1."""
    return Field(ge=version, le=version, json_schema_extra={"const": version})
