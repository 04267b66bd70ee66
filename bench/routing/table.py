"""The figures as text: for a console, and as Markdown."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

HEADER = ("set", "budget", "selector", "macro-F1", "95 %", "rare recall", "of cap", "classes", "near duplicates")


def markdown(report: Mapping[str, Any]) -> str:
    """Return a Markdown table for each measure, with a row for each set and budget and a column for each selector."""
    return "\n\n".join(f"**{title}**\n\n{_table(report, cell)}" for title, cell in MEASURES.items())


def _table(report: Mapping[str, Any], cell: Callable[[Mapping[str, Any]], str]) -> str:
    cases = [
        (name, budget, selectors) for name, budgets in report["sets"].items() for budget, selectors in budgets.items()
    ]
    names = list(cases[0][2])
    lines = [["set", "budget", *names], ["---", "---:", *("---:" for _ in names)]]
    lines += [[name, budget, *(cell(of[selector]) for selector in names)] for name, budget, of in cases]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _macro_f1(cell: Mapping[str, Any]) -> str:
    low, high = cell["macro_f1_ci"]
    return f"{cell['macro_f1']:.3f} ({low:.3f} to {high:.3f})"


MEASURES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "macro-F1 of the final model on held-out rows, with 95 % intervals over the seeds": _macro_f1,
    "recall of rare rows, as a share of what the budget allows": lambda cell: (
        f"{cell['rare_recall'] / cell['rare_recall_cap']:.0%}"
    ),
    "classes found": lambda cell: f"{cell['classes_found']:.1f}",
    "labels that are near duplicates of earlier ones": lambda cell: f"{cell['near_duplicate_share']:.1%}",
    "share of the stream that was labeled": lambda cell: f"{cell['spent']:.4f}",
    "hit rates by reason, of a selector that has reasons": lambda cell: ", ".join(
        f"{reason} {rate:.2f}" for reason, rate in cell.get("hit_rates", {}).items()
    ),
}


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
