"""The contract check: whatever the bytes, a sample that can be kept or at least one violation; never an exception."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field, computed_field, field_validator

from quality.contracts import Contract, columns_of, shown
from schemas.samples import AnySample, Payload, versioned
from schemas.testing import CURRENT, SAMPLES, encoded, record, records, sample, spoiled, values
from schemas.verdicts import Violation

CONTRACT = Contract(current=CURRENT, versions=SAMPLES)


def refused(value: bytes | None, contract: Contract = CONTRACT) -> list[tuple[str, str]]:
    """Return rule and place of each violation of a record that must have one."""
    found = contract.decode(value)
    assert isinstance(found, tuple)
    return [(violation.rule, violation.where) for violation in found]


def check(found: AnySample | tuple[Violation, ...]) -> None:
    """Assert what holds of every answer."""
    if isinstance(found, tuple):
        assert found
        assert all(len(told) <= 1200 and told.isprintable() for one in found for told in (one.where, one.seen))
        assert all(len(one.allowed) <= 5000 and one.allowed.isprintable() for one in found)
        assert len(found) <= 101
        return
    plain = found.model_dump(mode="json", by_alias=True, exclude_computed_fields=True)
    written = json.dumps(plain, ensure_ascii=False, allow_nan=False)
    written.encode()  # a lone surrogate would raise
    assert type(found).model_validate_json(written) == found
    assert not has_nul(plain)


def has_nul(plain: Any) -> bool:
    """Say whether any text in it, names of fields included, contains NUL."""
    if isinstance(plain, dict):
        return any(has_nul(part) for item in plain.items() for part in item)
    if isinstance(plain, list):
        return any(map(has_nul, plain))
    return isinstance(plain, str) and "\x00" in plain


@given(value=st.binary() | st.none())
@example(value=b"[" * 100_000)
@example(value=b'{"a":' * 100_000)
@example(value=b"9" * 5_000)
@example(value=b'"\\ud800"')
@example(value=b"\xed\xa0\x80")
@example(value=b"\xef\xbb\xbf{}")
def test_any_bytes_get_an_answer(value: bytes | None) -> None:
    """No record may stop a partition."""
    check(CONTRACT.decode(value))


@given(plain=values)
def test_any_json_gets_an_answer(plain: Any) -> None:
    """Of whatever shape."""
    check(CONTRACT.decode(encoded(plain)))


@given(plain=spoiled())
def test_any_record_with_something_wrong_gets_an_answer(plain: dict[str, Any]) -> None:
    """Most are refused; the few that are sound all the same can be kept."""
    check(CONTRACT.decode(encoded(plain)))


@given(plain=records)
def test_every_sound_record_is_a_sample(plain: dict[str, Any]) -> None:
    """And it can be kept."""
    found = CONTRACT.decode(encoded(plain))
    assert not isinstance(found, tuple)
    check(found)


HOSTILE = {
    "NUL": r"a\u0000b",
    "NUL after a backslash": r"\\\u0000",
    "a high surrogate": r"\ud800",
    "a low surrogate": r"\udc00",
    "surrogates the wrong way round": r"\udc00\ud800",
}
PLACES: dict[str, dict[str, Any]] = {
    "id": {"sample_id": "7777"},
    "source": {"source": "7777"},
    "note": {"payload": {"values": [1], "note": "7777"}},
    "maker": {"payload": {"values": [1], "maker": {"a": ["7777"]}}},
    "maker's key": {"payload": {"values": [1], "maker": {"a": {"7777": 1}}}},
    "class": {"prediction": {"model": "m", "scores": {"7777": 1.0}}},
    "model": {"prediction": {"model": "7777", "scores": {"cat": 1.0}}},
    "attribute": {"attributes": {"a": "7777"}},
    "attribute's key": {"attributes": {"7777": 1}},
    "media": {"media": "7777"},
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_text_that_a_database_cannot_hold_is_refused_everywhere(place: dict[str, Any], hostile: str) -> None:
    """PostgreSQL's text and JSON hold no NUL; a lone surrogate is no text at all."""
    rules = refused(encoded(record(**place)).replace(b"7777", hostile.encode()))
    assert len(rules) == 1
    assert rules[0][0] in {"contract.nul_character", "contract.json_invalid", "contract.value_error"}


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "NaN", "Infinity", "😀", "\\ud800"])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_text_that_only_looks_so_is_let_in(place: dict[str, Any], text: str) -> None:
    """A backslash before letters is text like any other."""
    told = json.dumps(text)[1:-1].encode()
    check(found := CONTRACT.decode(encoded(record(**place)).replace(b"7777", told)))
    assert not isinstance(found, tuple)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e400", "1" + "0" * 400 + ".5"])
def test_a_field_of_any_type_holds_no_infinity_either(number: str) -> None:
    """It would be written as null, and read as another value."""
    value = encoded(record(payload={"values": [1], "maker": [{"a": 7777}]})).replace(b"7777", number.encode())
    assert refused(value) == [("contract.finite_number", "")]


@pytest.mark.parametrize("digits", [400, 4_300, 4_301, 50_000])
def test_a_huge_integer_is_kept_whole_or_refused(digits: int) -> None:
    """Python writes out no integer of more than 4,300 digits."""
    value = encoded(record(payload={"values": [1], "maker": 7777})).replace(b"7777", b"9" * digits)
    check(CONTRACT.decode(value))


