"""Retrain the project's fixed model on each dataset version, and report what the version gained."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert as upsert

from catalog.evaluation import TrainingReport, accuracy, answers_of, by_class, gain
from catalog.table import payloads
from catalog.twins import TRAIN
from labeling.kinds import kind_of
from schemas.answers import AnswerKind
from storage.database import lost_connections_named, open_engine
from storage.projects import Project
from storage.releases import Release, list_versions, read_split, version_before
from storage.settings import StorageSettings
from storage.tables import TrainingRow

GOLD_SEED = "gold seed"


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """What one model is trained on; `name` says where it came from, labels are as trainers take them."""

    name: str
    payloads: Sequence[Mapping[str, Any]]
    labels: Sequence[Any]
    simulated: int = 0


def retrain(project: Project, settings: StorageSettings) -> list[TrainingReport]:
    """Train on each version that has no report yet, oldest first; store the reports and return them.

    A model is trained on the gold seed and the version's train split, and compared with one trained on the gold seed
    and the version before, or, where there is none or it is of another contract, on the gold seed alone: what changes
    between two trainings is the version. Versions of another contract than the current one are passed over, since
    trainer and gold samples are the current one's.
    """
    with ExitStack() as stack:
        engine = open_engine(settings)
        stack.callback(engine.dispose)
        return [_trained(engine, settings, project, release) for release in _untrained(engine, project)]


def _untrained(engine: Engine, project: Project) -> list[Release]:
    name, contract = project.config.name, project.config.contract.current
    versions = [each for each in list_versions(engine, name) if each.governing.contract == contract]
    return [each for each in versions if find_report(engine, name, each.version) is None]


def _trained(engine: Engine, settings: StorageSettings, project: Project, release: Release) -> TrainingReport:
    released, baseline = _released(settings, project, release), _baseline(engine, settings, project, release)
    return _store(engine, evaluate(project, release, released, baseline))


def evaluate(project: Project, release: Release, trained: TrainingSet, baseline: TrainingSet) -> TrainingReport:
    """Return the report on a model trained on `trained`; both are judged on the project's gold test set."""
    kind, same = project.config.labels.kind, kind_of(project.config.labels).same
    test, gold = project.trainer.gold_test()
    truth = answers_of(gold, kind)
    predicted, before = (
        answers_of(project.trainer.train(one.payloads, one.labels).predict(test), kind) for one in (trained, baseline)
    )
    return TrainingReport(
        project=release.project,
        version=release.version,
        baseline=baseline.name,
        train=len(trained.labels),
        test=len(truth),
        simulated=trained.simulated,
        accuracy=accuracy(truth, predicted, same),
        baseline_accuracy=accuracy(truth, before, same),
        gain=gain(truth, predicted, before, same),
        classes={} if kind is AnswerKind.TEXT else by_class(answers_of(trained.labels, kind), truth, predicted),
    )


@lost_connections_named()
def find_report(engine: Engine, project: str, version: int) -> TrainingReport | None:
    """Return what training on a version came to, if it was trained on."""
    found = select(TrainingRow.report).where(TrainingRow.project == project, TrainingRow.version == version)
    with engine.connect() as connection:
        body = connection.scalar(found)
    return None if body is None else TrainingReport.model_validate(body)


def _released(settings: StorageSettings, project: Project, release: Release) -> TrainingSet:
    data, seed = read_split(settings, release, TRAIN), _seed(project)
    return TrainingSet(
        name=f"version {release.version}",
        payloads=[*seed.payloads, *payloads(data)],
        labels=[*seed.labels, *data.column("label").to_pylist()],
        simulated=sum(data.column("simulated").to_pylist()),
    )


def _seed(project: Project) -> TrainingSet:
    samples, labels = project.trainer.gold_seed()
    return TrainingSet(name=GOLD_SEED, payloads=samples, labels=labels)


def _baseline(engine: Engine, settings: StorageSettings, project: Project, release: Release) -> TrainingSet:
    before = version_before(engine, release)
    if before is not None and before.governing.contract == release.governing.contract:
        return _released(settings, project, before)
    return _seed(project)


@lost_connections_named()
def _store(engine: Engine, report: TrainingReport) -> TrainingReport:
    """Keep the report, unless somebody was faster; return the one that is kept."""
    row = {"project": report.project, "version": report.version, "report": report.model_dump(mode="json")}
    with engine.begin() as connection:
        connection.execute(upsert(TrainingRow).values(row).on_conflict_do_nothing())
    return find_report(engine, report.project, report.version) or report
