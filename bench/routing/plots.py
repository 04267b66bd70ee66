"""The figures as small multiples, one panel a set; the same figures give the same bytes."""

from collections.abc import Callable, Mapping
from math import ceil
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Text stays text, which keeps the files small; ids and dates are fixed, which keeps them the same.
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "assay",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
# Okabe and Ito's colours, which colour-blind people tell apart; dashes, as some lines lie on each other.
LINES: Mapping[str, Mapping[str, Any]] = {
    "assay": {"color": "#000000", "linewidth": 2.2, "zorder": 3},
    "random": {"color": "#999999", "linestyle": "--"},
    "least_confidence": {"color": "#56B4E9", "linestyle": "-."},
    "margin": {"color": "#0072B2"},
    "entropy": {"color": "#CC79A7", "linestyle": ":"},
    "k_center": {"color": "#D55E00"},
    "typicality": {"color": "#009E73"},
}
ACROSS, WIDTH, HEIGHT = 4, 2.6, 2.1

Report = Mapping[str, Any]
Panel = Callable[[Axes, Mapping[str, Any]], None]


def draw(report: Report, folder: Path) -> None:
    """Write macro_f1.svg, rare_recall.svg and classes_found.svg into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, panel in {"macro_f1": _macro_f1, "rare_recall": _rare_recall, "classes_found": _classes_found}.items():
        _write(report, panel, folder / f"{name}.svg")


def _write(report: Report, panel: Panel, file: Path) -> None:
    sets = report["sets"]
    across = min(ACROSS, len(sets))
    down = ceil(len(sets) / across)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH * max(across, 2), HEIGHT * down + 0.4), layout="constrained")
        axes = figure.subplots(down, across, squeeze=False).flat
        for name, budgets in sets.items():
            one = next(axes)
            panel(one, budgets)
            one.set_title(name)
        for empty in axes:
            empty.axis("off")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2 * max(across, 2), frameon=False)
        figure.savefig(file, metadata={"Date": None, "Creator": None})


def _macro_f1(axes: Axes, budgets: Mapping[str, Any]) -> None:
    for selector, cells in _by_selector(budgets).items():
        low, high = zip(*(cell["macro_f1_ci"] for cell in cells.values()), strict=True)
        axes.plot(list(cells), [cell["macro_f1"] for cell in cells.values()], label=selector, **LINES[selector])
        axes.fill_between(list(cells), low, high, color=LINES[selector]["color"], alpha=0.12, linewidth=0)
    _by_budget(axes, budgets)
    axes.set_ylabel("macro-F1")


def _rare_recall(axes: Axes, budgets: Mapping[str, Any]) -> None:
    for selector, cells in _by_selector(budgets).items():
        shares = [cell["rare_recall"] / cell["rare_recall_cap"] for cell in cells.values()]
        axes.plot(list(cells), shares, label=selector, **LINES[selector])
    _by_budget(axes, budgets)
    axes.set_ylabel("rare recall, of its cap")


def _by_budget(axes: Axes, budgets: Mapping[str, Any]) -> None:
    axes.set_xscale("log")
    axes.set_xticks([float(budget) for budget in budgets], list(budgets))
    axes.minorticks_off()
    axes.set_xlabel("budget")


def _classes_found(axes: Axes, budgets: Mapping[str, Any]) -> None:
    smallest = min(budgets, key=float)
    for selector, cell in budgets[smallest].items():
        found = cell["classes_found_over_time"]
        steps = [(index + 1) / len(found) for index in range(len(found))]
        axes.plot(steps, found, label=selector, **LINES[selector])
    axes.set_xlabel(f"share of the stream, budget {smallest}")
    axes.set_ylabel("classes found")


def _by_selector(budgets: Mapping[str, Any]) -> dict[str, dict[float, Any]]:
    found: dict[str, dict[float, Any]] = {}
    for budget, selectors in budgets.items():
        for selector, cell in selectors.items():
            found.setdefault(selector, {})[float(budget)] = cell
    return found
