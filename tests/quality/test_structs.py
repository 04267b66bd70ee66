"""The fast reading of a contract: what a struct accepts pydantic accepts, with equal values; most it does accept."""

from datetime import datetime
from functools import cached_property
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    PrivateAttr,
    WrapValidator,
    computed_field,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)

from examples.digits.contract import DigitV1
from quality.contracts import Contract
from quality.decoding import Decoded, decode
from quality.structs import compiled
from quality.testing_reading import alone, same
from schemas.samples import Instant, Payload, Sample, versioned, within_utc
from schemas.testing import SAMPLES, Reading, encoded, record
from schemas.testing_contracts import Point, Size, contracts, told

slow_to_draw = settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def contract_of(payload: type[Payload]) -> Contract:
    """Return a contract of one version."""
    return Contract(current=1, versions=versioned({1: payload}))


def check(contract: Contract, values: list[bytes | None], *, kept: bool = True) -> Decoded:
    """Assert that a frame is decoded as pydantic alone decodes its records, each at its place.

    `kept` says that the contract reads a sample again as it wrote it, without changing it.
    """
    decoded = decode(contract, values)
    expected = [alone(contract, value) for value in values]
    assert list(decoded.places) == [place for place, one in enumerate(expected) if isinstance(one, dict)]
    assert dict(decoded.violations) == {place: one for place, one in enumerate(expected) if isinstance(one, tuple)}
    for row, place in enumerate(decoded.places):
        found = expected[place]
        assert isinstance(found, dict)
        columns = {name: decoded.columns[name][row] for name in found}
        assert all(same(columns[name], found[name]) for name in found), (columns, found, values[place])
        if kept:
            assert contract.decode(decoded.written(row, values[place])) == contract.decode(values[place])
    return decoded


@slow_to_draw
@given(data=st.data())
def test_a_frame_is_decoded_as_pydantic_alone_would(data: st.DataObject) -> None:
    """Of any contract and any records: verdicts, values, types, order."""
    payload, texts = data.draw(contracts())
    check(contract_of(payload), data.draw(st.lists(told(texts) | st.none(), min_size=1, max_size=8)))


def field(annotation: Any, **options: Any) -> type[Payload]:
    """Return a payload of one field, `value`."""
    return type("OneField", (Payload,), {"__annotations__": {"value": annotation}, "value": Field(**options)})


class Lax(Payload):
    """A model that coerces."""

    model_config = ConfigDict(strict=False)
    value: int | str | float | bool | list[int] | None


class LaxNumber(Payload):
    """Likewise."""

    model_config = ConfigDict(strict=False)
    value: int


class Ignoring(Payload):
    """A model that lets unknown fields pass."""

    model_config = ConfigDict(extra="ignore")
    value: int


class Keeping(Payload):
    """A model that keeps them."""

    model_config = ConfigDict(extra="allow")
    value: int


class Trimming(Payload):
    """A model that changes texts."""

    model_config = ConfigDict(str_strip_whitespace=True)
    value: str


class Short(Payload):
    """A model that bounds them."""

    model_config = ConfigDict(str_max_length=1)
    value: str


class ByName(Payload):
    """A model that takes a field by either name."""

    model_config = ConfigDict(validate_by_name=True)
    value: Annotated[int, Field(alias="v")]


class Valued(Payload):
    """A model that stores what an enumeration's member stands for."""

    model_config = ConfigDict(use_enum_values=True)
    value: Size


class Checked(Payload):
    """A model that checks defaults."""

    model_config = ConfigDict(validate_default=True)
    value: int = Field(default="1")  # type: ignore[assignment]


class Validated(Payload):
    """A field with a check of its own."""

    value: int

    @field_validator("value")
    @classmethod
    def doubled(cls, value: int) -> int:
        """Return another value."""
        return 2 * value


class Whole(Payload):
    """A model with a check of its own."""

    value: int

    @model_validator(mode="after")
    def odd(self) -> "Whole":
        """Refuse even values."""
        if self.value % 2 == 0:
            raise ValueError("even")
        return self


class Renamed(Payload):
    """A model that reads another field."""

    value: int

    @model_validator(mode="before")
    @classmethod
    def other(cls, data: Any) -> Any:
        """Return the field under its name."""
        return {"value": data["other"]} if isinstance(data, dict) and "other" in data else data


