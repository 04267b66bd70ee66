"""What the gate said of each build that asked it: kept in PostgreSQL, and as files to be read by people and programs.

Files lie in `gates/PROJECT/INSTANT` of the lake: `gate.html`, `gate.json` with the results, and `expectations.json`,
which is Great Expectations' own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, insert, select

from catalog.canonical import canonical
from catalog.gate import Result, is_open, marks
from catalog.gate_report import html
from storage.database import lost_connections_named
from storage.files import Folder, stamp
from storage.settings import StorageSettings
from storage.tables import GateReportRow


@dataclass(frozen=True, kw_only=True)
class GateReport:
    """One gate's results, of labels of the instant `as_of`; `version` is what was published, None where it was shut.

    `marks` are those of the results that make the scorecard.
    """

    as_of: datetime
    made_at: datetime
    version: int | None
    open: bool
    marks: tuple[Result, ...]
    results: tuple[Result, ...]
    location: str


def write_report(
    settings: StorageSettings, project: str, title: str, at: datetime, said: tuple[Sequence[Result], Mapping[str, Any]]
) -> str:
    """Write the files of a gate's results and of Great Expectations' document, and return where; repeatable."""
    results, document = said
    folder = Folder.of(settings, "gates", project, stamp(at))
    folder.write("expectations.json", canonical(document))
    folder.write("gate.json", canonical([result.model_dump(mode="json") for result in results]))
    folder.write("gate.html", html(title, at, results).encode())
    return folder.uri


@lost_connections_named()
def keep_report(
    engine: Engine, project: str, at: datetime, results: Sequence[Result], *, location: str, version: int | None
) -> None:
    """Keep what a gate said, and which version it let through."""
    row = {"project": project, "as_of": at, "version": version, "location": location}
    with engine.begin() as connection:
        said = [result.model_dump(mode="json") for result in results]
        connection.execute(insert(GateReportRow).values(**row, results=said))


@lost_connections_named()
def last_report(engine: Engine, project: str) -> GateReport | None:
    """Return what the gate said last; None while it was never asked."""
    row = GateReportRow
    found = select(*row.__table__.columns).where(row.project == project).order_by(row.gate_report_id.desc()).limit(1)
    with engine.connect() as connection:
        report = connection.execute(found).one_or_none()
    if report is None:
        return None
    results = tuple(Result.model_validate(result) for result in report.results)
    return GateReport(
        as_of=report.as_of,
        made_at=report.made_at,
        version=report.version,
        open=is_open(results),
        marks=marks(results),
        results=results,
        location=report.location,
    )
