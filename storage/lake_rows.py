"""Samples and dead letters as rows of the lake, and back.

Tables are made of the events' JSON, column by column: a model for each row would cost more than all the rest.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from pydantic import JsonValue, TypeAdapter
from pydantic_core import from_json

from catalog.canonical import canonical
from quality.forecast import Letter
from quality.frames import EPOCH, Record
from schemas.errors import InputError
from schemas.samples import Instant
from schemas.verdicts import Origin, Violation
from storage.lake_marks import Place

TIME = pa.timestamp("us", tz="UTC")

ORIGIN = [
    pa.field("topic", pa.string(), nullable=False),
    pa.field("partition", pa.int32(), nullable=False),
    pa.field("offset", pa.int64(), nullable=False),
]

# Of a replay, what its headers say: the offset of its first appearance in the same partition, and its count. They came
# later than the tables, so they stand at the end: `Lake.ensure` adds to a table what it lacks.
REPLAY = [pa.field("replay_of", pa.int64()), pa.field("replays", pa.int32())]

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
        *REPLAY,
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
        *REPLAY,
    ]
)

_VIOLATIONS = TypeAdapter(tuple[Violation, ...])
_TIMES = TypeAdapter(list[Instant])

Fields = Mapping[str, Any]


def samples_table(values: Sequence[bytes]) -> pa.Table:
    """Return `AcceptedSample` events, each as its JSON, as rows of `SAMPLES`.

    A sample may be written in any way its contract takes: fields in any order, optional ones absent, times in any
    ISO 8601 form, whole numbers where floats are meant.

    Raises:
        InputError: a value is no such event.
    """
    return _table(SAMPLES, values, _sample_columns)


def dead_letters_table(values: Sequence[bytes]) -> pa.Table:
    """Return `DeadLetter` events as rows of `DEAD_LETTERS`, as `samples_table` does samples; bytes are the original."""
    return _table(DEAD_LETTERS, values, _dead_letter_columns)


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


def place(row: Fields) -> Place:
    """Return where the record of a row of either table stands."""
    return row["topic"], row["partition"], row["offset"]


def dead_letter_of(row: Mapping[str, Any]) -> Letter:
    """Return the dead letter that a row of `DEAD_LETTERS` archives: key, value and headers byte for byte."""
    place = Origin(topic=row["topic"], partition=row["partition"], offset=row["offset"])
    record = Record(
        offset=place.offset,
        key=row["key"],
        value=row["value"],
        headers=tuple((name, _bytes(value)) for name, value in from_json(row["headers"])),
        timestamp=(row["timestamp"] - EPOCH) // timedelta(milliseconds=1),
    )
    return Letter(place=place, record=record, violations=_VIOLATIONS.validate_json(row["violations"]))


def _table(schema: pa.Schema, values: Sequence[bytes], columns: Any) -> pa.Table:
    try:
        return pa.Table.from_pydict(columns([from_json(value) for value in values]), schema=schema)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"What is to be archived is no event of this version of Assay ({error!r}): only its own workers may "
            "write to the topics of accepted and rejected samples."
        ) from error


def _sample_columns(events: Sequence[Fields]) -> dict[str, Sequence[Any]]:
    samples: list[Fields] = [event["sample"] for event in events]
    predictions: list[Fields] = [sample.get("prediction") or {} for sample in samples]
    return {
        **_shared_columns(events),
        "sample_id": [sample["sample_id"] for sample in samples],
        "source": [sample["source"] for sample in samples],
        "occurred_at": _TIMES.validate_python([sample["occurred_at"] for sample in samples]),
        "contract": [sample["contract"] for sample in samples],
        "payload": [_text(sample["payload"]) for sample in samples],
        "prediction_model": [prediction.get("model") for prediction in predictions],
        "prediction_scores": [_text(each["scores"]) if each else None for each in predictions],
        "embedding": [_floats(sample.get("embedding")) for sample in samples],
        "attributes": [_text(sample.get("attributes") or {}) for sample in samples],
        "media": [sample.get("media") for sample in samples],
        "warnings": [_text(event.get("warnings") or []) for event in events],
    }


def _dead_letter_columns(events: Sequence[Fields]) -> dict[str, Sequence[Any]]:
    return {
        **_shared_columns(events),
        "key": [_bytes(event["key"]) for event in events],
        "value": [_bytes(event["value"]) for event in events],
        "headers": [_text(event["headers"]) for event in events],
        "timestamp": _TIMES.validate_python([event["timestamp"] for event in events]),
        "violations": [_text(event["violations"]) for event in events],
        "contract": [event["versions"]["contract"] for event in events],
    }


def _shared_columns(events: Sequence[Fields]) -> dict[str, Sequence[Any]]:
    replays: list[Fields | None] = [event.get("replay_of") for event in events]
    return {
        "replay_of": [replay and replay["origin"]["offset"] for replay in replays],
        "replays": [replay and replay["replays"] for replay in replays],
        **{name: [event["origin"][name] for event in events] for name in ("topic", "partition", "offset")},
        **{name: [event["versions"][name] for event in events] for name in ("suite", "policy")},
    }


def _text(value: Any) -> str:
    return canonical(value).decode()


def _floats(values: Sequence[float] | None) -> list[float] | None:
    """Return floats: Arrow refuses whole numbers beyond 2^53 where JSON and the contract do not."""
    return None if values is None else [float(value) for value in values]


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