class Wrapped(Payload):
    """A model that is wrapped."""

    value: int

    @model_validator(mode="wrap")
    @classmethod
    def around(cls, data: Any, handler: Any) -> Any:
        """Return what is read."""
        return handler(data)


class Told(Payload):
    """A field that is written otherwise."""

    value: int

    @field_serializer("value")
    def in_words(self, value: int) -> str:
        """Return a text."""
        return f"<{value}>"


class ToldWhole(Payload):
    """A model that is written otherwise."""

    value: int

    @model_serializer
    def in_words(self) -> dict[str, Any]:
        """Return another field."""
        return {"value": self.value, "more": 1}


class Made(Payload):
    """A model that is made otherwise."""

    value: int

    def __init__(self, **data: Any) -> None:
        super().__init__(**{**data, "value": 7})


class Finished(Payload):
    """A model that does something when it is made."""

    value: int

    def model_post_init(self, _: Any) -> None:
        """Refuse seven."""
        if self.value == 7:
            raise ValueError("seven")


class Private(Payload):
    """A model with an attribute of its own."""

    value: int
    _count: int = PrivateAttr(default=0)


class Dumped(Payload):
    """A model with its own idea of its columns."""

    value: int

    def model_dump(self, **_: Any) -> dict[str, Any]:
        """Return a column."""
        return {"value": 0}


class Attributed(Payload):
    """A model that answers for its attributes."""

    value: int

    def __getattribute__(self, name: str) -> Any:
        return 0 if name == "value" else super().__getattribute__(name)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def seen(self) -> int:
        """Another value than was sent."""
        return self.value


class Cached(Payload):
    """A computed field that is kept."""

    value: int

    @computed_field  # type: ignore[prop-decorator]
    @cached_property
    def double(self) -> int:
        """Twice the value."""
        return 2 * self.value


class Itself(Payload):
    """A computed field that looks at its model."""

    value: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def kind(self) -> str:
        """What it is."""
        return type(self).__name__

    @computed_field  # type: ignore[prop-decorator]
    @property
    def is_model(self) -> bool:
        """Whether it is a model."""
        return isinstance(self, BaseModel) and hasattr(self, "model_dump")


class Calling(Payload):
    """A computed field that calls a method."""

    value: int

    def twice(self) -> int:
        """Return twice the value."""
        return 2 * self.value

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        """Twice the value."""
        return self.twice()


class Enclosing(Payload):
    """A computed field whose inner function looks at the model."""

    value: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def kind(self) -> str:
        """What it is."""
        return next(type(self).__name__ for _ in range(1))


class Inheriting(DigitV1):
    """A computed field that asks the class above."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ink(self) -> float:
        """Twice the ink."""
        return 2 * super().ink


class Listing(Payload):
    """A computed field of models, which are dumped."""

    value: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def points(self) -> list[Point]:
        """A point."""
        return [Point.model_validate({"X": self.value})]


class Untyped(Payload):
    """A computed field of anything, which here is a model."""

    value: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def point(self) -> Any:
        """A point, or a number."""
        return Point.model_validate({"X": self.value}) if self.value else 0


class Inner(Payload):
    """A model within a payload, with a computed field that fails on zero."""

    value: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def inverse(self) -> float:
        """Divide by the value."""
        return 1 / self.value


class Outer(Payload):
    """A payload with such models."""

    values: list[Inner]


class Zoned(Payload):
    """A computed field that tells a time's zone, which pydantic and msgspec name in other words."""

    at: Instant

    @computed_field  # type: ignore[prop-decorator]
    @property
    def zone(self) -> str:
        """The name of the zone."""
        return str(self.at.tzinfo)


