"""A sample as a table: every field of the payload with its value."""

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from console.markup import tag
from console.rendering.text import visible

# More fields are not read by anybody before answering.
MOST = 200


def table(payload: Mapping[str, Any]) -> Markup:
    """Return a table of names and values; values that are no text are written as JSON."""
    rows = [
        tag("tr", tag("th", visible(name), scope="row"), tag("td", visible(_written(value)), dir="auto"))
        for name, value in list(payload.items())[:MOST]
    ]
    return tag("table", tag("tbody", rows), class_="sample-table")


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(value, ensure_ascii=False)
