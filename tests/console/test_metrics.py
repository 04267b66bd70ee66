"""Metrics: each documented, each scraped, and the dashboard asks for no other."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from console.metrics import METRICS
from console.testing import Site
from storage.labelers import register
from streams.metrics import WorkerMetrics

CHECKOUT = Path(__file__).resolve().parents[2]
DOCUMENTED = set(re.findall(r"^\| `(assay_\w+)`", (CHECKOUT / "docs" / "metrics.md").read_text("utf-8"), re.MULTILINE))
LAG = "assay_worker_lag_records"


def of_workers() -> set[str]:
    """Return the metrics of a worker, as Prometheus names them."""
    families = WorkerMetrics("zoo", "screen").registry.collect()
    return {f"{one.name}_total" if one.type == "counter" else one.name for one in families} | {LAG}


def test_every_metric_is_documented() -> None:
    """And nothing else is."""
    assert METRICS.keys() | of_workers() == DOCUMENTED


def test_a_token_scrapes_what_the_stores_say(site: Site) -> None:
    """Nobody else does; what is not known yet is left out."""
    assert httpx.get(f"{site.url}/metrics").status_code == 401
    token = register(site.engine, site.project.name, "prometheus", simulated=True)
    reply = httpx.get(f"{site.url}/metrics", headers={"Authorization": f"Bearer {token}"})
    found: dict[str, Any] = {one.name: one for one in text_string_to_metric_families(reply.text)}
    assert found.keys() <= METRICS.keys()
    assert {sample.labels["status"]: sample.value for sample in found["assay_tasks"].samples} == {
        "open": 0.0,
        "settled": 0.0,
        "expert": 0.0,
    }
    assert "assay_dataset_version" not in found


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    """In every panel, and by every name."""
    dashboard = json.loads((CHECKOUT / "infra" / "grafana" / "assay.json").read_text("utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    named = {name for expression in asked for name in re.findall(r"assay_\w+", expression)}
    histograms = {f"assay_worker_screen_seconds_{end}" for end in ("bucket", "sum", "count")}
    assert named - METRICS.keys() - of_workers() - histograms == set()
    assert all("assay_" in expression for expression in asked)
