"""Canonical bytes: one value, one text, one hash."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import msgspec
from pydantic import BaseModel

# What stands for nothing.
NULL = b"null"
# Reads names, and finds where their values end.
_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> bytes:
    """Return the JSON of `value` with sorted keys and no spaces, in UTF-8; NaN and infinities are refused."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return _ENCODER.encode(plain).encode()


def parts(text: bytes) -> dict[str, bytes]:
    """Return the fields of an object that is given as JSON, each as it is written there."""
    return {name: bytes(part) for name, part in _PARTS.decode(text).items()}


def lines(values: Iterable[Any]) -> bytes:
    """Return the canonical JSON of each value on a line of its own."""
    return b"".join(canonical(value) + b"\n" for value in values)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
