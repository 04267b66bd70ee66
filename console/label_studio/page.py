"""A sample as the HTML that a labeler sees in Label Studio; whatever it says, it is text."""

import json
from html import escape
from urllib.parse import urlsplit

from pydantic import JsonValue

TEXT = "white-space: pre-wrap; overflow-wrap: anywhere; margin: 0"
NUL, REPLACEMENT = "\x00", "\ufffd"


def page(payload: JsonValue, media: str | None) -> str:
    """Return the picture that `media` leads to, by HTTP, and the fields of the payload as a table.

    Every text is escaped. What databases behind Label Studio cannot hold, NUL and half surrogates, is replaced. A
    picture is fetched by the labeler's browser from wherever the sample says.
    """
    fields = payload if isinstance(payload, dict) else {"": payload}
    rows = "".join(f"<tr><th>{_text(name)}</th><td>{_value(value)}</td></tr>" for name, value in fields.items())
    return f"{_picture(media)}<table>{rows}</table>"


def _picture(media: str | None) -> str:
    if media is None:
        return ""
    if not is_web(media):
        return f"<p>{_text(media)}</p>"
    return f'<img src="{_text(media)}" referrerpolicy="no-referrer" style="max-width: 100%"/>'


def is_web(media: str) -> bool:
    """Say whether a browser finds it, by HTTP."""
    try:
        parts = urlsplit(media)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _value(value: JsonValue) -> str:
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f'<pre style="{TEXT}">{_text(said)}</pre>'


def _text(said: str) -> str:
    whole = said.encode("utf-8", "replace").decode("utf-8").replace(NUL, REPLACEMENT)
    return escape(whole)
