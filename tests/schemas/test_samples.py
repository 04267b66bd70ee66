"""Samples: the envelope is strict, and its own JSON reads back to it."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.samples import Prediction, json_schema
from schemas.testing import CLASSES, CURRENT, SAMPLES, encoded, record, records, sample, scores, spoiled


def refusals(changes: dict[str, Any]) -> set[tuple[str, ...]]:
    """Return where the record with these changes is refused."""
    with pytest.raises(ValidationError) as caught:
        sample(**changes)
    return {tuple(map(str, detail["loc"])) for detail in caught.value.errors()}


@given(plain=records)
def test_every_sound_record_reads_itself_back_from_json(plain: dict[str, Any]) -> None:
    """What is archived is what was accepted."""
    read = SAMPLES[CURRENT].model_validate_json(encoded(plain))
    written = read.model_dump_json(exclude_computed_fields=True)
    assert SAMPLES[CURRENT].model_validate_json(written) == read


@given(plain=records)
def test_no_value_becomes_another(plain: dict[str, Any]) -> None:
    """Not even in type: true stays true, and 1 does not become 1.0, where the contract does not say so."""
    read = SAMPLES[CURRENT].model_validate_json(encoded(plain))
    kept = read.model_dump(mode="json", exclude_computed_fields=True)
    assert json.dumps(kept["attributes"]) == json.dumps(plain.get("attributes", {}))
    assert json.dumps(kept["payload"]["maker"]) == json.dumps(plain["payload"].get("maker"))


@pytest.mark.parametrize("contract", [True, 1.0, "1", None, [1], 2, 10**30])
def test_a_version_is_that_integer_and_nothing_like_it(contract: object) -> None:
    """Python takes true and 1.0 for 1."""
    with pytest.raises(ValidationError) as caught:
        SAMPLES[1].model_validate_json(encoded(record(contract=contract, payload={"values": [1.0]})))
    assert [detail["loc"] for detail in caught.value.errors()] == [("contract",)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sample_id", 7),
        ("sample_id", ""),
        ("sample_id", "s" * 201),
        ("sample_id", "a\x00"),
        ("source", None),
        ("source", ""),
        ("media", 3),
        ("embedding", []),
        ("embedding", "12"),
        ("attributes", None),
        ("attributes", ["a"]),
        ("prediction", "cat"),
        ("payload", None),
        ("colour", "red"),
    ],
)
def test_nothing_is_coerced_and_nothing_unknown_let_in(field: str, value: object) -> None:
    """The fault is named where it is; an identity's NUL is found when the record is seen as a whole."""
    assert refusals({field: value}) == ({()} if value == "a\x00" else {(field,)})


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-05T08:00:00",
        "2026-01-05",
        "20260105",
        "1767600000",
        1767600000,
        "yesterday",
        "",
        None,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_time_is_written_out_with_its_zone_and_within_the_calendar(time: object) -> None:
    """A number in quotes would be taken for seconds since 1970; the last two have no date in UTC."""
    assert refusals({"occurred_at": time}) == {("occurred_at",)}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
@pytest.mark.parametrize(
    "place",
    [
        {"embedding": [7777]},
        {"attributes": {"a": 7777}},
        {"payload": {"values": [7777]}},
        {"prediction": {"model": "m", "scores": {"cat": 7777}}},
    ],
)
def test_no_number_is_infinite(place: dict[str, Any], number: str) -> None:
    """JSON has no word for it, though many parsers have."""
    with pytest.raises(ValidationError):
        SAMPLES[CURRENT].model_validate_json(json.dumps(record(**place)).replace("7777", number))


@pytest.mark.parametrize(
    "prediction",
    [
        {"model": "", "scores": {"cat": 1.0}},
        {"model": "m", "scores": {}},
        {"model": "m", "scores": {"cat": 1.1}},
        {"model": "m", "scores": {"cat": "0.5"}},
        {"model": "m", "scores": {"": 0.5}},
        {"model": "m", "scores": {"c" * 201: 0.5}},
        {"model": "m", "scores": {"cat": 0.5}, "temperature": 1.0},
    ],
)
def test_a_prediction_scores_named_classes_within_the_unit_interval(prediction: dict[str, Any]) -> None:
    """A class's name is short, for the router remembers it."""
    assert {place[0] for place in refusals({"prediction": prediction})} == {"prediction"}


def test_each_version_reads_its_own_contract_only() -> None:
    """The payload of one version is not that of another."""
    old = encoded(record(contract=1, payload={"values": [1.0]}))
    assert SAMPLES[1].model_validate_json(old).contract == 1
    with pytest.raises(ValidationError):
        SAMPLES[CURRENT].model_validate_json(old)
    with pytest.raises(ValidationError):
        SAMPLES[1].model_validate_json(encoded(record(contract=1, payload={"values": [1.0], "note": ""})))


@given(scored=scores)
def test_classes_are_ranked_by_score_and_then_by_name(scored: dict[str, float]) -> None:
    """So a tie has one winner, however the producer ordered its classes."""
    prediction = Prediction(model="m", scores=scored)
    backwards = Prediction(model="m", scores=dict(reversed(scored.items())))
    best = max(scored.values())
    assert prediction.top == backwards.top == min(name for name in scored if scored[name] == best)
    assert prediction.margin == best - max((s for n, s in scored.items() if n != prediction.top), default=0.0)


@given(scored=st.dictionaries(st.sampled_from(CLASSES), st.floats(0, 1), min_size=2))
def test_the_margin_is_a_share(scored: dict[str, float]) -> None:
    """The uncertain signal is its complement."""
    assert 0 <= Prediction(model="m", scores=scored).margin <= 1


PUBLISHED = json_schema(SAMPLES[CURRENT])
VALIDATOR = jsonschema.Draft202012Validator(PUBLISHED)
# What JSON Schema cannot say: NUL in names, whole numbers written as floats, NaN, and how a time is written.
UNSAID = {"value_error", "int_type", "int_from_float", "finite_number", "instant", "instant_range"}


def refusing(plain: Any) -> set[str]:
    """Return the kinds of errors for which the contract refuses a record; none where it lets it in."""
    try:
        SAMPLES[CURRENT].model_validate_json(encoded(plain))
    except ValidationError as error:
        return {detail["type"] for detail in error.errors()}
    return set()


@given(plain=records)
def test_the_published_schema_lets_every_sound_record_in(plain: dict[str, Any]) -> None:
    """So a producer may validate with it before sending."""
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)
    VALIDATOR.validate(plain)


@given(plain=spoiled())
def test_the_published_schema_refuses_what_the_contract_does_but_for_what_it_cannot_say(plain: dict[str, Any]) -> None:
    """And never more: what it refuses, the contract refuses."""
    refused, wrong = refusing(plain), not VALIDATOR.is_valid(plain)
    event(f"refused {bool(refused)}, and by the schema {wrong}")
    assert refused or not wrong
    assert wrong or {kind for kind in refused if not kind.startswith(("timezone", "datetime"))} <= UNSAID


@pytest.mark.parametrize(
    "change",
    [
        {"sample_id": "a\x00"},
        {"occurred_at": "yesterday"},
        {"occurred_at": "2026-01-05T08:00:00"},
        {"contract": 2.0},
        {"payload": {"values": [float("nan")]}},
    ],
)
def test_json_schema_cannot_say_everything(change: dict[str, Any]) -> None:
    """Such a record is valid under the published schema, and becomes a dead letter all the same."""
    assert (VALIDATOR.is_valid(record(**change)), bool(refusing(record(**change)))) == (True, True)
