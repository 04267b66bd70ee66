"""The figures as text: for a console, and as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Line = tuple[str, ...]
Block = tuple[str, Line, list[Line]]
SIMULATED = "labels simulated"


def markdown(report: Mapping[str, Any]) -> str:
    """Return a titled Markdown table for each question."""
    return "\n\n".join(
        f"**{title}**\n\n"
        + "\n".join(f"| {' | '.join(line)} |" for line in [header, ("---", *("---:" for _ in header[1:])), *rows])
        for title, header, rows in _blocks(report)
    )


def console(report: Mapping[str, Any]) -> str:
    """Return the same figures in aligned columns."""
    return "\n\n".join(f"{title}\n{_aligned([header, *rows])}" for title, header, rows in _blocks(report))


def _aligned(lines: Sequence[Line]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _blocks(report: Mapping[str, Any]) -> Iterator[Block]:
    table = report["table"]
    yield "Data or model", DATA_OR_MODEL, [_data_or_model(name, one) for name, one in table.items()]
    yield "Beside it", BESIDE, [_beside(name, one) for name, one in table.items()]
    yield "Worth of clean labels (noise simulated)", *_worth(report["curve"])
    yield (
        "Consistency (labels simulated)",
        CONSISTENCY,
        [_half(name, one) for name, one in report["consistency"].items()],
    )
    yield "Budget: the loop less the others", *_budget(report["budget"], table)


DATA_OR_MODEL = ("set", "labels", "baseline", "better model", "better data", "gold labels", "data less model", "95 %")


def _data_or_model(name: str, one: Mapping[str, Any]) -> Line:
    metric = "" if one["metric"] == "accuracy" else f" ({one['metric']})"
    return (
        f"{name}{metric}",
        one["labels"],
        _share(one["baseline"]),
        f"{_share(one['model_centric'])} ({one['model_centric_by']})",
        _share(one["data_centric"]),
        _share(one["gold"]),
        *_apart(one["difference"], one["difference_ci"]),
    )


BESIDE = (
    "set",
    "labels right: first",
    "of the loop",
    "consensus alone",
    "settled items only",
    "better model, same budget",
    "data less that",
    "95 %",
    "better data and model",
)


def _beside(name: str, one: Mapping[str, Any]) -> Line:
    return (
        name,
        *(_share(right) for right in one["labels_right"]),
        _share(one["consensus_alone"]),
        f"{_share(one['settled_only'])} ({one['settled_share']:.0%})",
        f"{_share(one['model_centric_same_budget'])} ({one['model_centric_same_budget_by']})",
        *_apart(one["difference_same_budget"], one["difference_same_budget_ci"]),
        f"{_share(one['both'])} ({one['both_by']})",
    )


def _worth(curve: Mapping[str, Any]) -> tuple[Line, list[Line]]:
    rates = list(next(iter(curve.values()))["worth"])
    header = ("set", "clean items", *(f"{float(rate):.0%} wrong" for rate in rates))
    rows = [
        (name, f"{one['matched']:.0f}", *(_times(one["worth"][rate]) for rate in rates)) for name, one in curve.items()
    ]
    return header, rows


def _times(worth: Mapping[str, Any]) -> str:
    most = f"over {worth['at_most']:.0f}"
    times, low, high = (most if value is None else f"{value:.1f}" for value in (worth["times"], *worth["ci"]))
    return f"{times} ({low} to {high})"


CONSISTENCY = ("set", "alpha, half and half", "two guidelines", "less one with that alpha", "95 %")


def _half(name: str, one: Mapping[str, Any]) -> Line:
    half = one["half"]
    return (name, f"{half['alpha']:.3f}", _share(one["two"][-1]["accuracy"]), *_apart(half["difference"], half["ci"]))


def _budget(budget: Mapping[str, Any], table: Mapping[str, Any]) -> tuple[Line, list[Line]]:
    arms = list(next(iter(budget.values()))["loop_minus"])
    header = ("set", "labels", "loop", *(f"less {arm}" for arm in arms))
    rows = [
        (
            name,
            table[name]["labels"],
            _share(one["loop"][-1]["accuracy"]),
            *(" ".join(_apart(apart["difference"], apart["ci"], bracket=True)) for apart in one["loop_minus"].values()),
        )
        for name, one in budget.items()
    ]
    return header, rows


def _share(value: float) -> str:
    return f"{value:.3f}"


def _apart(difference: float, ci: Sequence[float], *, bracket: bool = False) -> tuple[str, str]:
    low, high = ci
    bounds = f"{100 * low:+.1f} to {100 * high:+.1f}"
    return f"{100 * difference:+.1f}", f"({bounds})" if bracket else bounds
