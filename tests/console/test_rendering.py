"""How samples are drawn: whatever they hold, as HTML that says what was there and does nothing."""

import base64
import re
import struct
import zlib
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from console.keys import TAKEN, keys_of
from console.markup import tag
from console.rendering.drawing import Drawing
from console.rendering.guess import completed
from console.rendering.text import visible
from schemas.samples import Payload
from schemas.views import View, ViewKind

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


class _Elements(HTMLParser):
    """Names of elements and attributes, as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and its attributes."""
        self.found |= {tag, *(name for name, _ in attrs)}


def payload(**fields: Any) -> dict[str, Any]:
    """Return the JSON Schema of a payload with these fields."""
    return type("Drawn", (Payload,), {"__annotations__": fields}).model_json_schema()


def pixels(html: str) -> tuple[int, bytes]:
    """Return width and greys of the PNG in an image's HTML."""
    data = base64.b64decode(re.findall(r"base64,([^\"]+)", html)[0])
    (width,) = struct.unpack(">I", data[16:20])
    start = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[start - 4 : start])
    rows = zlib.decompress(data[start + 4 : start + 4 + length])
    return width, b"".join(rows[row + 1 : row + 1 + width] for row in range(0, len(rows), width + 1))


@given(JSON, st.sampled_from([None, *ViewKind]))
def test_any_payload_is_drawn_and_nothing_in_it_becomes_markup(value: Any, kind: ViewKind | None) -> None:
    """Also where it is not what its view wants: then it is a table of what is there."""
    drawn = Drawing(view=View(kind=kind, field="field")).draw({"field": value})
    known = {"table", "tbody", "tr", "th", "td", "p", "div", "span", "em", "img", "figure", "figcaption", "svg", "path"}
    known |= {
        "class",
        "scope",
        "dir",
        "tabindex",
        "role",
        "aria-label",
        "src",
        "width",
        "height",
        "alt",
        "d",
        "viewbox",
    }
    assert _Elements(drawn).found <= known


@given(st.text())
def test_text_says_what_was_written(value: str) -> None:
    """What cannot be seen is named by its code, and the rest stays as it is."""
    shown = re.sub(r'<span class="unseen">U\+([0-9A-F]+)</span>', lambda found: chr(int(found[1], 16)), visible(value))
    assert shown == escape(value)


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\x07", "\x1b", "\u200b", "\ufeff", "\u2028"])
def test_a_character_that_hides_or_turns_others_is_seen(character: str) -> None:
    """Changes of direction, controls, and what has no width."""
    assert visible(f"a{character}b") == f'a<span class="unseen">U+{ord(character):04X}</span>b'


def test_an_image_has_the_greys_of_its_numbers() -> None:
    """Row by row, within the span that the project says, the strongest dark if it says so."""
    view = View(kind=ViewKind.IMAGE, field="field", width=2, span=(0, 16), strongest="dark")
    assert pixels(Drawing(view=view).draw({"field": [0, 16, 8, 99]})) == (2, bytes([255, 0, 127, 0]))


def test_an_image_of_one_grey_has_no_span() -> None:
    """Without a span of the project its own least and greatest are taken, here the same."""
    view = View(kind=ViewKind.IMAGE, field="field")
    assert pixels(Drawing(view=view).draw({"field": [[5, 5], [5, 5]]})) == (2, bytes(4))


@pytest.mark.parametrize(
    ("fields", "kind", "field"),
    [
        ({"a": int, "rows": list[list[float]]}, ViewKind.IMAGE, "rows"),
        ({"a": int, "line": list[float]}, ViewKind.SERIES, "line"),
        ({"a": int, "said": str}, ViewKind.TEXT, "said"),
        ({"one": str, "other": str}, ViewKind.TABLE, None),
        ({"a": int, "b": float}, ViewKind.TABLE, None),
    ],
)
def test_what_a_sample_looks_like_is_guessed(fields: dict[str, Any], kind: ViewKind, field: str | None) -> None:
    """From the types of its contract."""
    view = completed(View(), payload(**fields))
    assert (view.kind, view.field) == (kind, field)


def test_what_the_project_says_is_not_guessed() -> None:
    """A list of numbers may be an image all the same, and a field is only drawn as what it can be."""
    fields = payload(line=list[float], said=str)
    assert completed(View(kind=ViewKind.IMAGE, width=3), fields).field == "line"
    assert completed(View(field="said"), fields).kind is ViewKind.TEXT
    assert completed(View(kind=ViewKind.SERIES, field="said"), fields).kind is ViewKind.TABLE


def test_a_renderer_that_fails_does_not_stop_labeling() -> None:
    """The sample is shown as a table, with a note."""
    drawn = Drawing(view=View(), renderer=lambda fields: str(fields["absent"])).draw({"size": 3})
    assert "cannot be drawn" in drawn
    assert '<th scope="row">size</th><td dir="auto">3</td>' in drawn


@given(st.text(), st.text())
def test_content_and_attributes_are_escaped(content: str, attribute: str) -> None:
    """Neither can end where it stands."""
    assert tag("b", content, title=attribute) == f'<b title="{escape(attribute)}">{escape(content)}</b>'


@given(st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=60))
def test_each_key_chooses_one_class_and_no_key_is_taken(classes: list[str]) -> None:
    """And a class has one key at most; as many have one as there are keys."""
    keys = keys_of(classes)
    assert not set(keys) & TAKEN
    assert len(set(keys.values())) == len(keys)
    assert set(keys.values()) <= set(classes)
    assert len(keys) == min(len(classes), 34)


def test_digits_are_their_own_keys() -> None:
    """Nobody should have to press 1 for 0."""
    assert keys_of(["0", "1", "cat"]) == {"0": "0", "1": "1", "2": "cat"}
