"""The figures as text: for a console, and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

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


def markdown(report: Mapping[str, Any]) -> str:
    """Return the table of all sets in Markdown."""
    lines = [HEADER, ("---", *("---:" for _ in HEADER[1:])), *_rows(report)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def console(report: Mapping[str, Any]) -> str:
    """Return the same figures in aligned columns."""
    lines = [HEADER, *_rows(report)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _rows(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, one in report["sets"].items():
        yield _row(name, one, one)
        if "without_features" in one:
            yield _row(f"{name}, without features", one, one["without_features"])
    yield ("mean", "", f"{report['labels_saved_mean']:.1%}", *[""] * (len(HEADER) - 3))


def _row(name: str, one: Mapping[str, Any], ours: Mapping[str, Any]) -> tuple[str, ...]:
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
