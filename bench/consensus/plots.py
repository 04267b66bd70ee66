"""Accuracy by labels spent, one panel a set; the same figures give the same bytes."""

from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.routing.plots import ACROSS, HEIGHT, STYLE, WIDTH

# Okabe and Ito's colours, which colour-blind people tell apart.
LINES: Mapping[str, Mapping[str, Any]] = {
    "majority": {"color": "#0072B2", "linestyle": "--", "marker": ".", "label": "majority, fixed overlap"},
    "dawid_skene": {"color": "#D55E00", "linestyle": ":", "marker": ".", "label": "Dawid-Skene, fixed overlap"},
}
OURS: Mapping[str, Any] = {"color": "#000000", "linewidth": 2.0, "label": "adaptive, by rounds"}
LEAD: Mapping[str, Any] = {"color": "#009E73", "marker": "x", "linestyle": "", "label": "lead of two votes"}


def draw(report: Mapping[str, Any], folder: Path) -> None:
    """Write accuracy.svg into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    sets = report["sets"]
    across = min(ACROSS, len(sets))
    down = ceil(len(sets) / across)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH * max(across, 2), HEIGHT * down + 0.4), layout="constrained")
        axes = figure.subplots(down, across, squeeze=False).flat
        for name, one in sets.items():
            _panel(next(axes), name, one)
        for empty in axes:
            empty.axis("off")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2 * max(across, 2), frameon=False)
        figure.savefig(folder / "accuracy.svg", metadata={"Date": None, "Creator": None})


def _panel(axes: Axes, name: str, one: Mapping[str, Any]) -> None:
    fixed = list(one["curve"]["fixed"].values())
    for method, line in LINES.items():
        axes.plot([1.0 - at["labels_saved"] for at in fixed], [at[method] for at in fixed], **line)
    rounds = one["curve"]["adaptive"]
    axes.plot([at["labels_spent"] for at in rounds], [at["accuracy"] for at in rounds], **OURS)
    lead = one["vote_lead"]
    axes.plot([1.0 - lead["labels_saved"]], [lead["accuracy_adaptive"]], **LEAD)
    axes.set_title(name)
    axes.set_xlabel("share of the labels spent")
    axes.set_ylabel("accuracy")
