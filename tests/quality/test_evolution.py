"""Contracts evolve: what is called compatible is so, and a witness shows what is called breaking."""

import json
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, cast

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st
from pydantic import (
    AliasChoices,
    Field,
    JsonValue,
    RootModel,
    ValidationError,
    computed_field,
    create_model,
    field_validator,
)

from quality.evolution import Compatibility, evolution
from quality.evolution.witness import holds
from schemas.samples import Payload

Made = type[Payload]
# What Hypothesis would explain takes longer than what it finds.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)


class Few(StrEnum):
    """Two choices."""

    A = "a"
    B = "b"


class Many(StrEnum):
    """One more."""

    A = "a"
    B = "b"
    AB = "ab"


small = st.integers(-2, 2)
bounds = st.fixed_dictionaries({}, optional={"ge": small, "le": small, "gt": small, "lt": small})
lengths = st.fixed_dictionaries({}, optional={"min_length": st.integers(0, 2), "max_length": st.integers(0, 3)})
coercion = st.fixed_dictionaries({}, optional={"strict": st.booleans()})


# Parametrized with what is drawn, which no type checker can follow.
LIST, MAPPING, TUPLE = cast("tuple[Any, Any, Any]", (list, dict, tuple))


def limited(kind: Any, *limits: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Any]:
    """Return types of this kind with limits drawn."""
    return st.tuples(*limits).map(
        lambda drawn: Annotated[kind, Field(**{k: v for one in drawn for k, v in one.items()})]
    )


whole = limited(int, bounds, coercion, st.fixed_dictionaries({}, optional={"multiple_of": st.sampled_from([1, 2, 4])}))
exact = st.just(Annotated[int, Field(ge=-9, le=9)])
real = limited(float, bounds, coercion)
text = limited(str, lengths, st.fixed_dictionaries({}, optional={"pattern": st.sampled_from(["^a", "b$"])}))
chosen = st.sets(st.sampled_from(["a", "ab", "b", ""]), min_size=1).map(lambda few: Literal[tuple(sorted(few))])
plain = whole | exact | real | text | chosen | st.sampled_from([bool, JsonValue, Any, str, int, float, date, Few, Many])
kinds = st.recursive(
    plain,
    lambda inner: st.one_of(
        inner.map(lambda kind: kind | None),
        st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]),
        inner.flatmap(lambda kind: limited(LIST[kind], lengths)),
        inner.map(lambda kind: MAPPING[str, kind]),
        inner.map(lambda kind: TUPLE[kind, ...]),
        st.tuples(inner, inner).map(lambda pair: TUPLE[pair]),
        st.sampled_from([set[int], set[str], set[float], frozenset[int], dict[Literal["a"], int]]),
        st.deferred(lambda: models),
    ),
    max_leaves=3,
)
defaults = st.sampled_from(
    [
        *(..., ..., ..., None, 0, 1, "a"),
        *(Field(alias="c"), Field(alias="a", default=1), Field(default_factory=list)),
        *(Field(validation_alias=AliasChoices("a", "c")), Field(1, validation_alias=AliasChoices("b", "c"))),
    ]
)
extras = st.sampled_from(["forbid", "forbid", "forbid", "ignore", "allow"])
configs = st.sampled_from(
    [{}, {}, {"strict": False}, {"populate_by_name": True}, {"str_strip_whitespace": True, "strict": False}]
)
names = st.sampled_from(["a", "b"])


def made(fields: dict[str, tuple[Any, Any]], extra: str = "forbid", **config: Any) -> Made:
    """Return a payload model of these fields."""
    model_config = {"extra": extra, **config}
    base = type("Base", (Payload,), {"model_config": model_config, "__module__": __name__})
    return create_model("Made", __base__=base, **fields)  # type: ignore[call-overload,no-any-return]


models: st.SearchStrategy[Made] = st.builds(
    made, st.dictionaries(names, st.tuples(kinds, defaults), min_size=1), extras
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Made, Made]:
    """Draw two versions of a model: the second has one field drawn anew, or gone, and the rest as they were."""
    fields = draw(st.dictionaries(names, st.tuples(kinds, defaults), min_size=1))
    extra, name = draw(extras), draw(names)
    others = {each: field for each, field in fields.items() if each != name or draw(st.booleans())}
    kind = draw(kinds | st.sampled_from([field[0] for field in fields.values()]))
    changed = {**others, name: (kind, draw(defaults))} if draw(st.booleans()) else others
    config = draw(configs)
    later = draw(st.just(config) | configs)
    return made(fields, extra, **config), made(changed, draw(st.just(extra) | extras), **later)


