"""Canonical bytes: one value, one text, one hash."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> bytes:
    """Return the JSON of `value` with sorted keys and no spaces, in UTF-8; NaN and infinities are refused."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return _ENCODER.encode(plain).encode()


def lines(values: Iterable[Any]) -> bytes:
    """Return the canonical JSON of each value on a line of its own."""
    return b"".join(canonical(value) + b"\n" for value in values)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
