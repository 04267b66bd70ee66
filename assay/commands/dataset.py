"""`assay dataset`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from assay.options import ProjectFolder, out, settings_of, time_of
from assay.services import open_services
from catalog.evaluation import TrainingReport
from quality.intervals import Interval
from schemas.errors import InputError
from storage import releases
from storage.promotions import find_promoted, find_report

# So many samples of a cause are named.
NAMED = 10


def build(
    *,
    as_of: Annotated[
        str | None,
        typer.Option(help="Build what this time would have given: 2026-01-31T12:00Z. [default: now]"),
    ] = None,
    project: ProjectFolder = None,
) -> None:
    """Build the next version now, as the DAG build_dataset does; a shut gate says what is missing, and ends with 1."""
    from storage.building import build as build_version  # noqa: PLC0415 - seconds to import

    with open_services(settings_of(project)) as services:
        outcome = build_version(services.project, services.storage, as_of=time_of("--as-of", as_of))
    out.print(outcome.text, soft_wrap=True)
    if outcome.release is None:
        raise typer.Exit(1)


def diff(
    old: Annotated[int, typer.Argument(help="The earlier version's number.")],
    new: Annotated[int | None, typer.Argument(help="The later version's number. [default: the latest]")] = None,
    *,
    project: ProjectFolder = None,
) -> None:
    """Say what changed between two versions, sample by sample, by cause."""
    with open_services(settings_of(project)) as services:
        engine, name = services.engine, services.project.config.name
        versions = releases.get_version(engine, name, old), releases.get_version(engine, name, new)
        change = releases.compare(services.storage, *versions)
    out.print(f"From version {versions[0].version} to version {versions[1].version} of {name}:")
    _listed("new", change.new)
    for rule, samples in change.dropped_by.items():
        _listed(f"dropped, {rule}", samples)
    for cause in ("relabeled", "guideline"):
        _listed(cause, [f"{one.sample_id} ({one.was} -> {one.label})" for one in getattr(change, cause)])
    _listed("moved to another split", change.moved)
    out.print(f"{change.unchanged} unchanged")
    if change.governing:
        out.print(f"also changed: {', '.join(change.governing)}")


def verify(
    version: Annotated[int | None, typer.Argument(help="The version's number. [default: every version]")] = None,
    *,
    project: ProjectFolder = None,
) -> None:
    """Rebuild versions from their manifests, lake and ledger, and compare every byte; what differs ends with 1."""
    from storage.verifying import verify as verify_version  # noqa: PLC0415 - seconds to import

    with open_services(settings_of(project)) as services:
        engine, name = services.engine, services.project.config.name
        named = [] if version is None else [releases.get_version(engine, name, version)]
        found = [
            verify_version(engine, services.lake, services.storage, release)
            for release in named or releases.list_versions(engine, name)
        ]
    for one in found:
        said = "; ".join(one.problems) or f"{one.rows} rows and {one.files} files are, byte for byte, what was released"
        out.print(f"version {one.version}: {said}", soft_wrap=True)
    if any(one.problems for one in found):
        raise typer.Exit(1)


def export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder that the version's files are copied to.")],
    version: Annotated[int | None, typer.Argument(help="The version's number. [default: the latest]")] = None,
    *,
    project: ProjectFolder = None,
) -> None:
    """Copy a version's files: Parquet, manifest, Croissant description and card, as they were released."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there already and not an empty folder: name another one.")
    with open_services(settings_of(project)) as services:
        release = releases.get_version(services.engine, services.project.config.name, version)
        folder.mkdir(parents=True, exist_ok=True)
        names = releases.export(services.storage, release, folder)
    out.print(f"Version {release.version}, {release.rows} rows, is in {folder}: {', '.join(names)}", soft_wrap=True)