# What must not be compiled.
REFUSED: list[type[Payload]] = [
    *(Ignoring, Keeping, Trimming, Short, ByName, Valued, Checked, Validated, Whole, Renamed, Wrapped, Told, ToldWhole),
    *(
        Made,
        Finished,
        Private,
        Dumped,
        Attributed,
        Cached,
        Itself,
        Calling,
        Enclosing,
        Inheriting,
        Listing,
        Outer,
        Zoned,
    ),
    field(Annotated[int, AfterValidator(lambda value: value + 1)]),
    field(Annotated[int, BeforeValidator(lambda _: 3)]),
    field(Annotated[int, PlainValidator(lambda _: 3)]),
    field(Annotated[int, WrapValidator(lambda value, handler: handler(value) + 1)]),
    field(Annotated[int, PlainSerializer(str)]),
    field(Annotated[str, AfterValidator(within_utc)]),
    field(Annotated[datetime, AfterValidator(within_utc)]),
    field(int, default_factory=lambda: 3),
    field(int, default=1, exclude=True),
    field(int, default=1, validate_default=True),
    field(str, default="\x00"),
    field(float, default=float("nan")),
    field(str, pattern="a"),
    field(Point | Inner),
]
VALUES = (
    *("1", "0", "7", "2", "1.0", "true", '"1"', '" a "', '"a"', "null", "[1]", '{"X": 1}', '{"value": 1}', '"small"'),
    *("1e400", '"2026-01-31T12:00:00Z"', '"2026-01-31T12:00:00+05:30"', '"2026-01-31T12:00:00"'),
    *(str([1] * 64), str([2**1100] * 64)),
)
MEMBERS = ("value", "v", "other", "at", "values", "pixels")


def few(name: str, value: str) -> bytes:
    """Return a record of one field."""
    return encoded(record(contract=1, payload=7777)).replace(b"7777", f'{{"{name}": {value}}}'.encode())


HANDWRITTEN = [few(name, value) for name in MEMBERS for value in VALUES] + [
    few("values", '[{"value": 1}, {"value": 0}]'),
    few("values", '[{"value": 1}, {"value": 2}]'),
    few('value": 1, "more', "1"),
    few('value": 1, "value', "1.0"),
    encoded(record(contract=1, payload={})),
]


@pytest.mark.parametrize("payload", REFUSED, ids=lambda payload: payload.__name__)
def test_what_has_ways_of_its_own_is_left_to_pydantic(payload: type[Payload]) -> None:
    """Code of the project's, and settings that change what is accepted or what it becomes."""
    contract = contract_of(payload)
    assert contract.compiled is None
    check(contract, [*HANDWRITTEN], kept=False)


@pytest.mark.parametrize("payload", [Lax, LaxNumber, Untyped], ids=lambda payload: payload.__name__)
def test_what_is_read_in_several_ways_is_read_as_pydantic_does(payload: type[Payload]) -> None:
    """A lax field, or a computed one of any type."""
    check(contract_of(payload), [*HANDWRITTEN])


class Flat(Payload):
    """What many send: numbers and texts."""

    temperature: Annotated[float, Field(ge=-90, le=60)]
    vector: Annotated[list[float], Field(min_length=2, max_length=2)]
    station: Annotated[str, Field(min_length=1, max_length=20)]
    size: Size = Size.SMALL
    count: Annotated[int, Field(ge=0)] = 0
    good: bool | None = None
    points: tuple[Point, ...] | None = None


FLAT = {"temperature": 1, "vector": [1.5, 2], "station": "é", "count": 3, "good": True, "points": [{"X": 1}]}


@pytest.mark.parametrize(
    ("payload", "told"),
    [(DigitV1, {"pixels": [0, 16] * 32}), (Flat, FLAT), (Reading, {"values": [1, 2.5], "maker": [{"a": None}]})],
)
def test_the_usual_contracts_are_compiled_and_read_all_good_records(
    payload: type[Payload], told: dict[str, Any]
) -> None:
    """Or the fast path would be there and never taken."""
    contract = contract_of(payload)
    values = [encoded(record(number, contract=1, payload=told, embedding=[1, 2], media="m")) for number in range(3)]
    assert contract.compiled is not None
    assert list(contract.compiled.read(values)) == [0, 1, 2]
    assert check(contract, [*values]).slow == {}


@pytest.mark.parametrize("versions", [SAMPLES, versioned({1: Flat})], ids=["nested", "flat"])
def test_the_envelope_has_every_field_of_a_sample(versions: dict[int, Any]) -> None:
    """One that is added to it is read here, too."""
    sample = versions[max(versions)]
    found = compiled(sample)
    assert found is not None
    assert set(found.decoder.type.__struct_fields__) == set(sample.model_fields) == set(Sample.model_fields)
