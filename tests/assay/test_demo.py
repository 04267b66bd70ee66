"""The demo, with a worker, Kafka and PostgreSQL killed in its midst; and the commands, on what it leaves running."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from infra.programs import MARK
from infra.settings import InfraSettings
from infra.stack import Stack
from schemas.verdicts import Reason

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1000)]

CHECKOUT = Path(__file__).resolve().parents[2]
SAMPLES = 3000
PATIENCE = 200.0


@dataclass(kw_only=True)
class Run:
    """A demo under way in a folder of its own, whose platform is left running."""

    var: Path
    process: subprocess.Popen[bytes]
    killed: dict[str, float] = field(default_factory=dict)

    @property
    def stack(self) -> Stack:
        """The demo's stack."""
        return Stack(InfraSettings(var=self.var / "demo", kafka_bootstrap=None, database_url=None))

    @property
    def told(self) -> str:
        """What the demo printed."""
        return (self.var / "demo.log").read_text()

    def kill(self, name: str) -> None:
        """Kill a program without warning."""
        pid = next(status.pid for status in self.stack.status() if status.name == name)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self.killed[name] = time.monotonic()

    def wait(self, what: str, done: Callable[[], bool]) -> None:
        """Wait for a moment of the demo; fail with its output if it ended before."""
        deadline = time.monotonic() + PATIENCE
        while not done():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{what} never came: {self.told}")
            time.sleep(0.05)

    def count(self, table: str) -> int:
        """Return how many rows a table has; none while the database is away."""
        try:
            with self.connection() as connection:
                return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 - our own names
        except DBAPIError:
            return 0

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Yield a connection to the demo's database, where the demo says that it is.

        A stack that is asked while another process starts it may take its ports for somebody else's, and choose others.
        """
        told = (self.var / "demo" / "stack.env").read_text()
        (url,) = re.findall(r"^ASSAY_DATABASE_URL='(.*)'$", told, re.MULTILINE)
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
        with engine.connect() as connection:
            yield connection

    def assay(self, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run a command on the demo's stack."""
        return subprocess.run(
            (sys.executable, "-m", "assay", *arguments),
            env={**os.environ, "ASSAY_VAR": str(self.var / "demo"), "COLUMNS": "200"},
            cwd=CHECKOUT,
            capture_output=True,
            input=given,
            timeout=120,
            check=False,
        )

    @property
    def report(self) -> dict[str, Any]:
        """The report that the demo left."""
        found: dict[str, Any] = json.loads((self.var / "demo" / "report.json").read_text())
        return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A demo in which a worker, Kafka and PostgreSQL were killed, each in mid-run."""
    var = tmp_path_factory.mktemp("demo")
    with (var / "demo.log").open("wb") as log:
        process = subprocess.Popen(
            (sys.executable, "-m", "assay", "demo", "--samples", str(SAMPLES), "--keep"),
            env={**os.environ, "ASSAY_VAR": str(var)},
            cwd=CHECKOUT,
            stdout=log,
            stderr=log,
        )
    run = Run(var=var, process=process)
    try:
        run.wait("the start", (var / "demo" / "stack.env").exists)
        run.wait("screening", lambda: run.count("receipts") > 0)
        run.kill("worker-screen")
        run.kill("worker-keep")
        run.wait("labeling", lambda: run.count("labels") > 0)
        run.kill("kafka")
        run.wait("the first version", lambda: run.count("dataset_versions") > 0)
        run.wait("more labels", lambda: run.count("guidelines") > 1)
        run.kill("postgres")
        process.wait(3 * PATIENCE)  # labels, two more versions, and between them the loop
        yield run
    finally:
        process.kill()
        run.stack.stop()


def test_a_demo_with_everything_killed_in_its_midst_succeeds(run: Run) -> None:
    """Nothing was lost: the audit is ok and every planted fault was caught."""
    assert set(run.killed) == {"worker-screen", "worker-keep", "kafka", "postgres"}
    assert run.process.returncode == 0, run.told
    assert (run.report["audit"], run.report["verified"]) == ("ok", "ok")
    assert all(catch["caught"] == catch["planted"] > 0 for catch in run.report["faults"].values())


def test_the_report_adds_up(run: Run) -> None:
    """Its figures come from ledger, queue and releases, and so must agree."""
    report = run.report
    planted = sum(catch["planted"] for catch in report["faults"].values())
    later = sum(report["loop"][part]["records"] for part in ("calm", "changed"))
    assert report["produced"] == SAMPLES + planted + later
    assert report["produced"] == report["accepted"] + report["rejected"] + report["duplicate"]
    assert (report["accepted"], report["good_not_accepted"]) == (SAMPLES + later, 0)
    assert report["labels"] >= 2 * report["settled"] > 0
    assert set(report["selected_by_reason"]) == set(Reason)
    assert [version["name"] for version in report["versions"]] == ["v1", "v2", "v3"]
    for version in report["versions"]:
        assert version["accuracy"]["low"] < version["accuracy"]["estimate"] < version["accuracy"]["high"]
        assert (len(version["content_hash"]), version["rows"] >= 100) == (64, True)


def test_better_data_made_the_same_model_better(run: Run) -> None:
    """By more than chance: the second version's interval lies above what the gold seed alone reaches."""
    first, second, _ = run.report["versions"]
    assert first["baseline"] == "gold seed"
    assert second["accuracy"]["low"] > first["baseline_accuracy"]["estimate"]


