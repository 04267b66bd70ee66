"""What Prometheus scrapes of a worker: what it has screened and kept, how fast, and how far behind it is."""

from collections import Counter as Counted
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from quality.screening import Outcome
from schemas.errors import InputError

# Bounds of the time that a frame takes, in seconds: from a frame of one record to one of thousands.
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

# Records that a worker has still to do, by topic and partition.
Lags = Callable[[], Mapping[tuple[str, int], int]]


class WorkerMetrics:
    """The metrics of one worker, in a registry of its own; `docs/metrics.md` lists them."""

    def __init__(self, project: str, role: str) -> None:
        self.registry = CollectorRegistry()
        self._own = {"project": project, "role": role}
        self._labelled: dict[Any, Any] = {}
        self._records = self._counter("assay_worker_records", "Records of the topics that the worker reads.", "topic")
        self._frames = self._counter("assay_worker_frames", "Frames of the topics that the worker reads.", "topic")
        self._dispositions = self._counter(
            "assay_worker_dispositions", "Records screened, by where they ended.", "disposition"
        )
        self._selected = self._counter("assay_worker_selected", "Accepted samples that were selected for labeling.")
        self._broken = self._counter("assay_worker_rule_hits", "Rules broken by rejected records.", "rule")
        self._seconds = Histogram(
            "assay_worker_screen_seconds",
            "Time that screening a frame takes.",
            ("project", "role"),
            registry=self.registry,
            buckets=BOUNDS,
        )

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(name, told, ("project", "role", *labels), registry=self.registry)

    def _of(self, metric: Any, *labels: str) -> Any:
        """Return a metric with labels; they are looked up once, as each frame counts."""
        key = metric, labels
        if key not in self._labelled:
            self._labelled[key] = metric.labels(*self._own.values(), *labels)
        return self._labelled[key]

    def took(self, topic: str, records: int) -> None:
        """Count a frame that was handed to an agent."""
        self._of(self._frames, topic).inc()
        self._of(self._records, topic).inc(records)

    def screened(self, outcome: Outcome, seconds: float) -> None:
        """Count what a frame turned into."""
        dispositions = Counted[str]()
        for run in outcome.receipt.runs:
            dispositions[run.disposition] += run.count
        for disposition, count in dispositions.items():
            self._of(self._dispositions, disposition).inc(count)
        for rule, count in Counted(
            one.rule for letter in outcome.rejected.values() for one in letter.violations
        ).items():
            self._of(self._broken, rule).inc(count)
        self._of(self._selected).inc(len(outcome.tasks))
        self._of(self._seconds).observe(seconds)

    def serve(self, host: str, port: int, lags: Lags) -> None:
        """Serve them at `/metrics`, in a thread that ends with the process; `lags` is asked at each scrape.

        Raises:
            InputError: another program has the port.
        """
        self.registry.register(_Lag(self._own, lags))
        try:
            start_http_server(port, host, self.registry)
        except OSError as error:
            raise InputError(
                f"ASSAY_METRICS_PORT={port} cannot be served on {host}: {error}. Choose another."
            ) from error


class _Lag(Collector):
    """How far behind the worker is, asked when somebody scrapes."""

    def __init__(self, own: Mapping[str, str], lags: Lags) -> None:
        self._own, self._lags = own, lags

    def collect(self) -> Iterator[Any]:
        """Yield the lag of each partition that the worker has."""
        told = "Records that the worker has still to do."
        family = GaugeMetricFamily("assay_worker_lag_records", told, labels=(*self._own, "topic", "partition"))
        for (topic, partition), records in self._lags().items():
            family.add_metric((*self._own.values(), topic, str(partition)), records)
        yield family

    def describe(self) -> Iterator[Any]:
        """Say nothing before there is a consumer to ask."""
        return iter(())
