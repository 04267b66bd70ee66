"""`assay dataset`."""

from typing import Annotated

import typer
from rich.table import Table

from assay.options import ProjectFolder, out, settings_of
from assay.services import open_services
from catalog.evaluation import TrainingReport
from storage import releases
from storage.training import find_report


def list_versions(*, project: ProjectFolder = None) -> None:
    """List the published versions, oldest first, with what the fixed model reached on each."""
    with open_services(settings_of(project)) as services:
        name = services.project.config.name
        found = releases.list_versions(services.engine, name)
        reports = {each.version: find_report(services.engine, name, each.version) for each in found}
    table = Table("version", "rows", "published", "content", "accuracy on gold, 95 %")
    for each in found:
        published = f"{each.published_at:%Y-%m-%d %H:%M}"
        table.add_row(
            str(each.version), str(each.rows), published, each.content_hash[:12], accuracy(reports[each.version])
        )
    out.print(table if found else "Nothing is published yet: the DAG build_dataset does it once labels are settled.")


def show(
    version: Annotated[int | None, typer.Argument(help="The version's number. [default: the latest]")] = None,
    *,
    project: ProjectFolder = None,
) -> None:
    """Show a version: where it is, what governed it, and what changed since the one before, by cause."""
    with open_services(settings_of(project)) as services:
        engine, name = services.engine, services.project.config.name
        release = releases.get_version(engine, name, version)
        out.print(f"{name} version {release.version}: {release.rows} rows, content {release.content_hash}")
        out.print(f"at {release.location}", soft_wrap=True)
        for key, value in release.governing.model_dump(mode="json").items():
            if isinstance(value, str | int):
                out.print(f"  {key}: {value}", soft_wrap=True)
        out.print(f"  accuracy on gold, 95 %: {accuracy(find_report(engine, name, release.version))}")
        before = releases.version_before(engine, release)
        if before is not None:
            change = releases.compare(services.storage, before, release)
            out.print(
                f"Since version {before.version}: {len(change.new)} new, {len(change.dropped)} dropped, "
                f"{len(change.relabeled)} relabeled, {len(change.guideline)} by the guideline, "
                f"{change.unchanged} unchanged."
            )


def accuracy(report: TrainingReport | None) -> str:
    """Return a training's accuracy with its interval, in words."""
    if report is None:
        return "not trained yet"
    reached = report.accuracy
    return f"{reached.estimate:.3f} [{reached.low:.3f}, {reached.high:.3f}]"
