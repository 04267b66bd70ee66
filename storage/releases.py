"""Released dataset versions: their files in the lake, and the row in PostgreSQL whose commit makes them exist.

Files lie in `releases/PROJECT/CONTENT_HASH` of the lake: one Parquet file a split, `manifest.json`,
`manifest.jsonl` with an entry for each row, `croissant.json` and the card `README.md`. They say neither the
version's number nor its time, so that the same rows give the same bytes; both stand in PostgreSQL.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, Row, func, insert, select

from catalog.assembly import Entry
from catalog.assembly import Row as DatasetRow
from catalog.diff import Diff, Version, diff
from catalog.manifest import DatasetPublished, Governing, Manifest, content_hash
from schemas.errors import ConflictError, InputError
from schemas.topics import Topics
from storage.database import lost_connections_named
from storage.files import Folder
from storage.rendering import ABOUT, ENTRIES, render
from storage.settings import StorageSettings
from storage.tables import DatasetVersionRow, OutboxRow

# The family of advisory locks, one a project, under which version numbers are given.
NUMBERING = 0x0A55A5


@dataclass(frozen=True, kw_only=True)
class Release:
    """A published version; `manifest` is its `manifest.json` with the `gate`'s results and what was `excluded`.

    `as_of` is the instant whose labels it holds: before `published_at`, and long before where it was built afterwards.
    """

    project: str
    version: int
    content_hash: str
    rows: int
    location: str
    manifest: Mapping[str, Any]
    published_at: datetime
    as_of: datetime

    @property
    def order(self) -> tuple[datetime, int]:
        """What versions are sorted by."""
        return self.as_of, self.version

    @property
    def governing(self) -> Governing:
        """What governed the version beside its rows."""
        return Governing.model_validate(self.manifest["governing"])


@lost_connections_named()
def list_versions(engine: Engine, project: str) -> list[Release]:
    """Return the project's versions, those first whose labels are oldest; numbers are in the order of publishing."""
    row = DatasetVersionRow
    found = select(*row.__table__.columns).where(row.project == project).order_by(row.as_of, row.version)
    with engine.connect() as connection:
        return [_release(row) for row in connection.execute(found)]


def get_version(engine: Engine, project: str, version: int | None = None) -> Release:
    """Return a version, the latest unless one is named.

    Raises:
        InputError: there is no such version.
    """
    versions = list_versions(engine, project)
    for release in reversed(versions):
        if version in (None, release.version):
            return release
    if not versions:
        raise InputError(f"Project {project} has no dataset version yet: the DAG build_dataset publishes the first.")
    known = ", ".join(str(release.version) for release in versions)
    raise InputError(f"Project {project} has no dataset version {version}; there are: {known}.")


def version_before(engine: Engine, release: Release) -> Release | None:
    """Return the version whose labels are the last before those of this one; None of the first."""
    older = [one for one in list_versions(engine, release.project) if one.order < release.order]
    return older[-1] if older else None


def find_content(engine: Engine, project: str, content: str) -> Release | None:
    """Return the version with this content hash, if there is one."""
    return next((one for one in list_versions(engine, project) if one.content_hash == content), None)


def publish(
    engine: Engine,
    settings: StorageSettings,
    rows: Collection[DatasetRow],
    governing: Governing,
    *,
    notes: Mapping[str, Any],
    as_of: datetime | None = None,
    content: str | None = None,
) -> Release:
    """Write the version's files, then publish it in one transaction: its row, and its announcement in the outbox.

    Publishes nothing where a version with this content hash exists, and returns that. `notes` are kept in the
    row's manifest only: what is said of the version but does not follow from its content. `as_of` is the instant whose
    labels the rows hold: now, unless it is given. `content` is the content hash, where it is known.
    """
    project, content = governing.project, content or content_hash(rows, governing)
    existing = find_content(engine, project, content)
    if existing is not None:
        return existing
    folder = Folder.of(settings, "releases", project, content)
    with TemporaryDirectory(prefix="assay-") as local:
        made = render(rows, governing, content, Path(local))
        for name in (*(file.name for file in made.files), *ABOUT):
            folder.put(Path(local) / name)
    return _announce(engine, made, folder, notes, as_of)


@lost_connections_named()
def _announce(
    engine: Engine, made: Manifest, folder: Folder, notes: Mapping[str, Any], as_of: datetime | None
) -> Release:
    project = made.governing.project
    with engine.begin() as connection:
        numbering(connection, project)
        existing = _by_content(connection, project, made.content_hash)
        if existing is not None:
            return existing
        if not all(folder.has(name) for name in (*(file.name for file in made.files), *ABOUT)):
            raise ConflictError("Files of the version were cleared away while it was being written: build again.")
        last = select(func.coalesce(func.max(DatasetVersionRow.version), 0), func.now())
        number, now = connection.execute(last.where(DatasetVersionRow.project == project)).one()
        release = Release(
            project=project,
            version=number + 1,
            content_hash=made.content_hash,
            rows=made.rows,
            location=folder.uri,
            manifest={**made.model_dump(mode="json"), **notes},
            published_at=now,
            as_of=as_of or now,
        )
        connection.execute(insert(DatasetVersionRow).values(vars(release)))
        connection.execute(insert(OutboxRow).values(_announcement(release)))
    return release


def numbering(connection: Connection, project: str) -> None:
    """Keep others from giving version numbers, or clearing away what has none, until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(NUMBERING, func.hashtext(project))))


def _by_content(connection: Connection, project: str, content: str) -> Release | None:
    found = select(*DatasetVersionRow.__table__.columns)
    found = found.where(DatasetVersionRow.project == project, DatasetVersionRow.content_hash == content)
    row = connection.execute(found).one_or_none()
    return None if row is None else _release(row)


def _release(row: Row[Any]) -> Release:
    return Release(**row._asdict())


def _announcement(release: Release) -> dict[str, Any]:
    said = {name: getattr(release, name) for name in DatasetPublished.model_fields}
    return {
        "topic": Topics(project=release.project).datasets,
        "key": release.project.encode(),
        "value": DatasetPublished(**said).model_dump_json().encode(),
    }


def read_split(settings: StorageSettings, release: Release, split: str) -> pa.Table:
    """Return a released split as a table; its columns are those of `catalog.table`."""
    return pq.read_table(pa.BufferReader(folder_of(settings, release).read(f"{split}.parquet")))


def read_entries(settings: StorageSettings, release: Release) -> Iterator[Entry]:
    """Yield the manifest's entry of each row."""
    return map(Entry.model_validate_json, folder_of(settings, release).lines(ENTRIES))


def export(settings: StorageSettings, release: Release, folder: Path) -> list[str]:
    """Copy the version's files into a folder of this machine, and return their names."""
    made = Manifest.model_validate_json(folder_of(settings, release).read("manifest.json"))
    names = [*(file.name for file in made.files), *ABOUT]
    for name in names:
        folder_of(settings, release).get(name, folder / name)
    return names


def compare(settings: StorageSettings, old: Release, new: Release) -> Diff:
    """Return what changed from one version to another, by cause.

    By which rules samples were dropped is known where `new` was built after `old`, without another in between.
    """
    before, after = (Version(governing=one.governing, entries=list(read_entries(settings, one))) for one in (old, new))
    return diff(before, after, new.manifest.get("dropped", {}))


def folder_of(settings: StorageSettings, release: Release) -> Folder:
    """Return where a version's files are."""
    return Folder.of(settings, "releases", release.project, release.content_hash)
