"""The figures as text: for a console, and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

Line = tuple[str, ...]
HEADER = (
    "set",
    "labels an item",
    "saved",
    "accuracy",
    "of all labels",
    "points",
    "two votes: saved",
    "points",
    "as they come: saved",
    "points",
)


PRODUCTION = (
    "set",
    "estimates",
    "labels an item",
    "settled",
    "set aside",
    "right of settled",
    "alike: labels an item",
    "settled",
    "set aside",
    "right of settled",
)


BOXES = ("set", "labels", "F1 of 1", "of 2", "of 3", "geometry of 1", "of 2", "of 3", "saved", "F1", "geometry")


def markdown(report: Mapping[str, Any]) -> str:
    """Return the tables of all sets in Markdown: the rule without limits, that of a running project, and boxes."""
    return "\n\n".join(
        "\n".join(f"| {' | '.join(line)} |" for line in [header, ("---", *("---:" for _ in header[1:])), *rows])
        for header, rows in _tables(report)
    )


def console(report: Mapping[str, Any]) -> str:
    """Return the same figures in aligned columns."""
    return "\n\n".join(_aligned([header, *rows]) for header, rows in _tables(report))


def _tables(report: Mapping[str, Any]) -> Iterator[tuple[Line, list[Line]]]:
    yield HEADER, list(_rows(report))
    yield PRODUCTION, [_production(name, one) for name, one in report["sets"].items()]
    if report["boxes"]:
        yield BOXES, [_boxes(name, one) for name, one in report["boxes"].items()]


def _aligned(lines: list[Line]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _production(name: str, one: Mapping[str, Any]) -> Line:
    ours, alike = one["production"], one["alike"]
    return (name, f"{ours['estimates']:.1f}", *_settled(ours), *_settled(alike))


def _settled(one: Mapping[str, float]) -> Line:
    right = f"{one['right'] / one['settled']:.1%}" if one["settled"] else "-"
    return (f"{one['labels']:.2f}", f"{one['settled']:.1%}", f"{one['expert']:.1%}", right)


def _boxes(name: str, one: Mapping[str, Any]) -> Line:
    ours, few = one["adaptive"], [one["fixed"][count] for count in ("1", "2", "3")]
    return (
        name,
        str(one["facts"]["labels"]),
        *(f"{each['f1']:.3f}" for each in few),
        *(f"{each['geometry']:.3f}" for each in few),
        f"{ours['labels_saved']:.1%}",
        f"{ours['f1']:.3f}",
        f"{ours['geometry']:.3f}",
    )


def _rows(report: Mapping[str, Any]) -> Iterator[Line]:
    for name, one in report["sets"].items():
        yield _row(name, one, one)
        if "without_features" in one:
            yield _row(f"{name}, without features", one, one["without_features"])
    yield ("mean", "", f"{report['labels_saved_mean']:.1%}", *[""] * (len(HEADER) - 3))


def _row(name: str, one: Mapping[str, Any], ours: Mapping[str, Any]) -> Line:
    best, facts = one["accuracy_all"], one["facts"]
    plain = ours is one
    return (
        name,
        f"{facts['labels'] / facts['items']:.1f}",
        f"{ours['labels_saved']:.1%}",
        f"{ours['accuracy_adaptive']:.4f}",
        f"{best:.4f}",
        _points(ours["accuracy_adaptive"], best),
        f"{one['vote_lead']['labels_saved']:.1%}" if plain else "",
        _points(one["vote_lead"]["accuracy_adaptive"], best) if plain else "",
        f"{one['as_they_come']['labels_saved']:.1%}" if plain else "",
        _points(one["as_they_come"]["accuracy_adaptive"], best) if plain else "",
    )


def _points(accuracy: float, best: float) -> str:
    return f"{100 * (accuracy - best):+.1f}"
