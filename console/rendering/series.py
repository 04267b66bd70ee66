"""Numbers as a line over their places: a time series."""

import math
from typing import Any

from markupsafe import Markup

from console.markup import tag

WIDTH, HEIGHT, MARGIN = 640, 240, 12
# More points than this fall on the same pixels.
MOST = 20_000


def series(values: Any) -> Markup:
    """Return a line through the numbers, with the least and the greatest written beside it; gaps are where none are.

    Raises:
        ValueError: the values are no list of numbers.
    """
    if not isinstance(values, list) or not values or len(values) > MOST:
        raise ValueError("a series is a list of numbers")
    points = [float(value) if value is not None else math.nan for value in values]
    finite = [point for point in points if math.isfinite(point)]
    if not finite:
        raise ValueError("a series has a number at least")
    low, high = min(finite), max(finite)
    return tag(
        "figure",
        tag(
            "svg",
            [tag("path", d=_path(points, low, high))],
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            role="img",
            aria_label=f"Series of {len(points)} numbers from {low:.4g} to {high:.4g}",
        ),
        tag("figcaption", f"{len(points)} points, from {low:.4g} to {high:.4g}"),
        class_="sample-series",
    )


def _path(points: list[float], low: float, high: float) -> str:
    across = (WIDTH - 2 * MARGIN) / max(1, len(points) - 1)
    up = (HEIGHT - 2 * MARGIN) / (high - low) if high > low else 0.0
    said, pen = [], "M"
    for place, point in enumerate(points):
        if not math.isfinite(point):
            pen = "M"
            continue
        said.append(f"{pen}{MARGIN + place * across:.1f} {HEIGHT - MARGIN - (point - low) * up:.1f}")
        pen = "L"
    return "".join(said)
