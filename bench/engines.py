"""The engines that are measured: each a worker process that reads one topic and sends each record on."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from assay.platform import prepare
from infra.testing import RunningStack
from schemas.topics import Topics
from storage.projects import Project, read_project
from storage.settings import StorageSettings
from storage.testing import fresh_engine

CHECKOUT = Path(__file__).resolve().parents[1]
LINE = Path(__file__).parent / "line"
PEERS = {
    "faust": (sys.executable, "-m", "bench.peers.faust_agent"),
    "quix": (str(CHECKOUT / ".venv-bench" / "bin" / "python"), "-m", "bench.peers.quix"),
    "bare": (sys.executable, "-m", "bench.peers.bare"),
}
# With `spread` the same worker, its Python threads on any processor; with `stages` one with a clock on each stage.
OURS = {
    "assay": (sys.executable, "-m", "streams", "screen"),
    "spread": (sys.executable, "-m", "streams", "screen"),
    "stages": (sys.executable, "-m", "bench.stages"),
}
SETTINGS = {"spread": {"ASSAY_ONE_PROCESSOR": "false"}}
ENGINES = ("assay", "spread", *PEERS)
STOP_SECONDS = 15


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A running stack with the project's topics; what engines write goes to topics that all of them share."""

    stack: RunningStack
    project: Project
    log: Path

    @property
    def topics(self) -> Topics:
        """The project's topics."""
        return self.project.topics

    @property
    def outputs(self) -> tuple[str, str]:
        """The topics of which an engine writes one record for each that it read."""
        return self.topics.accepted, self.topics.rejected

    @contextmanager
    def workers(self, engine: str, count: int = 1, **settings: str) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
        """Run fresh workers of an engine, which have seen nothing yet, until the block ends."""
        if engine in OURS:
            with self._storage() as variables:
                yield from self._run(OURS[engine], {**variables, **SETTINGS.get(engine, {}), **settings}, count)
        else:
            group = f"{engine}-{uuid4().hex[:8]}"
            variables = {
                "BENCH_BOOTSTRAP": self.stack.kafka_bootstrap,
                "BENCH_GROUP": group,
                "BENCH_SAMPLES": self.topics.samples,
                "BENCH_ACCEPTED": self.topics.accepted,
                "BENCH_REJECTED": self.topics.rejected,
            }
            yield from self._run(PEERS[engine], variables, count)

    @contextmanager
    def _storage(self) -> Iterator[Mapping[str, str]]:
        """Make an empty database with the project's tables."""
        with fresh_engine(self.stack.database_url) as engine:
            url = engine.url.render_as_string(hide_password=False)
            yield {
                "ASSAY_KAFKA_BOOTSTRAP": self.stack.kafka_bootstrap,
                "ASSAY_DATABASE_URL": url,
                "ASSAY_LAKE": str(self.stack.var / "lake"),
                "ASSAY_PROJECT": str(LINE),
            }

    def _run(
        self, command: Sequence[str], variables: Mapping[str, str], count: int
    ) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
        with self.log.open("ab") as output:
            workers = [
                subprocess.Popen(command, env=os.environ | variables, cwd=CHECKOUT, stdout=output, stderr=output)
                for _ in range(count)
            ]
        try:
            yield workers
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                try:
                    worker.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    worker.kill()
                    worker.wait()


def prepared(stack: RunningStack) -> Bench:
    """Return the bench's project on a running stack, its topics made."""
    project = read_project(LINE)
    with fresh_engine(stack.database_url) as engine:
        storage = StorageSettings(
            database_url=SecretStr(engine.url.render_as_string(hide_password=False)), lake=str(stack.var / "lake")
        )
        prepare(project, storage=storage, bootstrap=stack.kafka_bootstrap)
    return Bench(stack=stack, project=project, log=stack.var / "workers.log")
