"""For tests: contracts drawn from all kinds of fields, and records of them as text, sound, nearly sound and hostile."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from hypothesis import strategies as st
from pydantic import AwareDatetime, Field, JsonValue, Strict, TypeAdapter, create_model

from schemas.samples import Instant, Payload


class Size(StrEnum):
    """Texts that are enumerated."""

    SMALL = "small"
    LARGE = "large"


class Shade(Enum):
    """Likewise, of no text's class."""

    DARK = "dark"
    LIGHT = "light"


class Rank(IntEnum):
    """Numbers that are enumerated."""

    FIRST = 1


class Point(Payload):
    """A model within a payload, with a name that producers give it and a default."""

    x: Annotated[float, Field(alias="X")]
    y: int = 0


class Tree(Payload):
    """A model within itself."""

    leaves: list["Tree"] = Field(default_factory=list)


DEEP = '{"a":' * 120 + "1" + "}" * 120
MODELS = (Point, Tree)
Kind = tuple[Any, tuple[str, ...]]

# Kinds of fields of which structs are made, each with texts that are sound or nearly so; the first is sound.
PLAIN: tuple[Kind, ...] = (
    (float, ("1.5", "1", "-0", "-0.0", "1e2", "5e-324", "1e-400", "1" + "0" * 308)),
    (Annotated[float, Field(ge=0, le=1)], ("0", "1", "-0.0", "0.5", "1.0000000000000002", "1.00000000000000001")),
    (Annotated[float, Field(gt=-0.0, lt=1e308)], ("0", "-0.0", "5e-324", "1e308", "9.999999999999999e307")),
    (Annotated[float, Field(ge=2**53 + 1)], ("9007199254740994", "9007199254740993", "9007199254740992")),
    (Annotated[float, Field(allow_inf_nan=True)], ("1", "NaN", "-Infinity", "1e400")),
    (Annotated[float, Strict(strict=False)], ("1", "true", '"1"', "1.5")),
    (int, ("1", "0", "-0", "1.0", "1e2", "true", "18446744073709551616", "9" * 4300, "9" * 4301)),
    (Annotated[int, Field(ge=0, le=16)], ("0", "-0", "16", "17", "-1", "true", "1" + "0" * 400)),
    (Annotated[int, Field(gt=-(2**63), lt=2**63 - 1)], ("1", "-9223372036854775808", "9223372036854775806", "9" * 30)),
    (Annotated[int, Strict(strict=False)], ("1", "1.0", "true", '"1"')),
    (str, ('"a"', '""', '"\\u0000"', '"\\\\u0000"', '"\\ud83d\\ude00"', '"\\ud800"', '"é"', '"NaN"', "1")),
    (Annotated[str, Field(min_length=1, max_length=3)], ('"abc"', '""', '"abcd"', '"\\ud83d\\ude00bc"', '"ééé"')),
    (Annotated[str, Strict(strict=False)], ('"a"', "1")),
    (bool, ("true", "false", "1", "0", '"true"', "1.0")),
    (Annotated[bool, Strict(strict=False)], ("true", "1", "0.0", '"yes"')),
    (None, ("null", "0")),
    (float | None, ("null", "1", "1.5", '""')),
    (list[int], ("[]", "[1, 2]", "[1.0]", "[true]", "[[1]]", "null", '{"0": 1}')),
    (Annotated[list[float], Field(min_length=1, max_length=2)], ("[]", "[1]", "[1, 2.5]", "[1, 2, 3]")),
    (list[Any], ("[]", '[1, "a", null, {"b": [1.0]}]', "[" * 198 + "]" * 198, "[" * 170 + "]" * 170)),
    (tuple[int, str], ('[1, "a"]', "[1]", '["a", 1]', '[1, "a", 2]')),
    (tuple[float, ...], ("[]", "[1, 2.5]", '["1"]')),
    (Annotated[tuple[int, ...], Strict(strict=False)], ("[]", "[1]", "[true]", '["1"]')),
    (dict[str, float], ("{}", '{"a": 1, "a": 2}', '{"a": "1", "a": 2}', '{"\\u0061": 1}', '{"\\ud800": 1}')),
    (Annotated[dict[str, int], Field(min_length=2, max_length=2)], ('{"a": 1, "a": 2}', '{"a": 1, "b": 2}', "{}")),
    (dict[Annotated[str, Field(max_length=1)], int], ('{"a": 1}', '{"ab": 1}')),
    (dict[str, list[Point]], ('{"a": [{"X": 1}]}', '{"a": [{"x": 1}]}', '{"a": [{"X": 1, "X": 2.5, "y": 3}]}')),
    (Literal["a", "b"], ('"a"', '"c"', "1")),
    (Literal[1, 0, "1"], ("1", "1.0", "true", "false", "0", "-0", '"1"', "2")),
    (Size, ('"small"', '"SMALL"', "1")),
    (Shade, ('"dark"', '"grey"')),
    (Point, ('{"X": 1}', '{"X": 1, "y": 2}', '{"x": 1}', '{"X": 1, "z": 1}', "[1, 2]", "null")),
    (Point | None, ('{"X": -0.0}', "null")),
    (tuple[Point, ...], ('[{"X": 1}, {"X": 2, "y": -1}]', "[]")),
    (str | int | float | bool, ('"1"', "1", "1.0", "true", "-0", "-0.0", "18446744073709551616", "null", "1e400")),
    (int | float, ("1", "1.0", "-0", "-0.0", "18446744073709551616", "true")),
    (float | str, ("1", '"1"', "true")),
    (Annotated[str | bool | None, Field()], ("null", '"a"', "true", "0")),
    (JsonValue, ("null", "1", "-0", "-0.0", "1e2", "NaN", '{"a": [1, 1.0, true]}', '{"\\ud800": 1}', DEEP)),
    (Any, ("18446744073709551616", '"\\u0000"', "1e400", '{"a": 1, "b": 2, "a": 3}', "9" * 4300)),
    (Instant, ('"2026-01-31T12:00:00Z"', '"2026-01-31T12:00:00.123456+05:30"', '"20260131"', "1")),
)  # fmt: skip
# Kinds that are left to pydantic.
OTHERS: tuple[Kind, ...] = (
    (Annotated[float, Field(lt=float("inf"))], ("1", "1e308")),
    (Annotated[float, Field(multiple_of=0.5)], ("1", "1.5", "1.3")),
    (Annotated[int, Field(ge=-(10**30))], ("-1", "-" + "9" * 30, "-" + "9" * 31)),
    (Annotated[int, Field(multiple_of=3)], ("3", "4", "0")),
    (Annotated[str, Field(pattern="^a")], ('"a"', '"b"')),
    (dict[int, int], ('{"1": 1}', '{"a": 1}')),
    (Literal[True], ("true", "1")),
    (Literal[2**70], ("1180591620717411303424", "1")),
    (Rank, ("1", "1.0", "true")),
    (Tree, ('{"leaves": []}', '{"leaves": [{}]}')),
    (Annotated[int, Field(ge=5)] | float, ("1", "7", "7.0")),
    (Annotated[int | float, Field(union_mode="left_to_right")], ("1", "1.0")),
    (AwareDatetime, ('"2026-01-31T12:00:00Z"', '"2026-01-31T12:00:00"')),
    (datetime, ('"2026-01-31T12:00:00Z"', '"2026-01-31T12:00:00"')),
    (date, ('"2026-01-31"', '"2026-01-31T12:00:00Z"')),
    (Decimal, ("1", "1.5", '"1.5"')),
    (bytes, ('"a"', "1")),
    (UUID, ('"12345678-1234-5678-1234-567812345678"', '"x"')),
    (set[int], ("[1, 2, 2]", "[]")),
)

