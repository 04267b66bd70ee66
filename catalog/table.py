"""A version's rows as an Arrow table: what the released Parquet files hold."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from pydantic import JsonValue

from catalog.assembly import Row
from catalog.fields import Types, column, field_types
from schemas.answers import AnswerKind, plain_of

# Payload fields are columns under this prefix, so that they never meet ours.
PAYLOAD = "payload."

Cell = Callable[[Row], Any]


def _sample(name: str) -> Cell:
    return lambda row: row.sample.get(name)


def _written(name: str) -> Cell:
    return lambda row: row.parts.get(name)


def _entry(name: str) -> Cell:
    return lambda row: getattr(row.entry, name)


# The label, by its kind.
LABELS: Mapping[AnswerKind, pa.DataType] = {
    AnswerKind.CLASSIFICATION: pa.string(),
    AnswerKind.MULTILABEL: pa.list_(pa.string()),
    AnswerKind.BOXES: pa.list_(
        pa.struct([("name", pa.string()), *((side, pa.float64()) for side in ("left", "top", "right", "bottom"))])
    ),
    AnswerKind.TEXT: pa.string(),
}
# Every column but the payload's, with its type and where it is read from.
COLUMNS: tuple[tuple[str, Any, Cell], ...] = (
    ("sample_id", pa.string(), _entry("sample_id")),
    ("label", pa.string(), lambda row: plain_of(row.entry.label)),  # of other kinds, the type that LABELS says
    ("confidence", pa.float64(), _entry("confidence")),
    ("votes", pa.int64(), _entry("votes")),
    ("method", pa.string(), _entry("method")),
    ("guideline", pa.int64(), _entry("guideline")),
    ("copy", pa.int64(), lambda _: 0),  # see `table`
    ("simulated", pa.bool_(), _entry("simulated")),
    ("reasons", pa.list_(pa.string()), lambda row: [str(reason) for reason in row.entry.reasons]),
    ("propensity", pa.float64(), _entry("propensity")),
    ("group", pa.string(), _entry("group")),
    ("source", pa.string(), _sample("source")),
    (
        "occurred_at",
        pa.timestamp("us", tz="UTC"),
        lambda row: datetime.fromisoformat(str(row.sample["occurred_at"])).astimezone(UTC),
    ),
    ("contract", pa.int64(), _entry("contract")),
    ("suite", pa.string(), _entry("suite")),
    ("payload", pa.string(), _written("payload")),
    ("attributes", pa.string(), _written("attributes")),
    ("prediction", pa.string(), _written("prediction")),
    ("embedding", pa.list_(pa.float64()), _sample("embedding")),
    ("media", pa.string(), _sample("media")),
    ("topic", pa.string(), lambda row: row.entry.origin.topic),
    ("partition", pa.int64(), lambda row: row.entry.origin.partition),
    ("offset", pa.int64(), lambda row: row.entry.origin.offset),
)


def table(rows: Collection[Row], kind: AnswerKind = AnswerKind.CLASSIFICATION, fields: Types | None = None) -> pa.Table:
    """Return rows with labels of this kind as a table: the columns above, then the payload's fields as `payload.NAME`.

    A row that stands several times does so one after the other, numbered in `copy` from 0.

    `payload` holds the payload as JSON, without loss; its fields are there besides for the reader's comfort:
    each with the type that all its values share, as JSON where they share none. `fields` says which these are where
    the rows are a part only of those that share them.
    """
    types = {**{name: of_type for name, of_type, _ in COLUMNS}, "label": LABELS[kind]}
    arrays = {name: pa.array([cell(row) for row in rows], type=types[name]) for name, _, cell in COLUMNS}
    payloads = [payload_of(row) for row in rows]
    for name, of_type in (field_types(payloads) if fields is None else fields).items():
        arrays[PAYLOAD + name] = column([payload.get(name) for payload in payloads], of_type)
    return _repeated(pa.table(arrays), [row.entry.copies for row in rows])


def _repeated(data: pa.Table, copies: Sequence[int]) -> pa.Table:
    if all(times == 1 for times in copies):
        return data
    places = [place for place, times in enumerate(copies) for _ in range(times)]
    numbers = [number for times in copies for number in range(times)]
    column = data.schema.get_field_index("copy")
    whole = data.take(pa.array(places, pa.int64())).combine_chunks()
    return whole.set_column(column, "copy", pa.array(numbers, pa.int64()))


def payloads(data: pa.Table) -> list[dict[str, Any]]:
    """Return the payloads of a released table, as their contract had them."""
    return [json.loads(text) for text in data.column("payload").to_pylist()]


def payload_of(row: Row) -> dict[str, JsonValue]:
    """Return the fields of a row's payload; one that is no object has none."""
    payload = row.sample["payload"]
    return payload if isinstance(payload, dict) else {}