def test_every_violation_is_found() -> None:
    """Not only the first, and each where it is."""
    value = encoded(record(source=1, colour="red", payload={"values": ["dark", 1, None], "note": 3}))
    assert set(refused(value)) == {
        ("contract.string_type", "source"),
        ("contract.extra_forbidden", "colour"),
        ("contract.float_type", "payload.values.0"),
        ("contract.float_type", "payload.values.2"),
        ("contract.string_type", "payload.note"),
    }


def test_a_list_is_not_called_too_short_because_its_items_are_wrong() -> None:
    """Though pydantic counts only those that are right; one that is too short is."""
    assert refused(encoded(record(payload={"values": ["dark"]}))) == [("contract.float_type", "payload.values.0")]
    assert refused(encoded(record(payload={"values": []}))) == [("contract.too_short", "payload.values")]


def test_violations_are_bounded_in_number_and_size() -> None:
    """A hostile record of a megabyte does not become a hundred megabytes of dead letter."""
    hostile = {f"{number}" + "k" * 2_000: "v" * 2_000 for number in range(250)}
    found = CONTRACT.decode(encoded({**record(), **hostile}))
    assert isinstance(found, tuple)
    assert (len(found), found[-1].rule, found[-1].seen) == (101, "contract.more", "250 violations in all")
    assert sum(len(one.model_dump_json()) for one in found) < 101 * 1_000


@pytest.mark.parametrize("value", [None, b""])
def test_nothing_at_all_is_a_violation_of_its_own(value: bytes | None) -> None:
    """A tombstone, for one."""
    assert refused(value) == [("contract.empty", "")]


@pytest.mark.parametrize("version", [0, -1, 3, 99, 10**30])
def test_an_unknown_version_is_named_with_those_that_are_known(version: int) -> None:
    """It says nothing of the other fields, for it is not known what they should be."""
    found = CONTRACT.decode(encoded(record(contract=version, source=1)))
    assert isinstance(found, tuple)
    told = [(one.rule, one.where, one.seen) for one in found]
    assert told == [("contract.unknown_version", "contract", str(version))]
    assert found[0].allowed.startswith("one of the versions [1, 2]. ")


def test_another_known_version_is_read_by_its_own_contract() -> None:
    """Producers change one after the other."""
    found = CONTRACT.decode(encoded(record(contract=1, payload={"values": [1.5]})))
    assert not isinstance(found, tuple)
    assert (found.contract, found.payload.model_dump()) == (1, {"values": [1.5]})


def test_another_known_version_is_refused_by_its_own_contract() -> None:
    """The violations are those of the version that the record names."""
    rules = refused(encoded(record(contract=1, payload={"values": [1.5], "note": ""})))
    assert rules == [("contract.extra_forbidden", "payload.note")]


@pytest.mark.parametrize("version", ['"2"', "true", "2.0", "null", "{}"])
def test_a_version_that_is_no_integer_is_wrong_in_the_current_contract(version: str) -> None:
    """There is nothing else to judge it by."""
    value = encoded(record(contract=7777)).replace(b"7777", version.encode())
    assert refused(value) == [("contract.int_type", "contract")]


class Brittle(Payload):
    """A contract whose own code fails on some values."""

    value: int = Field(alias="v")

    @field_validator("value")
    @classmethod
    def not_seven(cls, value: int) -> int:
        """Divide by zero at seven."""
        return value + 0 // (value - 7)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def share(self) -> float:
        """Overflow beyond floats."""
        return self.value / 16


BRITTLE = Contract(current=1, versions=versioned({1: Brittle}))


def test_a_validator_that_fails_is_a_violation() -> None:
    """The project's code may raise anything; the record is rejected, and the stream goes on."""
    assert refused(encoded(record(contract=1, payload={"v": 7})), BRITTLE) == [("contract.failed", "")]


def test_a_computed_field_that_fails_is_a_violation() -> None:
    """It is computed for the rules, after the contract was kept."""
    found = BRITTLE.decode(encoded(record(contract=1, payload={"v": 10**400})))
    assert not isinstance(found, tuple)
    failed = columns_of(found)
    assert isinstance(failed, tuple)
    assert [(one.rule, one.seen) for one in failed] == [
        ("contract.failed", "OverflowError: integer division result too large for a float")
    ]


def test_a_sound_sample_has_its_columns() -> None:
    """Payload, computed fields, envelope and attributes, side by side."""
    found = columns_of(sample(3))
    assert not isinstance(found, tuple)
    assert (found["values"], found["highest"], found["prediction.top"], found["attributes.batch"]) == (
        [3.0, 6.0],
        6.0,
        "cat",
        "b0",
    )


@given(value=values | st.binary() | st.text(st.characters()))
def test_any_value_has_a_short_printable_picture(value: object) -> None:
    """Whatever it is: it goes into logs, tables and messages."""
    picture = shown(value)
    assert picture.isprintable()
    assert len(picture) <= 1200
    picture.encode()


@pytest.mark.parametrize("value", [10**5_000, [10**5_000]], ids=["int", "list"])
def test_an_integer_that_python_does_not_write_out_has_a_picture_too(value: object) -> None:
    """A computed field can give one."""
    assert shown(value) == f"a huge {type(value).__name__}"
