"""What the demo reports, as JSON and as a table."""

from collections.abc import Mapping
from typing import Literal

from rich.table import Table

from assay.demo.faults import Catch
from assay.demo.loop_report import LoopReport, loop_told
from assay.demo.tail import TailReport
from catalog.evaluation import TrainingReport
from labeling.revision import Agreement, Effect
from quality.intervals import Interval
from quality.ledger import Fault as LedgerFault
from schemas.verdicts import Event, Reason


class VersionReport(Event):
    """One dataset version, and what the fixed model reached on it: accuracy on the gold test set, with 95 %.

    `promotion` says whether that model took the place of the one before, and why.
    """

    name: str
    rows: int
    content_hash: str
    trained_on: int
    accuracy: Interval
    baseline: str
    baseline_accuracy: Interval
    gain: Interval
    promotion: str


class GuidelineReport(Event):
    """What the guideline's revision settled: how many tasks it had labeled anew, and what it did to agreement."""

    version: int
    settles: tuple[tuple[str, str], ...]
    tasks_reopened: int
    effect: Effect


class DemoReport(Event):
    """The whole run. Labelers are simulated, and so is production, from what is `real` (README)."""

    project: str
    real: str
    simulated: tuple[str, ...] = ("labelers", "production stream", "planted faults")
    seed: int
    produced: int
    accepted: int
    rejected: int
    duplicate: int
    faults: dict[str, Catch]
    good_not_accepted: int
    selected: int
    selected_by_reason: dict[Reason, int]
    tail: TailReport
    labels: int
    settled: int
    adjudicated: int
    guideline: GuidelineReport
    versions: tuple[VersionReport, ...]
    loop: LoopReport | None
    verified: Literal["ok"] | tuple[str, ...]
    audit: Literal["ok"] | tuple[LedgerFault, ...]
    seconds: dict[str, float]

    @property
    def ok(self) -> bool:
        """Whether the audit holds, versions are what their manifests say, faults were caught, and the loop closed."""
        sound = self.audit == "ok" and self.verified == "ok" and (self.loop is None or self.loop.ok)
        return sound and all(catch.caught == catch.planted for catch in self.faults.values())


def version_report(name: str, rows: int, content_hash: str, training: TrainingReport) -> VersionReport:
    """Return a version's report."""
    return VersionReport(
        name=name,
        rows=rows,
        content_hash=content_hash,
        trained_on=training.train,
        accuracy=training.accuracy,
        baseline=training.baseline,
        baseline_accuracy=training.baseline_accuracy,
        gain=training.gain,
        promotion=training.promotion.why if training.promotion else "",
    )


def told(report: DemoReport) -> Table:
    """Return the story as a table."""
    table = Table(title="What happened", show_header=False, title_justify="left")
    looped = loop_told(report.loop) if report.loop else {}
    for name, text in {**_stream(report), **_labels(report), **_versions(report), **looped}.items():
        table.add_row(name, text)
    rebuilt = "ok: rebuilt from their manifests, the same bytes"
    table.add_row("versions", rebuilt if report.verified == "ok" else f"BROKEN: {'; '.join(report.verified)}")
    table.add_row("audit", "ok: every offset accounted for" if report.audit == "ok" else f"BROKEN: {report.audit}")
    table.add_row("seconds", ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in report.seconds.items()))
    return table


def _stream(report: DemoReport) -> Mapping[str, str]:
    faults = "\n".join(f"{catch.caught} of {catch.planted} {fault}" for fault, catch in report.faults.items())
    reasons = ", ".join(f"{reason} {count}" for reason, count in report.selected_by_reason.items())
    tail = report.tail
    return {
        "published": f"{report.produced} samples ({report.real}; the stream is simulated)",
        "screened": f"{report.accepted} accepted, {report.rejected} rejected, {report.duplicate} duplicates",
        "planted faults caught": faults,
        "good records not accepted": str(report.good_not_accepted),
        "selected for labeling": f"{report.selected} ({reasons}; some for several reasons)",
        f"of the rarest class, {tail.rarest}": (
            f"{tail.selected} of {tail.accepted} selected: {_interval(tail.recall)}, where a uniform draw of as many "
            f"samples finds {tail.uniform:.3f}"
        ),
    }


def _labels(report: DemoReport) -> Mapping[str, str]:
    guideline = report.guideline
    pairs = ", ".join(" / ".join(pair) for pair in guideline.settles)
    return {
        "labels by simulated labelers": (
            f"{report.labels} labels, {report.settled} tasks settled, {report.adjudicated} of them by a simulated "
            "lead, who is always right"
        ),
        f"guideline version {guideline.version}": (
            f"settles {pairs}; {guideline.tasks_reopened} tasks labeled anew; of fresh tasks with either "
            f"{_agreement(guideline.effect.fresh_before)} -> {_agreement(guideline.effect.fresh_after)}"
        ),
    }


def _versions(report: DemoReport) -> Mapping[str, str]:
    return {
        f"dataset {version.name}": (
            f"{version.rows} rows, content {version.content_hash[:12]}; the fixed model on gold: "
            f"{_interval(version.accuracy)}, gain over {version.baseline} {_interval(version.gain)}; "
            f"{version.promotion}"
        )
        for version in report.versions
    }


def _interval(value: Interval) -> str:
    return f"{value.estimate:.3f} [{value.low:.3f}, {value.high:.3f}]"


def _agreement(value: Agreement) -> str:
    alpha = "-" if value.alpha is None else f"{value.alpha:.2f}"
    return f"{value.disputed.estimate:.1%} of {value.tasks} disputed (alpha {alpha})"