# What an absent field may become.
DEFAULTS = (
    *(None, True, 0, 1, -0.0, 1.5, float("nan"), float("inf"), 10**30, "", "a", "a\x00b", "\ud800"),
    *(Size.SMALL, Shade.DARK, (), (1,)),
)
# What stands where something else should: of other types, sizes and forms, and what is no JSON.
ODD = (
    *("null", "true", "0", "1", "-0", "-0.0", "1.0", "1e2", "1e400", "-1e400", "NaN", "Infinity", "-Infinity", "01"),
    *("1.", "18446744073709551616", "9" * 310, "9" * 4301, "0." + "0" * 400 + "1", '""', '"1"', '"true"', '"\\u0000"'),
    *('"\x00"', '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\t"', '"\\x"', '"' + "a" * 201 + '"', "[]"),
    *("{}", "[[]]", "[1,]", "[" * 300 + "]" * 300, '{"a":' * 180 + "1" + "}" * 180, "'a'", "", "/**/1", "undefined"),
)  # fmt: skip
DAYS = ("2026-01-31", "2024-02-29", "2023-02-29", "0001-01-01", "0002-01-01", "9999-12-31", "20260131")
HOURS = ("12:00:00", "12:00", "23:59:59", "23:59:60", "24:00:00", "00:00:00", "12:00:0\\\\u0030", "12:00:0\\u0030")
FRACTIONS = ("", *("." + "999999999"[:digits] for digits in range(10)), ".123456", ".1234567", ",5")
ZONES = ("Z", "Z", "z", "", "+00:00", "-00:00", "+0530", "+05:30", "-23:59", "+24:00", "+05", " Z")
TIMES = st.tuples(
    *map(st.sampled_from, (DAYS, ("T", "T", "t", " ", "_"), HOURS, FRACTIONS, ZONES)),
).map(lambda parts: f'"{"".join(parts)}"')
ENVELOPE: Mapping[str, st.SearchStrategy[str]] = {
    "contract": st.sampled_from(("1", "1", "1", "1", "1.0", "true", "2", "-0", "9" * 30)),
    "sample_id": st.text(max_size=3).map(json.dumps) | st.just('"a\\u0000"'),
    "source": st.text(min_size=1, max_size=3).map(lambda text: json.dumps(text, ensure_ascii=False)),
    "occurred_at": st.just('"2026-01-05T08:00:00Z"') | TIMES,
    "prediction": st.sampled_from(
        ("null", '{"model": "m", "scores": {"a": 0.5}}', '{"model": "m", "scores": {"a": 0, "b": -0.0, "a": 1}}')
    ),
    "embedding": st.sampled_from(("null", "[]", "[1]", "[1, -0.0, 2.5]", "[true]", '["1"]')),
    "attributes": st.sampled_from(
        ("{}", '{"a": 1, "b": 1.0, "c": true, "d": "x"}', '{"a": null}', '{"a": 1, "a": 1.0}')
    ),
    "media": st.sampled_from(("null", '"m"', '""')),
}  # fmt: skip
GOOD: Mapping[str, str] = {
    "contract": "1",
    "sample_id": '"s"',
    "source": '"camera"',
    "occurred_at": '"2026-01-05T08:00:00Z"',
}
SPACES = st.sampled_from(("", "", "", " ", "\n", "\t ", "\r\n"))


