"""The figures as text: for a console, and as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]


def markdown(report: Report) -> str:
    """Return the figures as Markdown tables."""
    return "\n\n".join(
        f"**{title}**\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], ["---"] * len(rows[0]), *rows[1:]))
        for title, rows in _tables(report)
    )


def console(report: Report) -> str:
    """Return the same figures in aligned columns."""
    return "\n\n".join(f"{title}\n{_aligned(rows)}" for title, rows in _tables(report))


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _tables(report: Report) -> Iterator[tuple[str, list[list[str]]]]:
    if report.get("detections"):
        yield "false alarms on quiet windows", _false_alarms(report)
        yield "shifts found, and the mean delay in windows, where one that is missed counts as 20", _detections(report)
        yield "shifts found by population, and their mean delay likewise", _by_population(report)
        yield "causes named rightly, of the shifts found", _causes(report)
        yield "change of the accuracy: expected of the scores, and audited", _accuracy(report)
    if report.get("real"):
        yield "streams in their own order: windows that alarm", _real(report)
    if report.get("nab"):
        yield "NAB: labelled anomalies found, and windows that alarm beside them", _nab(report)
    if report.get("cost"):
        seconds = report["cost"]["seconds"]
        yield (
            "seconds of processor time for a check of the same fields",
            [list(seconds), [*map(_short, seconds.values())]],
        )
    for name, found in report.get("own", {}).items():
        yield f"{name}: alarms in {found['windows']} windows", _own(found)


def _short(seconds: float) -> str:
    return f"{seconds:.4g}"


def _methods(report: Report) -> dict[str, Any]:
    return {"assay": report, **report["peers"]}


def _false_alarms(report: Report) -> list[list[str]]:
    rows = [["method", "false alarms", "quiet windows", "in a thousand"]]
    for name, found in _methods(report).items():
        alarms, windows = found["false_alarms"], found["quiet_windows"]
        rows.append([name, str(alarms), str(windows), f"{1_000 * alarms / windows:.1f}"])
    return rows


def _grouped(report: Report, place: int) -> list[list[str]]:
    groups = list(dict.fromkeys(name.split("/")[place] for name in report["detections"]))
    rows = [["method", *groups]]
    for name, found in _methods(report).items():
        cells = [
            _cell([one for key, one in found["detections"].items() if key.split("/")[place] == group])
            for group in groups
        ]
        rows.append([name, *cells])
    return rows


def _cell(found: Sequence[Mapping[str, Any]]) -> str:
    if not found:
        return ""
    delays = [one["delay"] or 20 for one in found]
    return f"{sum(one['detected'] for one in found)} of {len(found)}, {sum(delays) / len(delays):.1f}"


def _detections(report: Report) -> list[list[str]]:
    return _grouped(report, 1)


def _by_population(report: Report) -> list[list[str]]:
    return _grouped(report, 0)


def _causes(report: Report) -> list[list[str]]:
    rows = [["cause", "found", "named rightly"]]
    for cause in dict.fromkeys(one["cause_true"] for one in report["detections"].values()):
        found = [one for one in report["detections"].values() if one["cause_true"] == cause and one["detected"]]
        rows.append([cause, str(len(found)), str(sum(one["cause"] == cause for one in found))])
    return rows


def _accuracy(report: Report) -> list[list[str]]:
    rows = [["shift", "expected", "audited"]]
    return rows + [
        [shift, f"{one['expected']:+.3f}", f"{one['audited']:+.3f}"] for shift, one in report["accuracy"].items()
    ]


def _real(report: Report) -> list[list[str]]:
    methods = list(next(iter(report["real"].values()))["methods"])
    return [["stream", "windows", *methods]] + [
        [name, str(found["windows"]), *(str(found["methods"][one]["alarms"]) for one in methods)]
        for name, found in report["real"].items()
    ]


def _nab(report: Report) -> list[list[str]]:
    methods = list(next(iter(report["nab"].values()))["methods"])
    return [["stream", "anomalies", "quiet windows", *methods]] + [
        [
            name,
            str(found["anomalies"]),
            str(found["quiet_windows"]),
            *("{anomalies_found}, {alarms_beside}".format(**found["methods"][one]) for one in methods),
        ]
        for name, found in report["nab"].items()
    ]


def _own(found: Mapping[str, Any]) -> list[list[str]]:
    rows = [["window", "slice", "field", "aspect", "windows", "p", "effect"]]
    for alarm in found["alarms"]:
        for one in alarm["measures"]:
            low, effect, high = one["effect"]
            told = [one["slice"] or "all", one["field"] or "labels", one["aspect"], str(one["windows"])]
            rows.append(
                [str(alarm["window"]), *told, f"{one['p_value']:.1e}", f"{effect:.3f} ({low:.3f} to {high:.3f})"]
            )
    return rows
