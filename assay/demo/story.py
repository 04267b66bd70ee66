"""The main job, once around: publish, screen, label, build, retrain; settle what was ambiguous; and again."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from assay.demo.airflow import build_and_retrain
from assay.demo.faults import Place, caught
from assay.demo.loop_report import LoopReport
from assay.demo.report import DemoReport, GuidelineReport, VersionReport, version_report
from assay.demo.script import Script
from assay.demo.stages import Stages, patiently, wait_for
from assay.demo.tail import tail
from assay.demo.team import Team
from assay.services import Services
from catalog import gate
from examples.simulation.faults import Production
from infra.airflow import Airflow
from labeling.guidelines import Pair
from labeling.revision import effect
from quality.ledger import AuditReport, audit, unaccounted
from schemas.errors import UnavailableError
from schemas.verdicts import Disposition, Receipt, Violation
from storage import audits, guidelines, outbox, queue, receipts, releases, votes
from storage.promotions import find_report
from streams.audit import run_audit
from streams.producer import SampleProducer

VIOLATIONS = TypeAdapter(tuple[Violation, ...])

# The first dataset version is built when so many per cent of the tasks are settled, or so many more that the gate will
# open; the second of all.
FIRST_ROUND, MORE, ALL = 20, 5, 100
# How long screening, labeling or a build may take before the demo gives up.
PATIENCE = 300.0


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A published guideline that settles one class pair, and how many tasks it reopened."""

    version: int
    pair: Pair
    reopened: int


