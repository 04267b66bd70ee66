"""Images: of numbers, one grey pixel each, which the browser enlarges without smoothing, or in a file of their own."""

import base64
import struct
import zlib
from collections.abc import Sequence
from itertools import chain
from typing import Any

from markupsafe import Markup

from console.markup import tag
from schemas.views import View

# A larger image belongs in a file of its own.
MOST_PIXELS = 1_048_576
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def image(values: Any, view: View) -> Markup:
    """Return an image of a list of numbers, row by row, or of a list of such rows.

    Raises:
        ValueError: the values are no numbers, or make no rectangle.
    """
    pixels, width = _pixels(values, view.width)
    height = len(pixels) // width
    encoded = base64.b64encode(png(_greys(pixels, view), width)).decode()
    return tag(
        "img",
        class_="sample-image",
        src=f"data:image/png;base64,{encoded}",
        width=width,
        height=height,
        alt=f"Image of the sample, {width} by {height} pixels",
    )


def photo(address: str | None) -> Markup:
    """Return the image that is at an address of ours.

    Raises:
        ValueError: the sample names none.
    """
    if address is None:
        raise ValueError("the sample names no image")
    return tag("img", class_="sample-image photo", src=address, alt="Image of the sample")


def png(greys: bytes, width: int) -> bytes:
    """Return greys, row by row, as a PNG file of 8 bits a pixel (W3C, Portable Network Graphics, third edition)."""
    height = len(greys) // width
    rows = b"".join(b"\0" + greys[start : start + width] for start in range(0, len(greys), width))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pixels(values: Any, width: int | None) -> tuple[Sequence[float], int]:
    if not isinstance(values, list) or not values:
        raise ValueError("an image is a list of numbers, or of rows of numbers")
    if isinstance(values[0], list):
        width, values = len(values[0]), list(chain.from_iterable(row for row in values if isinstance(row, list)))
    width = width or round(len(values) ** 0.5)
    if not width or len(values) % width or len(values) > MOST_PIXELS:
        raise ValueError(f"{len(values)} numbers do not make rows of {width}")
    return [float(value) for value in values], width


def _greys(pixels: Sequence[float], view: View) -> bytes:
    low, high = view.span or (min(pixels), max(pixels))
    scale = 255.0 / (high - low) if high > low else 0.0
    strengths = (min(255, max(0, round((value - low) * scale))) for value in pixels)
    return bytes(255 - strength if view.strongest == "dark" else strength for strength in strengths)
