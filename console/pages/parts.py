"""What several pages draw alike: figures, tables, bars, intervals."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from console.markup import Content, tag
from quality.intervals import Interval


def figure(name: str, value: Content, note: Content) -> Markup:
    """Return one number with its name and a word on it."""
    shown = f"{value:,}" if isinstance(value, int) else value
    return tag("div", [tag("dt", name), tag("dd", shown, class_="number"), tag("dd", note)])


def figures(*shown: Markup) -> Markup:
    """Return numbers beside each other."""
    return tag("dl", shown, class_="figures")


def data_table(label: str, columns: Sequence[str], rows: Iterable[Sequence[Content]], *, left: int = 1) -> Markup:
    """Return a table whose first column names its rows; columns from `left` on are numbers."""
    head = [tag("th", name, scope="col", class_="number" if at >= left else None) for at, name in enumerate(columns)]
    body = [_row(row, left) for row in rows]
    table = tag("table", tag("thead", tag("tr", head)), tag("tbody", body), class_="data")
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=label)


def _row(row: Sequence[Content], left: int) -> Markup:
    cells = [tag("td", cell, class_="number" if at >= left else None) for at, cell in enumerate(row[1:], 1)]
    return tag("tr", [tag("th", row[0], scope="row"), cells])


def bar(share: float) -> Markup:
    """Return a bar that is filled to a share; what it says stands beside it as a number."""
    return tag("span", class_="bar-of", style=f"--share:{100 * share:.1f}%", aria_hidden="true")


def interval(found: Interval | None) -> Content:
    """Return an interval as a range on the way from 0 to 1, with its numbers."""
    if found is None:
        return tag("span", "none yet", class_="note")
    at = {"low": found.low, "high": found.high, "at": found.estimate}
    style = ";".join(f"--{name}:{100 * value:.1f}%" for name, value in at.items())
    drawn = tag("span", class_="interval", style=style, aria_hidden="true")
    return [
        drawn,
        tag("span", percent(found.estimate)),
        tag("small", f" {percent(found.low)} to {percent(found.high)}"),
    ]


def range_of(found: Interval, *, places: int) -> Content:
    """Return an interval that may leave the way from 0 to 1, which is where it is drawn, with its numbers."""
    at = {"low": found.low, "high": found.high, "at": found.estimate}
    style = ";".join(f"--{name}:{100 * min(1.0, max(0.0, value)):.1f}%" for name, value in at.items())
    drawn = tag("span", class_="interval", style=style, aria_hidden="true")
    told = [f"{value:.{places}f}" for value in (found.estimate, found.low, found.high)]
    return [drawn, tag("span", told[0]), tag("small", f" {told[1]} to {told[2]}")]


def percent(share: float) -> str:
    """Return a share in per cent."""
    return f"{100 * share:.1f} %"


def moment(at: datetime) -> Markup:
    """Return a time in UTC, to the second."""
    told = at.astimezone(UTC)
    return tag("time", f"{told:%Y-%m-%d %H:%M:%S}", datetime=told.isoformat(), title="UTC")


def empty(text: str) -> Markup:
    """Return a word in place of what is not there yet."""
    return tag("p", text, class_="empty")
