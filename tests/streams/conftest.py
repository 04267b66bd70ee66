"""A screening line of its own for a test: project, topics, database, lake, and workers that can be killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition
from pydantic import SecretStr
from sqlalchemy import Engine

from examples.digits.simulation import SIMULATION
from examples.simulation.faults import Production
from quality.frames import Frame
from quality.ledger import AuditReport
from storage import guidelines
from storage.lake import Lake
from storage.projects import Project, read_project
from storage.settings import StorageSettings
from storage.testing import fresh_engine
from streams.audit import run_audit
from streams.producer import SampleProducer
from streams.topics import ensure_topics, offsets, record_of

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0


@dataclass(kw_only=True)
class Line:
    """A project on the shared broker; its workers are processes."""

    project: Project
    bootstrap: str
    storage: StorageSettings
    engine: Engine
    lake: Lake
    log: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def publish(self, records: Sequence[Production]) -> list[tuple[int, int]]:
        """Publish and return partition and offset of each."""
        with SampleProducer(self.project.config.name, bootstrap=self.bootstrap) as producer:
            for record in records:
                producer.send_bytes(record.value, key=record.key)
            return producer.flush()

    def start(self, role: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start a worker process."""
        environment = {
            "ASSAY_KAFKA_BOOTSTRAP": self.bootstrap,
            "ASSAY_DATABASE_URL": self.storage.database_url.get_secret_value(),
            "ASSAY_LAKE": self.storage.lake,
            "ASSAY_PROJECT": str(self.project.folder),
            **variables,
        }
        with self.log.open("ab") as output:
            worker = subprocess.Popen(
                (sys.executable, "-m", "streams", role),
                env=os.environ | environment,
                cwd=CHECKOUT,
                stdout=output,
                stderr=output,
            )
        self.workers.append(worker)
        return worker

    def audit(self) -> AuditReport:
        """Audit the project."""
        return run_audit(self.project, bootstrap=self.bootstrap, engine=self.engine, lake=self.lake)

    def audited(self) -> AuditReport:
        """Return the first audit that is ok, or the last one when patience ends."""
        self.wait(lambda: self.audit().ok)
        return self.audit()

    def wait(self, done: Callable[[], bool]) -> None:
        """Wait until `done`, or until patience ends: what is expected is then found wanting."""
        deadline = time.monotonic() + PATIENCE
        while not done() and time.monotonic() < deadline:
            time.sleep(0.2)

    def read(self, topic: str) -> list[Any]:
        """Return the topic's records, by partition and offset."""
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, isolation_level="read_committed")
        places = [TopicPartition(topic, number) for number in offsets(self.bootstrap, topic)]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        found: list[Any] = []
        while any(consumer.position(at) < ends[at] for at in places):
            found += [record for batch in consumer.poll(timeout_ms=1000).values() for record in batch]
        consumer.close()
        return sorted(found, key=lambda record: (record.partition, record.offset))

    def frames(self, topic: str = "") -> dict[int, Frame]:
        """Return the records of each partition of a topic, the samples' if none is named, as one frame."""
        topic = topic or self.project.topics.samples
        found = self.read(topic)
        return {
            number: Frame.of(topic, number, [record_of(each) for each in found if each.partition == number])
            for number in sorted({record.partition for record in found})
        }

    def stop(self) -> None:
        """Kill what still runs."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGKILL)
            worker.wait(10)


@contextmanager
def opened_line(stack: Any, folder: Path) -> Iterator[Line]:
    """Make a line in `folder`; kill its workers at the end."""
    name = f"digits-{uuid4().hex[:8]}"
    shutil.copytree(CHECKOUT / "examples" / "digits", folder / "project")
    file = folder / "project" / "project.toml"
    file.write_text(file.read_text().replace('name = "digits"', f'name = "{name}"'))
    project = read_project(folder / "project")
    with ExitStack() as resources:
        engine = resources.enter_context(fresh_engine(stack.database_url))
        storage = StorageSettings(
            database_url=SecretStr(engine.url.render_as_string(hide_password=False)), lake=str(folder / "lake")
        )
        guidelines.ensure(engine, name, project.guideline, project.config.labels.classes)
        ensure_topics(stack.kafka_bootstrap, project.topics, partitions=project.config.partitions)
        lake = resources.enter_context(Lake.open(storage))
        lake.ensure(name)
        line = Line(
            project=project,
            bootstrap=stack.kafka_bootstrap,
            storage=storage,
            engine=engine,
            lake=lake,
            log=folder / "workers.log",
        )
        resources.callback(line.stop)
        yield line


@pytest.fixture
def line(stack: Any, tmp_path: Path) -> Iterator[Line]:
    """A line of the test's own."""
    with opened_line(stack, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_line(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """A line that the tests of a module share."""
    with opened_line(stack, tmp_path_factory.mktemp("line")) as opened:
        yield opened


@pytest.fixture(scope="session")
def records() -> list[Production]:
    """A small production with every kind of fault."""
    return SIMULATION.production(3, 600)
