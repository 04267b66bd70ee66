"""What Prometheus scrapes of a project: what the stores say of its stream, its labels and its datasets."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from console.access import Asking
from console.desk import Desk, OpenDesk
from console.problems import PROBLEMS
from quality.ledger import AuditReport
from storage import audits, drift_alarms, feedback
from storage.backlog import Backlog
from storage.gates import GateReport
from storage.mixing import Mix
from storage.pipeline import Pipeline
from storage.scorecards import Scorecard

router = APIRouter(responses=PROBLEMS)

# Each metric with what it says and the names of its labels; `docs/metrics.md` lists them.
METRICS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "assay_samples": ("Samples that reached a stage, or left the way.", ("stage",)),
    "assay_dead_letters": (
        "Dead letters by the rule that they broke, for each that they broke.",
        ("rule",),
    ),
    "assay_tasks": ("Tasks of the labeling queue by where they stand.", ("status",)),
    "assay_tasks_leased": ("Live leases on open tasks.", ()),
    "assay_tasks_selected": (
        "Tasks by the reason that they were selected for, for each.",
        ("reason",),
    ),
    "assay_labels": ("Labels that stand.", ()),
    "assay_routing_share": ("Share of the labeling budget that a reason gets.", ("reason",)),
    "assay_routing_hit_rate": ("Share of a reason's labels that changed something.", ("reason",)),
    "assay_agreement": ("Agreement of labelers, by the measure's name.", ("measure",)),
    "assay_feedback": ("Feedback from production by where it stands.", ("status",)),
    "assay_drift_alarms": ("Alarms of drift by where they stand.", ("state",)),
    "assay_gate_open": ("Whether the gate was open when it was asked last: 1 or 0.", ()),
    "assay_gate_mark": ("The four marks of good data, as the gate measured them last.", ("mark",)),
    "assay_dataset_version": ("Number of the last dataset version.", ()),
    "assay_dataset_rows": ("Rows of the last dataset version.", ()),
    "assay_dataset_age_seconds": ("Time since the last dataset version was published.", ()),
    "assay_model_accuracy": ("Accuracy on gold of the model that was trained on the last version.", ()),
    "assay_audit_ok": ("Whether the last audit accounted for every record: 1 or 0.", ()),
    "assay_audit_age_seconds": ("Time since the last audit.", ()),
}

Values = list[tuple[tuple[str, ...], float]]


@router.get("/metrics", response_class=Response)
async def metrics(desk: OpenDesk, _: Asking) -> Response:
    """Return the project's metrics in Prometheus' text format, to whoever is of the project: give it a token."""
    registry = CollectorRegistry()
    registry.register(_Gathered(desk.project.name, await gathered(desk, datetime.now(UTC))))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Gathered(Collector):
    """Values by metric, as Prometheus' library asks for them."""

    def __init__(self, project: str, values: Mapping[str, Values]) -> None:
        self._project, self._values = project, values

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield every metric that has a value."""
        for name, values in self._values.items():
            told, labels = METRICS[name]
            family = GaugeMetricFamily(name, told, labels=("project", *labels))
            for labeled, value in values:
                family.add_metric((self._project, *labeled), value)
            yield family


async def gathered(desk: Desk, now: datetime) -> dict[str, Values]:
    """Return what there is to say now; what is not known yet is left out."""
    overview, engine, name = desk.overview, desk.engine, desk.project.name
    said = await asyncio.to_thread(feedback.counts, engine, name)
    alarms = await asyncio.to_thread(drift_alarms.counts, engine, name)
    return {
        **_stream(await overview.pipeline.latest()),
        "assay_dead_letters": [((one.rule,), one.letters) for one in await overview.broken.latest()],
        **_queue(await overview.backlog.latest()),
        **_routing(await overview.mix.latest()),
        "assay_agreement": [
            ((one.name,), one.value.estimate) for one in (await overview.agreement.latest()).measures if one.value
        ],
        "assay_feedback": [((status,), count) for status, count in said.items()],
        "assay_drift_alarms": [((state,), count) for state, count in alarms.items()],
        **_gate(await overview.gate.latest()),
        **_datasets(await overview.scorecards.latest(), now),
        **_audit(await asyncio.to_thread(audits.last, engine, name), now),
    }


def _stream(found: Pipeline) -> dict[str, Values]:
    counts = {
        "produced": found.produced,
        "accepted": found.accepted,
        "rejected": found.rejected,
        "duplicate": found.duplicate,
        "selected": found.selected,
        "released": found.released,
    }
    return {
        "assay_samples": [((stage,), count) for stage, count in counts.items()],
        **_one("assay_labels", found.labels),
    }


def _queue(found: Backlog) -> dict[str, Values]:
    depths = found.depths
    counts = {"open": depths.open, "settled": depths.settled, "expert": depths.expert}
    return {
        "assay_tasks": [((status,), count) for status, count in counts.items()],
        **_one("assay_tasks_leased", depths.leased),
        "assay_tasks_selected": [((one.reason,), one.open + one.settled + one.expert) for one in found.reasons],
    }


def _routing(found: Mix) -> dict[str, Values]:
    return {
        "assay_routing_share": [((one.reason,), one.share) for one in found.reasons],
        "assay_routing_hit_rate": [((one.reason,), one.rate.estimate) for one in found.reasons if one.rate],
    }


def _gate(found: GateReport | None) -> dict[str, Values]:
    if found is None:
        return {}
    marks: Values = [((one.mark,), one.value) for one in found.marks if one.mark is not None and one.value is not None]
    return {**_one("assay_gate_open", found.open), "assay_gate_mark": marks}


def _datasets(found: Sequence[Scorecard], now: datetime) -> dict[str, Values]:
    if not found:
        return {}
    last = found[0]
    accuracy = {} if last.training is None else _one("assay_model_accuracy", last.training.accuracy.estimate)
    return {
        **_one("assay_dataset_version", last.version),
        **_one("assay_dataset_rows", last.rows),
        **_one("assay_dataset_age_seconds", (now - last.published_at).total_seconds()),
        **accuracy,
    }


def _audit(found: tuple[datetime, AuditReport] | None, now: datetime) -> dict[str, Values]:
    if found is None:
        return {}
    at, report = found
    return {**_one("assay_audit_ok", report.ok), **_one("assay_audit_age_seconds", (now - at).total_seconds())}


def _one(name: str, value: float) -> dict[str, Values]:
    return {name: [((), float(value))]}
