"""Verifying a released version: rebuilt from its manifest, the lake and the ledger, it has the same bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Engine, Uuid, any_, cast, select

from catalog.assembly import Entry, Row
from catalog.canonical import sha256
from catalog.manifest import Manifest, content_hash
from storage.database import lost_connections_named
from storage.labeled import origin_of
from storage.lake import Lake
from storage.lake_rows import sample_of
from storage.releases import Release, read_entries, read_file, rendered
from storage.settings import StorageSettings
from storage.tables import LabelRow

# So many are named, and the rest counted.
SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What verifying a version found; `problems` is empty where it is what it says it is."""

    version: int
    rows: int
    files: int
    problems: tuple[str, ...]


def verify(engine: Engine, lake: Lake, settings: StorageSettings, release: Release) -> Verification:
    """Rebuild a version and compare; writes nothing.

    Rows are made of the manifest's entries and the samples that the lake has at their origins; their content hash and
    the bytes of every file must be those that were released, and every label behind a row must be in the ledger.
    """
    stored = read_file(settings, release, "manifest.json")
    if stored is None:
        return Verification(version=release.version, rows=0, files=0, problems=("manifest.json is gone",))
    made = Manifest.model_validate_json(stored)
    damaged = [*_damaged(settings, release, made)]
    if damaged:
        return Verification(
            version=release.version, rows=release.rows, files=len(made.files) + 3, problems=tuple(damaged)
        )
    entries = read_entries(settings, release)
    rows, absent = _rows(lake, release, entries)
    problems = [
        *(
            [f"the lake has no sample at the origin of {_some(absent)}"]
            if absent
            else _differing(settings, release, rows)
        ),
        *_unlabeled(engine, entries),
    ]
    return Verification(version=release.version, rows=len(entries), files=len(made.files) + 3, problems=tuple(problems))


def _damaged(settings: StorageSettings, release: Release, made: Manifest) -> Iterator[str]:
    """Yield the files that are not as the manifest has them."""
    if made.content_hash != release.content_hash:
        yield "manifest.json is that of another version"
    for file in made.files:
        data = read_file(settings, release, file.name)
        if data is None:
            yield f"{file.name} is gone"
        elif sha256(data) != file.sha256:
            yield f"{file.name} was changed since it was released"


def _rows(lake: Lake, release: Release, entries: Sequence[Entry]) -> tuple[list[Row], list[str]]:
    """Return the rows as the lake has their samples, and the ids of those that it has not."""
    found = lake.samples_at(release.project, (entry.origin for entry in entries)).to_pylist()
    samples = {origin_of(row): sample_of(row) for row in found}
    rows = [Row(entry=one, sample=samples[one.origin]) for one in entries if one.origin in samples]
    return rows, [entry.sample_id for entry in entries if entry.origin not in samples]


def _differing(settings: StorageSettings, release: Release, rows: Sequence[Row]) -> Iterator[str]:
    """Yield what is not, byte for byte, as it was released."""
    if content_hash(rows, release.governing) != release.content_hash:
        yield "the rows have another content hash than was released"
    for name, data in rendered(rows, release.governing):
        if data != read_file(settings, release, name):
            yield f"{name} has other bytes when it is rebuilt"


@lost_connections_named()
def _unlabeled(engine: Engine, entries: Sequence[Entry]) -> Iterator[str]:
    """Yield the rows behind which labels are that the ledger does not have."""
    behind = sorted({label for entry in entries for label in entry.labels})
    found = select(LabelRow.label_id).where(LabelRow.label_id == any_(cast(behind, ARRAY(Uuid))))
    with engine.connect() as connection:
        known = set(connection.scalars(found))
    if lost := [entry.sample_id for entry in entries if not known.issuperset(entry.labels)]:
        yield f"labels behind {_some(lost)} are not in the ledger"


def _some(samples: Sequence[str]) -> str:
    more = f" and {len(samples) - SHOWN} more" if len(samples) > SHOWN else ""
    return ", ".join(samples[:SHOWN]) + more