def test_the_loop_is_closed_on_a_slice_that_changed(run: Run) -> None:
    """Starved, then shifted: the alarm names it, labels confirm it, and the next model certainly errs less on it."""
    loop = run.report["loop"]
    assert loop["alarm"]["slice"] == f"{loop['column']} = {loop['value']}" == "attributes.feed = tray"
    assert (loop["alarm"]["state"], loop["state"]) == ("confirmed", "closed by version 3")
    assert loop["bought"]["settled"] >= 10
    assert loop["selected"] >= loop["wanted"] > 0
    assert loop["rows"] > loop["starved_rows"]
    assert loop["held_out"]["gain"]["low"] > 0
    shown = " ".join(run.assay("slices", "show").stdout.decode().split())
    assert "attributes.feed" in shown


def test_whatever_shows_simulated_labels_says_so(run: Run) -> None:
    """The report, the guideline's new text, and every row of the release."""
    assert "labelers" in run.report["simulated"]
    with run.connection() as connection:
        names = connection.scalars(text("SELECT name FROM labelers")).all()
        body = connection.scalar(text("SELECT body FROM guidelines WHERE version = 2"))
    assert [name for name in names if not name.startswith("simulated-")] == []
    assert body is not None
    assert "simulated" in body


def test_status_shows_services_lag_queue_and_the_last_audit(run: Run) -> None:
    """All of it in one look."""
    shown = run.assay("status").stdout.decode()
    for word in ("kafka", "postgres", "worker-screen", "airflow-scheduler", "RUNNING", "Labeling queue", "Last audit"):
        assert word in shown


def test_status_judges_the_rules_that_some_rows_may_break(run: Run) -> None:
    """Over the last frames, from the tallies in their receipts."""
    shown = run.assay("status").stdout.decode()
    told = " ".join(shown.split())
    assert re.search(
        r"expect_column_values_to_be_between on ink: \d+ of \d+ rows keep it \(\d+\.\d%\), 90\.0% wanted", told
    )


def test_a_file_of_garbage_is_published_rejected_and_accounted_for(run: Run) -> None:
    """A producer may send anything; nothing of it is lost, and nothing of it breaks the stream."""
    garbage = b'{"contract": 1}\n\xff\xfe\x00\n[[[[\n"\\ud800"\n{"contract": 1e999}\n' + b"x" * 100_000 + b"\n"
    published = run.assay("produce", "-", given=garbage)
    assert (published.returncode, b"Published 6 records" in published.stdout) == (0, True)
    deadline = time.monotonic() + 60
    while (audited := run.assay("audit")).returncode and time.monotonic() < deadline:
        time.sleep(0.5)
    told = audited.stdout.decode()
    assert (audited.returncode, f"{run.report['rejected'] + 6} rejected" in told) == (0, True), told


def test_dataset_commands_show_versions_and_what_changed(run: Run) -> None:
    """With the fixed model's accuracy, and the difference by cause."""
    listed, shown = run.assay("dataset", "list").stdout.decode(), run.assay("dataset", "show").stdout.decode()
    assert run.report["versions"][0]["content_hash"][:12] in listed
    assert "Since version 2" in shown


def test_guideline_commands_show_versions_what_changed_and_what_it_did(run: Run) -> None:
    """Of the pair that the lead settled."""
    shown, changed, did = (run.assay("guideline", name).stdout.decode() for name in ("show", "diff", "effect"))
    one, other = run.report["guideline"]["settles"][0]
    assert "Guideline version 2" in shown
    assert f"settled: {one!r} or {other!r}" in changed
    assert f"+## {one} or {other}" in changed
    assert f"Version 2 had {run.report['guideline']['tasks_reopened']} tasks labeled anew" in " ".join(did.split())


def test_a_labeler_is_added_with_a_token_that_works(run: Run) -> None:
    """It is printed once, alone on its line."""
    added = run.assay("labeler", "add", "grace").stdout.decode()
    again = run.assay("labeler", "add", "grace")
    assert "grace may label now" in added
    assert (again.returncode, b"Traceback" in again.stderr) == (1, False)


def test_down_leaves_nothing_running(run: Run) -> None:
    """Not even what the kills left behind."""
    assert run.assay("down").returncode == 0
    assert [process for process in psutil.process_iter() if _belongs(process, run.var / "demo")] == []


def _belongs(process: psutil.Process, var: Path) -> bool:
    try:
        return process.environ().get(MARK) == str(var)
    except psutil.Error:
        return False