SCALARS: list[Any] = [
    *(
        None,
        True,
        False,
        "",
        "a",
        "b",
        "ab",
        " ab",
        "2026-01-31",
        "aab",
        "abcd",
        "1",
        "0.5",
        2**53 + 1,
        10**400,
        0.5,
        1.0,
        1e300,
    ),
    *(-3, -2, -1, 0, 1, 2, 3, 4),
]
LISTS: list[Any] = [[], *([one] for one in SCALARS), ["a", "ab"], [1, 2, 3], [1, "a"], [0] * 4, [[1]], [{"a": 1}]]
OBJECTS: list[Any] = [{}, *({name: one} for name in ("a", "b", "c") for one in SCALARS), {"a": 1, "b": "a"}, {"a": [1]}]
VALUES = [*SCALARS, *LISTS, *OBJECTS]
others = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(VALUES), max_size=2)


def read(model: Made, payload: Any) -> Any:
    """Return what a version reads, as JSON; `ValidationError` where it refuses."""
    return json.loads(model.model_validate_json(json.dumps(payload)).model_dump_json(warnings=False))


def lets_in(model: Made, payload: Any) -> bool:
    """Say whether a version lets a payload in."""
    try:
        read(model, payload)
    except ValidationError:
        return False
    return True


@settings(max_examples=150, phases=PHASES)
@given(pair=pairs(), other=others)
def test_what_is_called_compatible_is_let_in_and_read_the_same(pair: tuple[Made, Made], other: dict[str, Any]) -> None:
    """Backward for all that the old version lets in, forward for all that the new one does."""
    old, new = pair
    found = evolution(old, new)
    event(found.compatibility.value)
    for holds_so, first, second in ((found.backward, old, new), (all(one.forward for one in found.changes), new, old)):
        sent = [other, *({**other, name: value} for name in ("a", "b", "c") for value in VALUES)]
        for payload in sent if holds_so else []:
            if lets_in(first, payload):
                event("tried")
                assert holds(read(first, payload), read(second, payload)), payload


@settings(max_examples=150, phases=PHASES)
@given(pair=pairs())
def test_a_witness_is_let_in_by_the_old_version_and_not_read_so_by_the_new(pair: tuple[Made, Made]) -> None:
    """Whoever doubts the verdict can send it."""
    old, new = pair
    for change in evolution(old, new).changes:
        event(f"backward {change.backward}, witness {change.witness is not None}")
        if change.witness is not None:
            before = read(old, change.witness)
            assert not change.backward
            assert not lets_in(new, change.witness) or not holds(before, read(new, change.witness))


def one(kind: Any, default: Any = ..., extra: str = "forbid") -> Made:
    """Return a payload with a field `a` of this kind."""
    return made({"a": (kind, default)}, extra)


class Base(Payload):
    """What the versions below have in common."""

    a: int

    @field_validator("a")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("odd")
        return value

    @computed_field  # type: ignore[prop-decorator]
    @property
    def half(self) -> int:
        """Half of it."""
        return self.a // 2


class Same(Base):
    """Inherits all of it."""


class Stricter(Base):
    """Checks otherwise."""

    @field_validator("a")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 4:
            raise ValueError("not a multiple of four")
        return value


