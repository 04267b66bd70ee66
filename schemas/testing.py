"""For tests: a contract in two versions, records of it, and Hypothesis strategies for records and events."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from hypothesis import strategies as st
from pydantic import Field, JsonValue, computed_field
from pydantic.fields import FieldInfo

from schemas.boxes import Box
from schemas.guidelines import ClassChange, Definition, Draft, Example
from schemas.project import DatasetRecipe, DuplicatePolicy
from schemas.routing import Confirming, Hits, Quota, RoutingPolicy, Steering
from schemas.samples import AnySample, Payload, versioned
from schemas.verdicts import Event, Selection

CLASSES = ("cat", "dog", "fox")
# How near each other two records are that repeat one another.
NEAR = 0.5
CURRENT = 2


class Old(Payload):
    """Version 1 of what a camera sends."""

    values: list[float]


class Reading(Payload):
    """Version 2: with a text of any kind, and whatever the camera's maker likes."""

    values: Annotated[list[float], Field(min_length=1)]
    note: str = ""
    maker: JsonValue = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def highest(self) -> float:
        """The largest value."""
        return max(self.values)


MODELS: dict[int, type[Payload]] = {1: Old, CURRENT: Reading}
SAMPLES = versioned(MODELS)


def record(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a sound record, far from those of other numbers; `changes` replace its fields."""
    fields: dict[str, Any] = {
        "contract": CURRENT,
        "sample_id": f"s{number}",
        "source": "camera-1",
        "occurred_at": "2026-01-05T08:00:00Z",
        "payload": {"values": [number, 2 * number]},
        "prediction": {"model": "m1", "scores": {"cat": 0.7, "dog": 0.2, "fox": 0.1}},
        "attributes": {"batch": f"b{number % 3}"},
    }
    return {**fields, **changes}


def encoded(plain: JsonValue) -> bytes:
    """Return the bytes that a producer sends."""
    return json.dumps(plain).encode()


def sample(number: int = 0, **changes: Any) -> AnySample:
    """Return the record as the current contract reads it."""
    return SAMPLES[CURRENT].model_validate_json(encoded(record(number, **changes)))


def routing_policy(**changes: Any) -> RoutingPolicy:
    """Return a policy of small blocks that uses every signal; `changes` replace its fields."""
    signals = {"uncertain": {}, "rare": {"below": 0.3}, "novel": {}, "representative": {}}
    parts = {"block": 8, "budget": {"share": 0.25}, "audit": 0.2, "space": {}}
    return RoutingPolicy.model_validate({**parts, **signals, **changes})


def duplicate_policy(**changes: Any) -> DuplicatePolicy:
    """Return a policy of a small window; `changes` replace its fields."""
    return DuplicatePolicy.model_validate({"field": "values", "distance": NEAR, "window": 4, **changes})


finite = st.floats(allow_nan=False, allow_infinity=False)
# As PostgreSQL can hold it; Hypothesis draws no surrogates here.
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
names = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=8)
# Whatever JSON can say, huge numbers, NUL and what only looks like it included.
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("\\u0000 NaN"))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=8,
)
# Whatever JSON can say that can be written again.
sound_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), finite, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
scores = st.dictionaries(st.sampled_from(CLASSES), st.floats(0, 1), min_size=1)
predictions = st.fixed_dictionaries({"model": names, "scores": scores})
attributes = st.dictionaries(texts, st.one_of(texts, st.integers(), finite, st.booleans()), max_size=3)
# Within the years that every time zone can tell.
times = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone

# Sound records of the current version, as plain JSON values.
records = st.fixed_dictionaries(
    {
        "contract": st.just(CURRENT),
        "sample_id": names,
        "source": names,
        "occurred_at": times.map(datetime.isoformat),
        "payload": st.fixed_dictionaries(
            {"values": st.lists(finite, min_size=1, max_size=4)}, optional={"note": texts, "maker": sound_values}
        ),
    },
    optional={
        "prediction": st.none() | predictions,
        "embedding": st.none() | st.lists(finite, min_size=1, max_size=4),
        "attributes": attributes,
        "media": st.none() | texts,
    },
)


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a sound record of which one field, of it or of its payload, is any JSON value or is missing."""
    plain: dict[str, Any] = draw(records)
    place = draw(st.sampled_from(["record", "payload"]))
    target = plain if place == "record" else dict(plain["payload"])
    name = draw(st.sampled_from([*target, "prediction", "attributes", "note", "maker"]) | st.text(max_size=4))
    if draw(st.booleans()):
        target[name] = draw(values)
    else:
        target.pop(name, None)
    return target if place == "record" else {**plain, "payload": target}


def events(kind: type[Event]) -> st.SearchStrategy[Event]:
    """Return a strategy for events of this kind, from the types and bounds of its fields."""
    known = _FIELDS.get(kind, {})
    return st.builds(
        kind,
        **{name: known.get(name, st.from_type(_bounded(field))) for name, field in kind.model_fields.items()},
    )


def _bounded(field: FieldInfo) -> Any:
    """Return the field's type with its bounds."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def register(kinds: list[type[Event]]) -> None:
    """Let Hypothesis draw these events wherever they are fields of others, and those that it cannot draw by itself."""
    st.register_type_strategy(JsonValue, sound_values)  # type: ignore[arg-type]
    st.register_type_strategy(float, finite)
    st.register_type_strategy(DatasetRecipe, st.builds(DatasetRecipe, **_RECIPE))
    for kind in dict.fromkeys([*_FIELDS, *kinds]):  # in the order in which they are defined: each knows those before it
        st.register_type_strategy(kind, events(kind))


_CLASSES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8)
_REASONS = st.from_regex(r"[a-z][a-z0-9_]{0,40}", fullmatch=True)
# Bounds of what stands within a field's type, or between fields, are not seen by Hypothesis.
_FIELDS: dict[type[Event], dict[str, st.SearchStrategy[Any]]] = {
    Box: {
        "left": st.floats(-1000, 0),
        "top": st.floats(-1000, 0),
        "right": st.floats(1, 1000),
        "bottom": st.floats(1, 1000),
    },
    Example: {"note": texts},
    Definition: {"name": _CLASSES, "text": texts},
    ClassChange: {
        "takes": st.tuples(_CLASSES),
        "gives": st.lists(_CLASSES, min_size=1, max_size=3, unique=True).map(tuple),
    },
    Draft: {
        "base": st.none() | st.integers(1, 2**63 - 1),
        "settles": st.lists(st.tuples(names, names), max_size=3).map(tuple),
    },
    Selection: {
        "reasons": st.lists(_REASONS, min_size=1, max_size=3).map(tuple),
        "scores": st.dictionaries(_REASONS, finite, max_size=3),
    },
    Confirming: {"column": st.none() | names},
    Steering: {
        "hits": st.dictionaries(_REASONS, st.deferred(lambda: events(Hits)), max_size=3),
        "quotas": st.lists(st.builds(Quota, column=names, value=names, want=st.integers(1, 9)), max_size=2).map(tuple),
        "confirming": st.lists(st.deferred(lambda: events(Confirming)), max_size=2).map(tuple),
    },
}
_RECIPE: dict[str, st.SearchStrategy[Any]] = {
    "group": names,
    "splits": st.just({"train": 0.75, "test": 0.25}),
    "min_rows": st.integers(1, 9),
    "agreement_floor": st.floats(-1, 1),
}
