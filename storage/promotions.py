"""What training came to, and which version's model is the promoted one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from catalog.evaluation import TrainingReport
from catalog.promotion import Promotion
from storage.database import lost_connections_named
from storage.releases import Release, list_versions
from storage.tables import TrainingRow


@dataclass(frozen=True, kw_only=True)
class Promoted:
    """The model in production: that of `version`, promoted at `at`, and what decided."""

    version: int
    at: datetime
    promotion: Promotion


@lost_connections_named()
def find_report(engine: Engine, project: str, version: int) -> TrainingReport | None:
    """Return what training on a version came to, if it was trained on."""
    found = select(TrainingRow.report).where(TrainingRow.project == project, TrainingRow.version == version)
    with engine.connect() as connection:
        body = connection.scalar(found)
    return None if body is None else TrainingReport.model_validate(body)


@lost_connections_named()
def find_promoted(engine: Engine, project: str) -> Promoted | None:
    """Return the promoted model, that of the latest version of which the model was promoted; None where none was."""
    row = TrainingRow
    with engine.connect() as connection:
        found = connection.execute(select(row.version, row.report, row.trained_at).where(row.project == project))
        trained = {one.version: one for one in found}
    for release in reversed(list_versions(engine, project)):
        one = trained.get(release.version)
        promotion = None if one is None else TrainingReport.model_validate(one.report).promotion
        if one is not None and promotion is not None and promotion.promoted:
            return Promoted(version=release.version, at=one.trained_at, promotion=promotion)
    return None


def promoted_before(engine: Engine, release: Release) -> Release | None:
    """Return the last version before this one of which the model was promoted, by those that are trained on by now."""
    for one in reversed(list_versions(engine, release.project)):
        report = find_report(engine, release.project, one.version) if one.order < release.order else None
        if report is not None and report.promotion is not None and report.promotion.promoted:
            return one
    return None