class Third(Base):
    """Computes otherwise."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def half(self) -> int:
        """Half of it, they say."""
        return self.a // 3


class Without(Payload):
    """Computes nothing."""

    a: Annotated[int, Field(multiple_of=2)]


class Inner(Payload):
    """A model within one."""

    x: float = 0.0


class Outer(Payload):
    """A model with others in it."""

    boxes: list[Inner]


class InnerNow(Payload):
    """The inner one, grown."""

    x: float = 0.0
    y: float


class OuterNow(Payload):
    """The outer one of the next version."""

    boxes: list[InnerNow]


Positive = Annotated[int, Field(ge=1)]
INNER: dict[str, Any] = {"boxes": [{}]}
EXPECTED: dict[str, tuple[Made, Made, list[tuple[str, str, bool, bool, Any]]]] = {
    "nothing": (one(int), one(int), []),
    "required field": (made({}), one(int), [("field added", "a", False, False, {})]),
    "optional field": (made({}), one(int, 1), [("field added", "a", True, False, None)]),
    "optional field that came unread": (
        made({}, "ignore"),
        one(int, 1, "ignore"),
        [("field added", "a", False, False, {"a": {}})],
    ),
    "removed": (one(int), made({}), [("field removed", "a", False, False, {"a": 0})]),
    "removed, was optional": (one(int, 1), made({}), [("field removed", "a", False, True, {"a": 0})]),
    "required now": (one(int, 1), one(int), [("now required", "a", False, True, {})]),
    "optional now": (one(int), one(int, 1), [("now optional", "a", True, False, None)]),
    "default": (one(int, 1), one(int, 2), [("default changed", "a", False, False, {})]),
    "bound raised": (one(int), one(Positive), [("constraint tightened", "a", False, True, {"a": 0})]),
    "bound lowered": (one(Positive), one(int), [("constraint loosened", "a", True, False, None)]),
    "item's bound": (
        one(list[int]),
        one(list[Positive]),
        [("constraint tightened", "a[]", False, True, {"a": [0]})],
    ),
    "value's bound": (
        one(dict[str, int]),
        one(dict[str, Positive]),
        [("constraint tightened", "a{}", False, True, {"a": {"some_key": 0}})],
    ),
    "null let in": (one(int), one(int | None), [("type widened", "a", True, False, None)]),
    "null refused": (one(int | None), one(int), [("type narrowed", "a", False, True, {"a": None})]),
    "text or number": (one(int), one(int | str), [("type widened", "a", True, False, None)]),
    "choice gone": (
        one(Literal["x", "y"]),
        one(Literal["x"]),
        [("type narrowed", "a", False, True, {"a": "y"})],
    ),
    "choice come": (one(Literal["x"]), one(Literal["x", "y"]), [("type widened", "a", True, False, None)]),
    "choices freed": (one(Literal["x"]), one(str), [("type widened", "a", True, False, None)]),
    "integer to float": (one(int), one(float), [("type changed", "a", False, False, {"a": 2**53 + 1})]),
    "bounded integer to float": (
        one(Annotated[int, Field(ge=0, le=16)]),
        one(float),
        [("type widened", "a", True, False, None)],
    ),
    "another type": (one(int), one(str), [("type changed", "a", False, False, {"a": 0})]),
    "unknown fields": (one(int, 1, "ignore"), one(int, 1), [("unknown fields", "", False, True, {"some_key": {}})]),
    "pattern": (
        one(Annotated[str, Field(pattern="^a")]),
        one(Annotated[str, Field(pattern="b$")]),
        [("cannot be decided", "a", False, False, {"a": "a"})],
    ),
    "nested": (Outer, OuterNow, [("field added", "boxes[].y", False, False, INNER)]),
    "inherited code": (Base, Same, []),
    "validator": (Base, Stricter, [("cannot be decided", "a", False, False, None)]),
    "column": (Base, Third, [("cannot be decided", "half", False, False, None)]),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_change_is_named_with_what_it_breaks(name: str) -> None:
    """Kind, place, backward, forward, and the payload that shows it."""
    old, new, expected = EXPECTED[name]
    told = [(each.kind, each.where, each.backward, each.forward, each.witness) for each in evolution(old, new).changes]
    assert told == expected


def test_a_column_that_is_gone_breaks_the_expectations_that_name_it() -> None:
    """Though every payload is let in as before; one that is new breaks nothing."""
    gone = [change for change in evolution(Base, Without).changes if change.where == "half"]
    come = [change for change in evolution(Without, Base).changes if change.where == "half"]
    assert [(each.kind, each.backward, each.forward) for each in gone] == [("computed field removed", False, True)]
    assert [(each.kind, each.backward, each.forward) for each in come] == [("computed field added", True, True)]


def test_a_field_may_get_a_further_name() -> None:
    """That is how one is renamed without breaking producers, while it keeps its column."""
    renamed = made({"a": (int, Field(validation_alias=AliasChoices("a", "amount")))})
    (change,) = evolution(one(int), renamed).changes
    assert (change.backward, change.was, change.now) == (True, "a", "a or amount")
    (back,) = evolution(renamed, one(int)).changes
    assert back.backward is False


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (one(int), one(int), Compatibility.FULL),
        (one(Positive), one(int), Compatibility.BACKWARD),
        (one(int), one(Positive), Compatibility.FORWARD),
        (one(int), one(str), Compatibility.NONE),
    ],
)
def test_compatibility_has_the_names_of_schema_registries(old: Made, new: Made, expected: Compatibility) -> None:
    """Of all changes together."""
    assert evolution(old, new).compatibility is expected


class Listed(RootModel[list[int]]):
    """A model that is a list."""


class ListedNow(RootModel[list[float]]):
    """A model that is another list."""


def test_what_is_not_compared_counts_as_breaking() -> None:
    """It is named, and said to be undecided."""
    (change,) = evolution(one(Listed), one(ListedNow)).changes
    assert (change.kind, change.where, change.backward) == ("cannot be decided", "a", False)
    assert evolution(one(Listed), one(Listed)).changes == ()


class Tree(Payload):
    """A model that holds itself."""

    value: int
    below: "list[Tree]" = Field(default_factory=list)


class TreeNow(Payload):
    """The same, with a bound on each value."""

    value: Positive
    below: "list[TreeNow]" = Field(default_factory=list)


def test_a_model_that_holds_itself_is_compared_once() -> None:
    """The change stands where it is first met."""
    assert [(each.where, each.backward) for each in evolution(Tree, TreeNow).changes] == [("value", False)]
    assert evolution(Tree, Tree).changes == ()
