"""Small plots over time, as SVG of our own: bands of quantiles, and lines of shares."""

from collections.abc import Sequence

from markupsafe import Markup

from console.markup import Content, tag

WIDTH, HEIGHT, MARGIN = 320, 96, 6

# Of one point in time the quantiles from low to high, an odd number of them; None where there is nothing.
Quantiles = Sequence[float | None] | None
Place = tuple[float, float]


def across(at: int, count: int) -> float:
    """Return how far from the left the point of this number is, of so many; whatever else is drawn goes by it too."""
    return MARGIN + (WIDTH - 2 * MARGIN) * (at / (count - 1) if count > 1 else 0.5)


def bands(
    rows: Sequence[Quantiles], missing: Sequence[float | None], label: str, *, marked: Sequence[range] = ()
) -> Markup:
    """Return the middle quantile as a line, and each pair around it as a band, from the least to the greatest of all.

    The share that is missing is a line from 0 to 1, where any is. Behind them stand points that are `marked`.
    """
    known = [(at, [one for one in row if one is not None]) for at, row in enumerate(rows) if row is not None]
    known = [(at, row) for at, row in known if len(row) == len(known[0][1])]
    if not known:
        return _framed([_marks(marked, len(rows)), _missing(missing)], label)
    low, high = min(row[0] for _, row in known), max(row[-1] for _, row in known)
    wide = len(known[0][1])
    drawn = [
        _band([(across(at, len(rows)), _up(row[pair], low, high), _up(row[-1 - pair], low, high)) for at, row in known])
        for pair in range(wide // 2)
    ]
    middle = [(across(at, len(rows)), _up(row[wide // 2], low, high)) for at, row in known]
    return _framed([_marks(marked, len(rows)), *drawn, _line(middle, "of-0"), _missing(missing)], label)


def lines(
    columns: Sequence[Sequence[float | None]],
    missing: Sequence[float | None],
    label: str,
    *,
    marked: Sequence[range] = (),
) -> Markup:
    """Return a line for each of several shares, from 0 to 1, and one for what is missing, where any is.

    Behind them stand points that are `marked`.
    """
    drawn = [_line(_places(shares), f"of-{number}") for number, shares in enumerate(columns)]
    return _framed([_marks(marked, len(missing)), *drawn, _missing(missing)], label)


def _marks(marked: Sequence[range], count: int) -> Content:
    """Return a field for each run of points that are marked, half a point wider on both sides."""
    half = (WIDTH - 2 * MARGIN) / max(1, count - 1) / 2
    return [
        tag(
            "rect",
            x=f"{across(run[0], count) - half:.1f}",
            y=0,
            width=f"{across(run[-1], count) - across(run[0], count) + 2 * half:.1f}",
            height=HEIGHT,
            class_="marked",
        )
        for run in marked
        if run
    ]


def _missing(shares: Sequence[float | None]) -> Content:
    return _line(_places(shares), "missing") if any(shares) else None


def _places(shares: Sequence[float | None]) -> list[Place]:
    return [(across(at, len(shares)), _up(one, 0.0, 1.0)) for at, one in enumerate(shares) if one is not None]


def _framed(drawn: Content, label: str) -> Markup:
    return tag("svg", drawn, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label)


def _band(edges: Sequence[tuple[float, float, float]]) -> Markup:
    there = [(x, high) for x, _, high in edges]
    back = [(x, low) for x, low, _ in reversed(edges)]
    if len(edges) == 1:  # a point in time alone is as wide as a line
        x, low, high = edges[0]
        there, back = [(x - 1, high), (x + 1, high)], [(x + 1, low), (x - 1, low)]
    return tag("path", d=f"{_path([*there, *back])}Z", class_="band")


def _line(places: Sequence[Place], kind: str) -> Markup:
    if len(places) == 1:
        places = [(places[0][0] - 1, places[0][1]), (places[0][0] + 1, places[0][1])]
    return tag("path", d=_path(places), class_=f"line {kind}")


def _path(places: Sequence[Place]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places) if places else ""


def _up(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share
