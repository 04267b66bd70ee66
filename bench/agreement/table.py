"""The figures of a report as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def markdown(report: Mapping[str, Any]) -> str:
    """Return the tables: crowds, boxes, what is simulated, newcomers."""
    parts = [_crowds(report["sets"])]
    if "boxes_lidc" in report:
        parts.append(_lidc(report["boxes_lidc"]))
    if "boxes_toy_iaa" in report:
        parts.append(_toy(report["boxes_toy_iaa"]))
    parts += [_newcomers(report["newcomers"]), _simulated(report["simulated"])]
    return "\n\n".join(parts)


def _crowds(sets: Mapping[str, Mapping[str, Any]]) -> str:
    head = (
        "set",
        "tasks",
        "labels",
        "labelers",
        "alpha (95 %)",
        "known",
        "krippendorff",
        "median kappa of pairs",
        "pairs",
    )
    rows = (
        (
            name,
            each["units"],
            each["labels"],
            each["labelers"],
            _interval(each["alpha"]),
            _or_dash(each["known"]),
            _or_dash(each["peer_alpha"] and each["peer_alpha"]["value"]),
            _or_dash(each["labeler_pairs"]["median_kappa"]),
            each["labeler_pairs"]["pairs"],
        )
        for name, each in sets.items()
    )
    return _table(head, rows)


def _lidc(found: Mapping[str, Any]) -> str:
    known = found["known"]
    rows = [
        ("clusters seen by one reader", found["seen_by_one"], known["seen_by_one"]),
        ("mean IoU of two readers", found["iou_mean"], known["iou"]),
        ("median IoU of two readers", found["iou_median"], ""),
        ("malignancy equal", found["malignancy_equal"], known["malignancy_equal"]),
        *((f"alpha of malignancy, {scale}", _interval(of), "") for scale, of in found["malignancy_alpha"].items()),
        ("existence (F1 at IoU 0.5)", _interval(found["existence"]), ""),
        ("geometry (IoU of matched)", _interval(found["geometry"]), ""),
        ("our clusters: precision of pairs", found["clustering"]["precision"], ""),
        ("our clusters: recall of pairs", found["clustering"]["recall"], ""),
        *((f"objects at a quorum of {quorum}", count, "") for quorum, count in found["quorum"].items()),
    ]
    return _table(("boxes_lidc", "found", "known"), rows)


def _toy(found: Mapping[str, Any]) -> str:
    rows = (
        (name, each["boxes"], each["existence"], each["class"], each["geometry"], _by_hand(each["by_hand"]))
        for name, each in found.items()
    )
    return _table(("boxes_toy_iaa", "boxes", "existence", "class", "geometry", "by hand"), rows)


def _by_hand(figures: Mapping[str, float] | None) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in (figures or {}).items())


def _newcomers(found: Mapping[str, Mapping[str, Any]]) -> str:
    rows = ((name, each["labelers"], each["mse_share"], each["mse_shrunk"]) for name, each in found.items())
    return _table(("set", "labelers", "squared error of the share of 5", "squared error, shrunk"), rows)


def _simulated(found: Mapping[str, Any]) -> str:
    rows = ((name, found["false_alarms"][name], found["found"][name]) for name in found["false_alarms"])
    covered = found["coverage"]
    head = (f"finding (simulated, {found['runs']} runs)", "false alarms", "planted and found")
    said = f"The 95 % interval of simulated alpha {covered['alpha']} covers it in {covered['covered']:.1%} of runs."
    return f"{_table(head, rows)}\n\n{said}"


def _interval(found: Sequence[float]) -> str:
    return f"{found[0]:.3f} ({found[1]:.3f} to {found[2]:.3f})" if found else "-"


def _or_dash(value: Any) -> str:
    return "-" if value is None else f"{value:.3f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
