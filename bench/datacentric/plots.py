"""The figures as small multiples, one panel a set; the same figures give the same bytes."""

from collections.abc import Callable, Mapping
from math import ceil
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.routing.plots import HEIGHT, STYLE, WIDTH

ACROSS = 3
# Okabe and Ito's colours, which colour-blind people tell apart; dashes, as some lines lie on each other.
BARS: Mapping[str, tuple[str, str]] = {
    "baseline": ("first labels, fixed model", "#999999"),
    "model_centric": ("first labels, best better model", "#0072B2"),
    "data_centric": ("better labels, fixed model", "#D55E00"),
    "gold": ("gold labels, fixed model", "#000000"),
}
RATES = ("#000000", "#0072B2", "#009E73", "#E69F00", "#D55E00")
GUIDELINES: Mapping[str, Mapping[str, Any]] = {
    "one": {"color": "#000000", "marker": ".", "label": "one guideline, carelessly followed"},
    "two": {"color": "#D55E00", "marker": ".", "linestyle": "--", "label": "two conflicting guidelines"},
}
ARMS: Mapping[str, Mapping[str, Any]] = {
    "loop": {"color": "#000000", "linewidth": 2.2, "label": "the whole loop", "zorder": 3},
    "random": {"color": "#999999", "linestyle": "--", "label": "random relabeling"},
    "majority": {"color": "#0072B2", "linestyle": "-.", "label": "majority, fixed overlap"},
    "label_errors": {"color": "#D55E00", "linestyle": ":", "label": "label-error detection alone"},
}

Panel = Callable[[Axes, Mapping[str, Any]], None]


def draw(report: Mapping[str, Any], folder: Path) -> None:
    """Write table.svg, curve.svg, consistency.svg and budget.svg into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = {name: one["labels"] for name, one in report["table"].items()}
    simulated = dict.fromkeys(labels, "simulated")
    for question, panel, sources in (
        ("table", _table, labels),
        ("curve", _curve, simulated),
        ("consistency", _consistency, simulated),
        ("budget", _budget, labels),
    ):
        _write(report[question], panel, sources, folder / f"{question}.svg")


def _write(sets: Mapping[str, Any], panel: Panel, labels: Mapping[str, str], file: Path) -> None:
    across = min(ACROSS, len(sets))
    down = ceil(len(sets) / across)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1.2 * WIDTH * max(across, 2), HEIGHT * down + 0.5), layout="constrained")
        axes = figure.subplots(down, across, squeeze=False).flat
        for name, one in sets.items():
            each = next(axes)
            panel(each, one)
            each.set_title(f"{name}\nlabels {labels[name]}")
        for empty in axes:
            empty.axis("off")
        handles, names = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=max(across, 2), frameon=False)
        figure.savefig(file, metadata={"Date": None, "Creator": None})


def _table(axes: Axes, one: Mapping[str, Any]) -> None:
    values = [one[key] for key in BARS]
    for place, (label, color) in enumerate(BARS.values()):
        axes.bar(place, values[place], color=color, label=label)
        axes.annotate(f"{values[place]:.3f}", (place, values[place]), ha="center", va="bottom")
    axes.set_xticks([])
    apart = max(max(values) - min(values), 0.02)
    axes.set_ylim(max(0.0, min(values) - 0.5 * apart), max(values) + 0.25 * apart)
    axes.set_ylabel(f"{one['metric']} (cut off)")


def _curve(axes: Axes, one: Mapping[str, Any]) -> None:
    for (rate, found), color in zip(one["rates"].items(), RATES, strict=True):
        _line(axes, one["items"], found["points"], {"color": color, "marker": ".", "label": f"{float(rate):.0%} wrong"})
    axes.set_xscale("log")
    axes.set_xticks(one["items"], [f"{count:.0f}" for count in one["items"]])
    axes.minorticks_off()
    axes.set_xlabel("items to learn from")
    axes.set_ylabel("score")


def _consistency(axes: Axes, one: Mapping[str, Any]) -> None:
    for name, style in GUIDELINES.items():
        _line(axes, [point["alpha"] for point in one[name]], one[name], style)
    axes.set_xlabel("agreement (alpha)")
    axes.set_ylabel("score")


def _budget(axes: Axes, one: Mapping[str, Any]) -> None:
    for name, style in ARMS.items():
        _line(axes, [point["spent"] for point in one[name]], one[name], style)
    axes.set_xlabel("labels spent an item")
    axes.set_ylabel("score")


def _line(axes: Axes, places: Any, points: Any, style: Mapping[str, Any]) -> None:
    low, high = zip(*(point["ci"] for point in points), strict=True)
    axes.plot(places, [point["accuracy"] for point in points], **style)
    axes.fill_between(places, low, high, color=style["color"], alpha=0.1, linewidth=0)