def list_versions(*, project: ProjectFolder = None) -> None:
    """List the published versions, oldest first, with what the fixed model reached on each."""
    with open_services(settings_of(project)) as services:
        name = services.project.config.name
        found = releases.list_versions(services.engine, name)
        reports = {each.version: find_report(services.engine, name, each.version) for each in found}
        promoted = find_promoted(services.engine, name)
    content = Column("content", no_wrap=True)  # a hash in parts cannot be copied
    table = Table("version", "rows", "published", content, "accuracy on gold, 95 %", "in production")
    for each in found:
        reached, published = accuracy(reports[each.version]), f"{each.published_at:%Y-%m-%d %H:%M}"
        in_production = "yes" if promoted and promoted.version == each.version else ""
        table.add_row(str(each.version), str(each.rows), published, each.content_hash[:12], reached, in_production)
    out.print(table if found else "Nothing is published yet: the DAG build_dataset does it once labels are settled.")


def show(
    version: Annotated[int | None, typer.Argument(help="The version's number. [default: the latest]")] = None,
    *,
    project: ProjectFolder = None,
) -> None:
    """Show a version: where it is, what governed it, how its model does, and what changed since the one before."""
    with open_services(settings_of(project)) as services:
        engine, name = services.engine, services.project.config.name
        release = releases.get_version(engine, name, version)
        out.print(f"{name} version {release.version}: {release.rows} rows, content {release.content_hash}")
        out.print(f"at {release.location}", soft_wrap=True)
        out.print(f"  labels as of: {release.as_of:%Y-%m-%d %H:%M} UTC")
        for key, value in release.governing.model_dump(mode="json").items():
            if isinstance(value, str | int):
                out.print(f"  {key}: {value}", soft_wrap=True)
        report = find_report(engine, name, release.version)
        out.print(f"  accuracy on gold, 95 %: {accuracy(report)}")
        for line in _model(report):
            out.print(line, soft_wrap=True)
        before = releases.version_before(engine, release)
        if before is not None:
            change = releases.compare(services.storage, before, release)
            out.print(
                f"Since version {before.version}: {len(change.new)} new, {len(change.dropped)} dropped, "
                f"{len(change.relabeled)} relabeled, {len(change.guideline)} by the guideline, "
                f"{change.unchanged} unchanged."
            )


def promoted(*, project: ProjectFolder = None) -> None:
    """Say of which version the model is in production, since when, and why; ends with 1 while none is."""
    with open_services(settings_of(project)) as services:
        found = find_promoted(services.engine, services.project.config.name)
    if found is None:
        raise InputError("No version's model is promoted yet: the DAG retrain judges each version that is published.")
    out.print(f"version {found.version}, since {found.at:%Y-%m-%d %H:%M} UTC; {found.promotion.why}", soft_wrap=True)


def _model(report: TrainingReport | None) -> Iterator[str]:
    """Yield what became of a version's model, and what it reaches on each slice."""
    if report is None or report.promotion is None:
        return
    yield f"  model {report.promotion.why}"
    for one in report.slices:
        named = f"  {'guarded ' if one.guarded else ''}slice {one.name}: "
        if one.found is None:
            yield f"{named}no gold row is in it"
        else:
            gain = one.found.gain
            gained = f"gain {gain.estimate:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] over {report.baseline}"
            yield f"{named}accuracy {_numbers(one.found.accuracy)} on {one.found.test} gold rows, {gained}"


def _listed(cause: str, samples: Sequence[str]) -> None:
    """Print a cause and its samples, the first of them by name."""
    if samples:
        more = f" and {len(samples) - NAMED} more" if len(samples) > NAMED else ""
        out.print(f"{len(samples)} {cause}: {', '.join(samples[:NAMED])}{more}", soft_wrap=True)


def accuracy(report: TrainingReport | None) -> str:
    """Return a training's accuracy with its interval, in words."""
    if report is None:
        return "not trained yet"
    return _numbers(report.accuracy)


def _numbers(found: Interval) -> str:
    return f"{found.estimate:.3f} [{found.low:.3f}, {found.high:.3f}]"