@st.composite
def contracts(draw: st.DrawFn) -> tuple[type[Payload], dict[str, tuple[str, ...]]]:
    """Draw a payload, and of each field under the name that producers give it texts for records."""
    fields: dict[str, Any] = {}
    texts: dict[str, tuple[str, ...]] = {}
    for number in range(draw(st.integers(1, 4))):
        kind, told = draw(st.sampled_from(OTHERS if draw(st.integers(0, 9)) == 0 else PLAIN))
        options: dict[str, Any] = {"alias": f"A{number}"} if draw(st.integers(0, 4)) == 0 else {}
        options |= draw(st.sampled_from([{}, *({"default": one} for one in DEFAULTS if _fits(kind, one))]))
        fields[f"f{number}"] = (kind, Field(**options))
        texts[options.get("alias", f"f{number}")] = told
    return create_model("Drawn", __base__=Payload, **fields), texts


def _fits(kind: Any, default: object) -> bool:
    """Say whether a default is of the field's own kind: pydantic does not ask, and warns when it writes it."""
    try:
        read = TypeAdapter(kind, config=None if kind in MODELS else {"strict": True}).validate_python(default)
    except ValueError:
        return False
    return repr(read) == repr(default) and (kind is not Any or type(default) in (bool, int, float, str))


@st.composite
def told(draw: st.DrawFn, payload: Mapping[str, tuple[str, ...]]) -> bytes:
    """Draw a record of a payload with these texts: sound, or wrong in a place or two."""
    inner = {name: draw(st.sampled_from((texts[0], texts[0], *texts))) for name, texts in payload.items()}
    outer = {**GOOD, "payload": _object(draw, inner)}
    for name in draw(st.lists(st.sampled_from(sorted(ENVELOPE)), max_size=2)):
        outer[name] = draw(ENVELOPE[name])
    text = draw(SPACES) + _object(draw, outer) + draw(SPACES)
    data = text.encode("utf-8", "surrogatepass")
    return draw(_spoiled(data)) if draw(st.integers(0, 6)) == 0 else data


def _object(draw: st.DrawFn, members: Mapping[str, str]) -> str:
    """Tell an object; seldom with a member that is missing, unknown, told twice, or told oddly."""
    pairs = list(members.items())
    match draw(st.integers(0, 14)):
        case 0:
            pairs.pop(draw(st.integers(0, len(pairs) - 1)))
        case 1:
            pairs.append(("extra", "1"))
        case 2:
            name = draw(st.sampled_from(pairs))[0]
            pairs.insert(draw(st.integers(0, len(pairs))), (name, draw(st.sampled_from(ODD))))
        case 3:
            place = draw(st.integers(0, len(pairs) - 1))
            pairs[place] = (pairs[place][0], draw(st.sampled_from(ODD)))
        case 4:
            pairs = [(f"\\u{ord(name[0]):04x}{name[1:]}", text) for name, text in pairs]
        case _:
            pass
    return "{" + ", ".join(f'"{name}":{draw(SPACES)}{text}' for name, text in pairs) + "}"


def _spoiled(data: bytes) -> st.SearchStrategy[bytes]:
    """Draw the bytes with something before, after, within or missing."""
    places = st.integers(0, len(data))
    wild = st.sampled_from(
        (b"\xef\xbb\xbf", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"]", b"}", b",", b'"', b"\\", b"\x7f")
    )
    return st.one_of(
        st.builds(lambda place: data[:place], places),
        st.builds(lambda place, odd: data[:place] + odd + data[place:], places | st.sampled_from((0, len(data))), wild),
        st.builds(lambda place, odd: data[:place] + odd + data[place + 1 :], places, wild | st.binary(max_size=1)),
        st.binary(max_size=20),
    )  # fmt: skip