@dataclass(kw_only=True)
class Story:
    """The demo on a running platform; it notes what the report tells, and `places` is where each record went."""

    services: Services
    stages: Stages
    team: Team
    airflow: Airflow
    scheduled: Future[None]
    script: Script
    places: dict[Place, Production] = field(default_factory=dict)
    adjudicated: int = 0
    revision: Revision | None = None
    versions: list[VersionReport] = field(default_factory=list)

    @property
    def project(self) -> str:
        """The project's name."""
        return self.services.project.config.name

    def day(self) -> None:
        """Tell of the first day: two versions, with a guideline's revision between them."""
        records = self.script.records
        with self.stages.stage("publish", "Producers publish samples to Kafka", len(records)) as done:
            done(self.publish(records))
        with self.stages.stage("screen", "Faust agents screen and route them", len(records)) as done:
            self.screened(done)
        with self.stages.stage("label_1", "Simulated labelers label over the REST API", self._tasks()) as done:
            self.label_first(done)
        with self.stages.stage("airflow", "Airflow is up (it started meanwhile)"):
            self.scheduled.result()
        self.build("v1")
        self.revision = self.revise()
        with self.stages.stage("label_2", "They label the rest, and anew what was ambiguous", self._tasks()) as done:
            self.label_percent(ALL, done)
        self.build("v2")

    def end(self, loop: LoopReport | None) -> DemoReport:
        """Prove that nothing was lost, and return the report."""
        with self.stages.stage("outbox", "Every label is published"):
            wait_for("publishing every label", lambda: outbox.depth(self.services.engine) == 0, seconds=PATIENCE)
        audited, differing = self.audit(), self.verify()
        return patiently("the report", lambda: self.report(loop, audited, differing), seconds=PATIENCE)

    def publish(self, records: Sequence[Production]) -> int:
        """Publish production, and remember where each record went; return how many were confirmed."""
        with SampleProducer(self.project, bootstrap=self.services.bootstrap) as producer:
            for record in records:
                producer.send_bytes(record.value, key=record.key)
            confirmed = producer.flush()
        self.places |= zip(confirmed, records, strict=True)
        return len(confirmed)

    def screened(self, done: Callable[[int], None]) -> None:
        """Wait until every record has its disposition, and is where that sends it; `done` is told how many have."""
        wait_for("screening every record", lambda: self._is_everywhere(done), seconds=PATIENCE)

    def label(self, *, until: Callable[[], bool]) -> None:
        """Have the team label until then."""
        self.adjudicated += self.team.label(until=until)

    def label_first(self, done: Callable[[int], None]) -> None:
        """Have the team label until a first version can be built: what labelers confuse is settled last.

        Nobody labels while the gate is asked: a label on its way might teach the consensus better, and shut it again.
        """
        for percent in range(FIRST_ROUND, ALL, MORE):
            self.label_percent(percent, done)
            if self._will_open():
                return
        self.label_percent(ALL, done)

    def label_percent(self, percent: int, done: Callable[[int], None]) -> None:
        """Have the team label until so many of the tasks are settled; `done` is told how many are."""
        self.label(until=lambda: 100 * self._settled(done) >= percent * self._tasks())

    def build(self, name: str) -> None:
        """Have Airflow build a dataset version, and the fixed model retrained on it by the dataset's asset."""
        with self.stages.stage(f"build_{name}", f"Airflow builds dataset {name}, whose asset starts the retraining"):
            build_and_retrain(self.airflow, seconds=PATIENCE)
        self.versions.append(patiently("the report", lambda: self._version(name), seconds=PATIENCE))

    def revise(self) -> Revision:
        """Have the lead settle the pair that the labelers confuse most; its tasks are labeled anew."""
        with self.stages.stage("revise", "The lead settles the most confused pair in guideline version 2"):
            pair, published = self.team.revise()
        return Revision(version=published["version"], pair=pair, reopened=published["reopened"])

    def audit(self) -> AuditReport:
        """Prove that nothing was lost."""
        services = self.services
        with self.stages.stage("audit", "The audit accounts for every offset"):
            return run_audit(services.project, bootstrap=services.bootstrap, engine=services.engine, lake=services.lake)

    def verify(self) -> list[str]:
        """Rebuild every version from its manifest; return what differs."""
        from storage.verifying import verify  # noqa: PLC0415 - seconds to import

        engine, lake, storage = self.services.engine, self.services.lake, self.services.storage
        with self.stages.stage("verify", "Every version is rebuilt from its manifest, and compared"):
            found = [verify(engine, lake, storage, release) for release in releases.list_versions(engine, self.project)]
        return [f"version {one.version}: {problem}" for one in found for problem in one.problems]

    def report(self, loop: LoopReport | None, audited: AuditReport, differing: Sequence[str]) -> DemoReport:
        """Return what is known at the end."""
        engine, topic = self.services.engine, self.services.project.topics.samples
        receipts_now = receipts.receipts_of(engine, topic)
        planted = {place: record.fault for place, record in self.places.items() if record.fault}
        return DemoReport(
            project=self.project,
            real=self.script.simulation.real,
            seed=self.script.seed,
            produced=audited.produced,
            accepted=audited.counts[Disposition.ACCEPTED],
            rejected=audited.counts[Disposition.REJECTED],
            duplicate=audited.counts[Disposition.DUPLICATE],
            faults=caught(planted, self._letters(), receipts_now),
            good_not_accepted=len(_not_accepted(receipts_now) - planted.keys()),
            selected=audited.selected,
            selected_by_reason=queue.selected_by_reason(engine, self.project),
            tail=tail({place: record.truth.answer for place, record in self.places.items()}, receipts_now),
            labels=votes.count(engine, self.project),
            settled=self.depths().settled,
            adjudicated=self.adjudicated,
            guideline=self._revised(),
            versions=tuple(self.versions),
            loop=loop,
            verified=tuple(differing) or "ok",
            audit="ok" if audited.ok else audited.faults,
            seconds=self.stages.seconds,
        )

    def _revised(self) -> GuidelineReport:
        assert self.revision  # noqa: S101 - the first day revises
        return GuidelineReport(
            version=self.revision.version,
            settles=(self.revision.pair,),
            tasks_reopened=self.revision.reopened,
            effect=effect(
                self.revision.version,
                votes.all_casts(self.services.engine, self.project),
                guidelines.history(self.services.engine, self.project),
                self.services.project.config.labels,
            ),
        )

    def _version(self, name: str) -> VersionReport:
        release = releases.get_version(self.services.engine, self.project)
        training = find_report(self.services.engine, self.project, release.version)
        if training is None:
            raise UnavailableError(f"Version {release.version} is not trained on yet.")
        return version_report(name, release.rows, release.content_hash, training)

    def _tasks(self) -> int:
        counts = patiently("the queue", self.depths, seconds=PATIENCE)
        return counts.open + counts.settled + counts.expert

    def depths(self) -> queue.Depths:
        """Return how many tasks stand where."""
        return queue.depths(self.services.engine, self.project)

    def _settled(self, done: Callable[[int], None]) -> int:
        """Return how many tasks are settled."""
        counts = self.depths()
        done(counts.settled)
        return counts.settled

    def _will_open(self) -> bool:
        """Say whether the gate would let a version pass that is built now."""
        from storage.building import foresee  # noqa: PLC0415 - seconds to import

        services = self.services
        results = patiently(
            "the gate", lambda: foresee(services.project, services.engine, services.lake), seconds=PATIENCE
        )
        return gate.is_open(results)

    def _is_everywhere(self, done: Callable[[int], None]) -> bool:
        """Say whether all is screened, and as much is kept as was accepted, rejected and selected."""
        engine, topic = self.services.engine, self.services.project.topics.samples
        ends: dict[int, int] = {}
        for partition, offset in self.places:
            ends[partition] = max(offset + 1, ends.get(partition, 0))
        found = receipts.receipts_of(engine, topic)
        missing = sum(last - first + 1 for each in unaccounted(ends, found).values() for first, last in each)
        done(len(self.places) - missing)
        if missing:
            return False
        kept = audits.kept(engine, self.services.lake, self.project, topic, ends)
        report = audit(topic, ends, found, kept, {})
        return (
            sum(len(each.archived) for each in kept.values()) >= report.counts[Disposition.ACCEPTED]
            and sum(len(each.dead_letters) for each in kept.values()) >= report.counts[Disposition.REJECTED]
            and sum(len(each.tasks) for each in kept.values()) >= report.selected
        )

    def _letters(self) -> dict[Place, Sequence[Violation]]:
        table = self.services.lake.dead_letters(self.project, ("partition", "offset", "violations"))
        return {
            (row["partition"], row["offset"]): VIOLATIONS.validate_json(row["violations"]) for row in table.to_pylist()
        }


def _not_accepted(found: Sequence[Receipt]) -> set[Place]:
    stopped = [(each.partition, run) for each in found for run in each.runs if run.disposition != Disposition.ACCEPTED]
    return {(partition, run.first + step) for partition, run in stopped for step in range(run.count)}
