"""A typed client of Airflow's REST API: trigger, watch, explain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import httpx

from infra.errors import AirflowError

TIMEOUT_S = 30.0
PAGE = 100


class RunState(StrEnum):
    """How a DAG run stands; Airflow's words."""

    QUEUED = "queued"  # accepted, no task started
    RUNNING = "running"  # some task started
    SUCCESS = "success"  # every task that matters succeeded
    FAILED = "failed"  # some task that matters failed

    @property
    def is_final(self) -> bool:
        """Whether it will not change any more by itself."""
        return self in {RunState.SUCCESS, RunState.FAILED}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a DAG."""

    dag_id: str
    run_id: str
    state: RunState
    kind: str  # manual, scheduled, asset_triggered, backfill
    queued_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    conf: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Health:
    """Which of Airflow's parts have given a sign of life lately."""

    database: bool
    scheduler: bool
    dag_processor: bool


class Airflow:
    """Airflow at one address; a user and a password in the URL are exchanged for a token.

    Every call raises AirflowError when Airflow refuses or does not answer.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._login = {"username": parts.username, "password": parts.password} if parts.username else None
        host = parts.netloc.rpartition("@")[2]
        self.url = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
        # Not through a proxy: the embedded Airflow is on loopback.
        self._http = httpx.Client(base_url=self.url, timeout=TIMEOUT_S, trust_env=self._login is not None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def health(self) -> Health:
        """Return which parts are alive."""
        body = self._call("GET", "/monitor/health")
        return Health(
            database=body["metadatabase"]["status"] == "healthy",
            scheduler=body["scheduler"]["status"] == "healthy",
            dag_processor=body["dag_processor"]["status"] == "healthy",
        )

    def dag_files(self) -> frozenset[str]:
        """Return the files whose DAGs Airflow knows, or knows to be broken."""
        dags = self._call("GET", "/dags", params={"limit": PAGE})["dags"]
        return frozenset({str(dag["fileloc"]) for dag in dags} | set(self.broken_files()))

    def broken_files(self) -> dict[str, str]:
        """Return the DAG files that cannot be imported, with the traceback of each."""
        errors = self._call("GET", "/importErrors", params={"limit": PAGE})["import_errors"]
        return {str(error["filename"]): str(error["stack_trace"]) for error in errors}

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Start a run and return its id."""
        body = self._call("POST", f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": dict(conf or {})})
        return str(body["dag_run_id"])

    def run(self, dag_id: str, run_id: str) -> Run:
        """Return one run as it stands."""
        return _run(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}"))

    def run_state(self, dag_id: str, run_id: str) -> RunState:
        """Return how one run stands."""
        return self.run(dag_id, run_id).state

    def runs_of(self, dag_id: str, limit: int = PAGE) -> list[Run]:
        """Return the latest runs of a DAG, newest first; none if Airflow does not know the DAG yet."""
        query = {"limit": limit, "order_by": "-run_after"}
        try:
            body = self._call("GET", f"/dags/{dag_id}/dagRuns", params=query)
        except AirflowError as error:
            if _is_missing(error):
                return []
            raise
        return [_run(each) for each in body["dag_runs"]]

    def failed_tasks(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Return the failed task instances of a run, each with the text of its last log."""
        body = self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances", params={"limit": PAGE})
        failed = [task for task in body["task_instances"] if task["state"] == "failed"]
        return {_task_name(task): self.task_logs(dag_id, run_id, task) for task in failed}

    def task_logs(self, dag_id: str, run_id: str, task: Mapping[str, Any]) -> str:
        """Return the log of a task instance's last try, a line for each event."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task['task_id']}/logs/{task['try_number']}"
        query = {"full_content": True, "map_index": task["map_index"]}
        return _log_text(self._call("GET", path, params=query)["content"])

    def _call(self, method: str, path: str, **options: Any) -> Any:
        try:
            if "Authorization" not in self._http.headers:
                self._authorize()
            answer = self._http.request(method, f"/api/v2{path}", **options)
            if answer.status_code == httpx.codes.UNAUTHORIZED:  # the token is a day old
                self._authorize()
                answer = self._http.request(method, f"/api/v2{path}", **options)
            answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            raise AirflowError(f"Airflow refused {method} {path}: {error.response.text[:500]}") from error
        except httpx.HTTPError as error:
            raise AirflowError(f"Airflow at {self.url} does not answer ({error}). Run: make status") from error
        return answer.json()

    def _authorize(self) -> None:
        answer = self._http.post("/auth/token", json=self._login) if self._login else self._http.get("/auth/token")
        answer.raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _is_missing(error: AirflowError) -> bool:
    cause = error.__cause__
    return isinstance(cause, httpx.HTTPStatusError) and cause.response.status_code == httpx.codes.NOT_FOUND


def _run(body: Mapping[str, Any]) -> Run:
    return Run(
        dag_id=body["dag_id"],
        run_id=body["dag_run_id"],
        state=RunState(body["state"]),
        kind=body["run_type"],
        queued_at=_time(body["queued_at"]),
        started_at=_time(body["start_date"]),
        ended_at=_time(body["end_date"]),
        conf=body["conf"] or {},
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _task_name(task: Mapping[str, Any]) -> str:
    mapped = int(task["map_index"])
    return str(task["task_id"]) if mapped < 0 else f"{task['task_id']}[{mapped}]"


def _log_text(content: Sequence[Mapping[str, Any] | str]) -> str:
    return "\n".join(_log_line(event) for event in content)


def _log_line(event: Mapping[str, Any] | str) -> str:
    if isinstance(event, str):
        return event
    details = "".join(f"\n    {error['exc_type']}: {error['exc_value']}" for error in event.get("error_detail") or ())
    return f"{event.get('timestamp') or ''} {event.get('event', '')}{details}".strip()
