"""The figures as text: for a console, and as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

HEADER = ("set", "budget", "selector", "macro-F1", "95 %", "rare recall", "of cap", "classes", "near duplicates")


def markdown(report: Mapping[str, Any]) -> str:
    """Return a Markdown table with a row for each set, budget and selector."""
    lines = [HEADER, tuple("---" if index < 3 else "---:" for index in range(len(HEADER))), *_rows(report)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def console(report: Mapping[str, Any]) -> str:
    """Return the same figures in aligned columns."""
    lines = [HEADER, *_rows(report)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _rows(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, budgets in report["sets"].items():
        classes = report["facts"][name]["classes"]
        for budget, selectors in budgets.items():
            for selector, cell in selectors.items():
                yield (
                    name,
                    budget,
                    selector,
                    f"{cell['macro_f1']:.3f}",
                    "{:.3f} to {:.3f}".format(*cell["macro_f1_ci"]),
                    f"{cell['rare_recall']:.3f}",
                    f"{cell['rare_recall'] / cell['rare_recall_cap']:.0%}",
                    f"{cell['classes_found']:.1f} of {classes}",
                    f"{cell['near_duplicate_share']:.1%}",
                )
