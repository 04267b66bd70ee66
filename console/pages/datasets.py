"""Dataset versions: scorecards beside each other, and one with what changed, by cause."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from nicegui import ui

from catalog.diff import Diff
from catalog.gate import Result
from catalog.gate_report import number, threshold
from console.access import may
from console.markup import Content, join, tag
from console.pages.house import House, Visit
from console.pages.parts import data_table, empty, figure, figures, interval, moment
from quality.intervals import Interval
from schemas.errors import InputError
from schemas.roles import Permission
from storage.gates import GateReport
from storage.scorecards import Changes, Scorecard, changes, scorecard

CAUSES = {
    "new": "new samples",
    "relabeled": "relabeled under the same guideline",
    "guideline": "labeled under another guideline",
    "dropped": "dropped",
    "moved": "moved to another split",
    "unchanged": "unchanged",
}


def add(house: House) -> None:
    """Serve the pages."""

    @house.page("/datasets", "Datasets")
    async def datasets(visit: Visit) -> None:
        async def shown() -> Markup:
            overview = visit.desk.overview
            return join([last_gate(await overview.gate.latest()), listed(await overview.scorecards.latest())])

        visit.live(shown)

    @house.page("/datasets/{version}", "Dataset version")
    async def dataset(visit: Visit) -> None:
        ui.html(await asyncio.to_thread(_version, visit), sanitize=False)


def _version(visit: Visit) -> Markup:
    desk, wanted = visit.desk, visit.request.path_params["version"]
    try:
        version = int(wanted) if wanted.isdecimal() else 0
        found = scorecard(desk.engine, desk.project.name, version)
        looks_into = may(visit.labeler, Permission.SAMPLES)
        changed = changes(desk.engine, desk.storage, desk.project.name, version) if looks_into else None
        return card(found, changed)
    except InputError as error:
        return tag("p", str(error), class_="problem")


def listed(versions: Sequence[Scorecard]) -> Markup:
    """Return a row for each version, the last one first."""
    if not versions:
        return empty("Nothing is published yet: the DAG build_dataset does it once labels are settled.")
    columns = (
        "version",
        "accuracy on gold, 95 %",
        "gain over the one before",
        "model",
        "rows",
        "guideline",
        "published, UTC",
    )
    rows = [
        (
            tag("a", f"Version {one.version}", href=f"/datasets/{one.version}"),
            interval(one.training.accuracy) if one.training else "not trained yet",
            _gain(one),
            _stands(one),
            f"{one.rows:,}",
            one.guideline,
            moment(one.published_at),
        )
        for one in versions
    ]
    simulated = any(one.simulated for one in versions)
    return join([data_table("Dataset versions", columns, rows, left=4), _simulated() if simulated else None])


def last_gate(report: GateReport | None) -> Content:
    """Return the four marks as the gate saw them last, and, where it was shut, what would open it."""
    if report is None:
        return None
    said = "It was open." if report.open else "It was shut, so nothing was published."
    missing = [(one.check, one.wanted, one.found, one.remedy) for one in report.results if not one.ok]
    table = data_table("What is missing", ("check", "wanted", "found", "what to do"), missing, left=4)
    return [
        tag("h2", "The gate, when it was asked last"),
        tag("p", said, " Labels as of ", moment(report.as_of), class_="note"),
        scorecard_of(report.marks),
        table if missing else None,
        tag("h2", "Versions"),
    ]


def scorecard_of(marks: Sequence[Result]) -> Content:
    """Return the four marks of good data, each a number beside its threshold."""
    shown = [figure(str(one.mark), number(one.value) or "none", f"{threshold(one)}: {one.verdict}") for one in marks]
    return figures(*shown) if shown else None


def card(one: Scorecard, changed: Diff | None) -> Markup:
    """Return one version: its scorecard, its gate, its classes, and what changed since the version before."""
    training = one.training
    stand = figures(
        figure("Version", one.version, moment(one.published_at)),
        figure("Rows", one.rows, ", ".join(f"{name} {split.rows:,}" for name, split in one.splits.items())),
        figure(
            "Accuracy on gold",
            f"{100 * training.accuracy.estimate:.1f} %" if training else "not yet",
            _gain(one) if training else "the DAG retrain trains the fixed model",
        ),
        figure("Guideline", one.guideline, f"contract {one.contract}"),
    )
    address = tag("p", "Content ", tag("code", one.content_hash), " at ", tag("code", one.location), class_="note wrap")
    good = [tag("h2", "Four marks of good data"), scorecard_of(one.marks)] if one.marks else None
    sections = [good, _model(one), _changes(changed), _gate(one.gate), _excluded(one.excluded), _classes(one)]
    return join([stand, _simulated() if one.simulated else None, sections, address])


def _changes(changed: Diff | None) -> Content:
    if changed is None:
        return None
    counted = Changes.of(changed)
    rows = [(said, f"{getattr(counted, cause):,}") for cause, said in CAUSES.items()]
    governing = ", ".join(counted.governing)
    note = tag("p", f"Also changed: {governing}.", class_="note") if governing else None
    table = data_table("Changes by cause", ("cause", "samples"), rows)
    return [tag("h2", "What changed since the version before"), table, note]


def _gate(results: Sequence[Mapping[str, Any]]) -> Content:
    marks = {(True, True): "passed", (True, False): "passed", (False, False): "warning", (False, True): "failed"}
    rows = [
        (one["check"], one["wanted"], one["found"], marks[bool(one["ok"]), bool(one.get("blocking", True))])
        for one in results
    ]
    table = data_table("Gate", ("check", "wanted", "found", "result"), rows, left=4)
    return [tag("h2", "The gate it passed"), table] if rows else None


def _excluded(excluded: Mapping[str, int]) -> Content:
    rows = [(cause, f"{number:,}") for cause, number in excluded.items() if number]
    table = data_table("Left out", ("cause", "samples"), rows)
    return [tag("h2", "Labeled samples that are not in it"), table] if rows else None


def _classes(one: Scorecard) -> Content:
    if one.training is None:
        return None
    rows = [
        (name, interval(found.recall), f"{found.train:,}", f"{found.test:,}")
        for name, found in one.training.classes.items()
    ]
    columns = ("class", "found in the gold test set, 95 %", "trained on", "tested on")
    return [tag("h2", "By class"), data_table("Classes", columns, rows, left=2)]


def _model(one: Scorecard) -> Content:
    """Return why the model was promoted, or was not, and what it gained on each slice."""
    if one.training is None or one.training.promotion is None:
        return None
    rows = [
        (
            slice_.name,
            "yes" if slice_.guarded else "no",
            interval(slice_.found.accuracy) if slice_.found else "no gold row is in it",
            _points(slice_.found.gain) if slice_.found else "",
            f"{slice_.found.test:,}" if slice_.found else "0",
        )
        for slice_ in one.training.slices
    ]
    columns = ("slice", "guarded", "accuracy on gold, 95 %", "gain over the version before", "tested on")
    table = data_table("Slices", columns, rows, left=4) if rows else None
    return [tag("h2", "Its model"), tag("p", f"{_stands(one)}: {one.training.promotion.why}."), table]


def _stands(one: Scorecard) -> str:
    """Say whether the model is, or was, the one in production."""
    if one.training is None or one.training.promotion is None:
        return ""
    if one.in_production:
        return "in production"
    return "promoted, then replaced" if one.training.promotion.promoted else "not promoted"


def _gain(one: Scorecard) -> str:
    return "" if one.training is None else _points(one.training.gain)


def _points(gain: Interval) -> str:
    points = [f"{100 * value:+.1f}" for value in (gain.estimate, gain.low, gain.high)]
    return f"{points[0]} points [{points[1]}, {points[2]}]"


def _simulated() -> Markup:
    return tag(
        "p", "Labels of these versions are simulated, in part or all: do not take them for people's.", class_="note"
    )
