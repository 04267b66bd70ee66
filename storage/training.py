"""Retrain the project's fixed model on each dataset version, and report what the version gained."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert as upsert

from catalog.evaluation import ClassReport, TrainingReport, answers_of, by_class
from catalog.gold import GoldTest, by_slice
from catalog.promotion import judge
from catalog.table import payloads
from catalog.twins import TRAIN
from catalog.worst import quotas_of
from labeling.kinds import kind_of
from schemas.answers import Answer, AnswerKind, ClassName
from schemas.routing import Steering
from storage.database import lost_connections_named, open_engine
from storage.projects import Project
from storage.promotions import find_report, promoted_before
from storage.references import remember
from storage.releases import Release, get_version, list_versions, read_split, version_before
from storage.settings import StorageSettings
from storage.steering import ask
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
    between two trainings is the version. It is promoted if it is not worse than the one in production: that of the last
    version before it that was promoted, or, where none was, the gold seed's. Versions of another contract than the
    current one are passed over, since trainer and gold samples are the current one's. Where the latest version's model
    is worst, labels are asked for.
    """
    reports = [train(project, settings, version) for version in untrained(project, settings)]
    ask_for_labels(project, settings)
    return reports


def untrained(project: Project, settings: StorageSettings) -> list[int]:
    """Return the versions of the current contract that have no report yet, oldest first."""
    name = project.config.name
    with _opened(settings) as engine:
        versions = [one.version for one in _versions(engine, project)]
        return [version for version in versions if find_report(engine, name, version) is None]


def train(project: Project, settings: StorageSettings, version: int) -> TrainingReport:
    """Train on a version, store the report and return it; where there is one already, that one.

    Keeps the sketches of what it was trained on too, with which the stream is compared.
    """
    with _opened(settings) as engine:
        found = find_report(engine, project.config.name, version)
        release = get_version(engine, project.config.name, version)
        return found or _trained(engine, settings, project, release)


def model_of(project: Project, settings: StorageSettings, version: int) -> Any:
    """Return the model of a version, trained anew: the one that its report is about, for whoever predicts with it."""
    with _opened(settings) as engine:
        trained = _released(settings, project, get_version(engine, project.config.name, version))
    return project.trainer.train(trained.payloads, trained.labels)


def ask_for_labels(project: Project, settings: StorageSettings) -> Steering | None:
    """Have routing look for labels where the model of the latest version is worst, once; None where it does already."""
    config = project.config
    with _opened(settings) as engine:
        reports = (find_report(engine, config.name, one.version) for one in reversed(_versions(engine, project)))
        report = next(filter(None, reports), None)
        if report is None:
            return None
        return ask(engine, config.name, report.version, quotas_of(report, config.retraining, config.labels.kind))


@contextmanager
def _opened(settings: StorageSettings) -> Iterator[Engine]:
    engine = open_engine(settings)
    try:
        yield engine
    finally:
        engine.dispose()


def _versions(engine: Engine, project: Project) -> list[Release]:
    """Return the versions of the current contract, those first whose labels are oldest."""
    contract = project.config.contract.current
    return [one for one in list_versions(engine, project.config.name) if one.governing.contract == contract]


def _trained(engine: Engine, settings: StorageSettings, project: Project, release: Release) -> TrainingReport:
    before, champion = version_before(engine, release), promoted_before(engine, release)
    trained = _released(settings, project, release)
    baseline = _set_of(settings, project, before)
    in_production = baseline if champion == before else _set_of(settings, project, champion)
    remember(engine, settings, project, release)
    report = evaluate(project, release.version, trained, baseline=baseline, in_production=in_production)
    return _store(engine, report)


def evaluate(
    project: Project, version: int, trained: TrainingSet, *, baseline: TrainingSet, in_production: TrainingSet
) -> TrainingReport:
    """Return the report on a model trained on `trained`; all are judged on the project's gold test set."""
    config, slices = project.config, project.config.dataset.slices
    gold = GoldTest.of(project.trainer.gold_test(), config.labels.kind)
    gold.check_guarded(slices)
    sets = {one.name: one for one in (trained, baseline, in_production)}
    predicted = {name: _predicted(project, gold, one) for name, one in sets.items()}
    same = kind_of(config.labels).same
    right = {name: list(map(same, gold.truth, said)) for name, said in predicted.items()}
    gained = by_slice(gold, slices, right[trained.name], right[baseline.name])
    beside = by_slice(gold, slices, right[trained.name], right[in_production.name])
    return TrainingReport(
        project=config.name,
        version=version,
        baseline=baseline.name,
        train=len(trained.labels),
        test=len(gold.truth),
        simulated=trained.simulated,
        accuracy=gained.whole.accuracy,
        baseline_accuracy=gained.whole.baseline_accuracy,
        gain=gained.whole.gain,
        classes=_classes(config.labels.kind, trained, gold, predicted[trained.name]),
        slices=gained.slices,
        promotion=judge(in_production.name, beside.whole, beside.guarded, config.retraining),
    )


def _predicted(project: Project, gold: GoldTest, one: TrainingSet) -> list[Answer]:
    return answers_of(
        project.trainer.train(one.payloads, one.labels).predict(gold.payloads), project.config.labels.kind
    )


def _classes(
    kind: AnswerKind, trained: TrainingSet, gold: GoldTest, predicted: Sequence[Answer]
) -> dict[ClassName, ClassReport]:
    return {} if kind is AnswerKind.TEXT else by_class(answers_of(trained.labels, kind), gold.truth, predicted)


def _released(settings: StorageSettings, project: Project, release: Release) -> TrainingSet:
    data, seed = read_split(settings, release, TRAIN), _seed(project)
    return TrainingSet(
        name=f"version {release.version}",
        payloads=[*seed.payloads, *payloads(data)],
        labels=[*seed.labels, *data.column("label").to_pylist()],
        simulated=sum(data.column("simulated").to_pylist()),
    )


def _set_of(settings: StorageSettings, project: Project, release: Release | None) -> TrainingSet:
    """Return what another model is trained on: the gold seed alone where it is of no version of this contract."""
    if release is not None and release.governing.contract == project.config.contract.current:
        return _released(settings, project, release)
    return _seed(project)


def _seed(project: Project) -> TrainingSet:
    samples, labels = project.trainer.gold_seed()
    return TrainingSet(name=GOLD_SEED, payloads=samples, labels=labels)


@lost_connections_named()
def _store(engine: Engine, report: TrainingReport) -> TrainingReport:
    """Keep the report, unless somebody was faster; return the one that is kept."""
    row = {"project": report.project, "version": report.version, "report": report.model_dump(mode="json")}
    with engine.begin() as connection:
        connection.execute(upsert(TrainingRow).values(row).on_conflict_do_nothing())
    return find_report(engine, report.project, report.version) or report
