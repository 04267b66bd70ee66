"""Samples as columns: the one flattening that expectations see, on the stream and at the dataset gate."""

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.samples import AnySample, Payload, Sample

ATTRIBUTES = "attributes."

# Columns that every sample has, whatever its payload.
ENVELOPE = (
    "contract",
    "sample_id",
    "source",
    "occurred_at",
    "media",
    "prediction.model",
    "prediction.top",
    "prediction.confidence",
    "prediction.margin",
)


def row(sample: AnySample) -> dict[str, object]:
    """Return the columns of one sample: its payload's fields by name, then the envelope's.

    Computed fields of the payload are columns too; attributes are called `attributes.NAME`; what is absent
    is None, so every sample of a contract has the same columns but for its attributes.
    """
    prediction = sample.prediction
    return {
        **sample.payload.model_dump(),
        "contract": sample.contract,
        "sample_id": sample.sample_id,
        "source": sample.source,
        "occurred_at": sample.occurred_at,
        "media": sample.media,
        "prediction.model": prediction and prediction.model,
        "prediction.top": prediction and prediction.top,
        "prediction.confidence": prediction and prediction.ranked[0][1],
        "prediction.margin": prediction and prediction.margin,
        **{ATTRIBUTES + name: value for name, value in sample.attributes.items()},
    }


def known(payload: type[Payload]) -> frozenset[str]:
    """Return the columns that `row` gives for samples of this payload, attributes aside."""
    return frozenset(payload.model_fields) | frozenset(payload.model_computed_fields) | frozenset(ENVELOPE)


def is_known(column: str, payload: type[Payload]) -> bool:
    """Say whether an expectation may name `column`; any attribute may be named."""
    return column.startswith(ATTRIBUTES) or column in known(payload)


def kinds(column: str, payload: type[Payload]) -> frozenset[str]:
    """Return what JSON calls the values of a payload's column, absence aside; nothing where it does not say.

    "number", "integer", "string", "boolean", "array" or "object"; "time" for a date or a time.
    """
    described = payload.model_json_schema(mode="serialization", by_alias=False).get("properties", {})
    return frozenset(_kinds(described.get(column, {}))) - {"null"}


def _kinds(described: Mapping[str, Any]) -> Iterator[str]:
    for part in described.get("anyOf", (described,)):
        if str(part.get("format", "")).startswith("date"):
            yield "time"
        elif isinstance(part.get("type"), str):
            yield part["type"]


def payload_of(sample: type[Sample[Payload]]) -> type[Payload]:
    """Return the payload model of a sample type."""
    annotation = sample.model_fields["payload"].annotation
    if not (isinstance(annotation, type) and issubclass(annotation, Payload)):
        raise TypeError(f"{sample.__name__} has no payload model, but {annotation!r}")
    return annotation
