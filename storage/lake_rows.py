"""Samples and dead letters as rows of the lake, and back."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from pydantic import JsonValue, TypeAdapter
from pydantic_core import from_json

from catalog.canonical import canonical
from schemas.verdicts import AcceptedSample, DeadLetter, Event, Violation

TIME = pa.timestamp("us", tz="UTC")

ORIGIN = [
    pa.field("topic", pa.string(), nullable=False),
    pa.field("partition", pa.int32(), nullable=False),
    pa.field("offset", pa.int64(), nullable=False),
]

SAMPLES = pa.schema(
    [
        *ORIGIN,
        pa.field("sample_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("occurred_at", TIME, nullable=False),
        pa.field("contract", pa.int32(), nullable=False),
        pa.field("payload", pa.string(), nullable=False),
        pa.field("prediction_model", pa.string()),
        pa.field("prediction_scores", pa.string()),
        pa.field("embedding", pa.list_(pa.float64())),
        pa.field("attributes", pa.string(), nullable=False),
        pa.field("media", pa.string()),
        pa.field("warnings", pa.string(), nullable=False),
        pa.field("suite", pa.string(), nullable=False),
        pa.field("policy", pa.string(), nullable=False),
    ]
)

DEAD_LETTERS = pa.schema(
    [
        *ORIGIN,
        pa.field("key", pa.binary()),
        pa.field("value", pa.binary()),
        pa.field("headers", pa.string(), nullable=False),
        pa.field("timestamp", TIME, nullable=False),
        pa.field("violations", pa.string(), nullable=False),
        pa.field("contract", pa.int32(), nullable=False),
        pa.field("suite", pa.string(), nullable=False),
        pa.field("policy", pa.string(), nullable=False),
    ]
)

_VIOLATIONS = TypeAdapter(tuple[Violation, ...])


def samples_table(samples: Sequence[AcceptedSample]) -> pa.Table:
    """Return the samples as rows of `SAMPLES`."""
    return _table(SAMPLES, samples, _sample_row)


def dead_letters_table(letters: Sequence[DeadLetter]) -> pa.Table:
    """Return the dead letters as rows of `DEAD_LETTERS`; key and value are the original bytes."""
    return _table(DEAD_LETTERS, letters, _dead_letter_row)


def sample_of(row: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return the sample that a row of `SAMPLES` archives, as its contract reads it."""
    model, scores = row["prediction_model"], row["prediction_scores"]
    occurred_at: datetime = row["occurred_at"]
    return {
        "contract": row["contract"],
        "sample_id": row["sample_id"],
        "source": row["source"],
        "occurred_at": occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "payload": from_json(row["payload"]),
        "prediction": None if model is None else {"model": model, "scores": from_json(scores)},
        "embedding": row["embedding"],
        "attributes": from_json(row["attributes"]),
        "media": row["media"],
    }


def dead_letter_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `DEAD_LETTERS` as plain values: bytes as they came, headers and violations as lists."""
    headers = [(name, _bytes(value)) for name, value in from_json(row["headers"])]
    return {**row, "headers": headers, "violations": _VIOLATIONS.validate_json(row["violations"])}


def _table(schema: pa.Schema, events: Sequence[Event], row: Callable[[Any], dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([row(event) for event in events], schema=schema)


def _sample_row(accepted: AcceptedSample) -> dict[str, Any]:
    sample: Mapping[str, Any] = accepted.sample
    prediction = sample.get("prediction") or {}
    return {
        **accepted.origin.model_dump(),
        "sample_id": sample["sample_id"],
        "source": sample["source"],
        "occurred_at": datetime.fromisoformat(sample["occurred_at"]),
        "contract": sample["contract"],
        "payload": canonical(sample["payload"]).decode(),
        "prediction_model": prediction.get("model"),
        "prediction_scores": canonical(prediction["scores"]).decode() if prediction else None,
        "embedding": sample.get("embedding"),
        "attributes": canonical(sample.get("attributes") or {}).decode(),
        "media": sample.get("media"),
        "warnings": _violations(accepted.warnings),
        "suite": accepted.versions.suite,
        "policy": accepted.versions.policy,
    }


def _dead_letter_row(letter: DeadLetter) -> dict[str, Any]:
    return {
        **letter.origin.model_dump(),
        "key": _bytes(letter.key),
        "value": _bytes(letter.value),
        "headers": canonical(letter.headers).decode(),
        "timestamp": letter.timestamp,
        "violations": _violations(letter.violations),
        **letter.versions.model_dump(),
    }


def _violations(violations: Sequence[Violation]) -> str:
    return canonical([violation.model_dump(mode="json") for violation in violations]).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
