"""Verifying a released version: rebuilt from its manifest, the lake and the ledger, it has the same bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import ARRAY, Engine, Uuid, any_, cast, select

from catalog.assembly import Entry, Row
from catalog.canonical import sha256
from catalog.manifest import Manifest, hash_of
from storage.database import lost_connections_named
from storage.files import Folder
from storage.labeled import place_of
from storage.lake import Lake
from storage.lake_rows import place, sample_of
from storage.releases import Release, folder_of, read_entries
from storage.rendering import ABOUT, render
from storage.settings import StorageSettings
from storage.spool import Spool, spool
from storage.tables import LabelRow

# So many are named, and the rest counted.
SHOWN = 5
# So many entries are compared with the ledger at once.
LOT = 2_000


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
    folder = folder_of(settings, release)
    if not folder.has("manifest.json"):
        return Verification(version=release.version, rows=0, files=0, problems=("manifest.json is gone",))
    made = Manifest.model_validate_json(folder.read("manifest.json"))
    problems = [*_damaged(folder, release, made)]
    if not problems:
        problems = [*_differing(lake, settings, release), *_unlabeled(engine, read_entries(settings, release))]
    files = len(made.files) + len(ABOUT)
    return Verification(version=release.version, rows=release.rows, files=files, problems=tuple(problems))


def _damaged(folder: Folder, release: Release, made: Manifest) -> Iterator[str]:
    """Yield the files that are not as the manifest has them."""
    if made.content_hash != release.content_hash:
        yield "manifest.json is that of another version"
    for file in made.files:
        found = folder.digest(file.name)
        if found is None:
            yield f"{file.name} is gone"
        elif found != file.sha256:
            yield f"{file.name} was changed since it was released"


def _differing(lake: Lake, settings: StorageSettings, release: Release) -> Iterator[str]:
    """Yield what is not, byte for byte, as it was released."""
    with spool() as shelf:
        absent = _gathered(lake, settings, release, shelf)
        if absent:
            yield f"the lake has no sample at the origin of {_some(absent)}"
            return
        rows = shelf.take(range(release.rows))
        content = hash_of((texts.line for texts in rows.texts()), release.governing)
        if content != release.content_hash:
            yield "the rows have another content hash than was released"
        with TemporaryDirectory(prefix="assay-") as local:
            made = render(rows, release.governing, content, Path(local))
            digests = {file.name: file.sha256 for file in made.files}
            digests |= {name: sha256((Path(local) / name).read_bytes()) for name in ABOUT}
            for name, digest in digests.items():
                if digest != folder_of(settings, release).digest(name):
                    yield f"{name} has other bytes when it is rebuilt"


def _gathered(lake: Lake, settings: StorageSettings, release: Release, shelf: Spool) -> list[str]:
    """Put the rows on the shelf as the lake has their samples, and return the ids of those that it has not."""
    places = map(place_of, read_entries(settings, release))
    absent = []
    with lake.samples_at(release.project, places) as lots:
        archived = ((place(row), sample_of(row)) for rows in lots for row in rows)
        here, sample = next(archived, (None, {}))
        for entry in read_entries(settings, release):
            if here == place_of(entry):
                shelf.put(Row(entry=entry, sample=sample))
                here, sample = next(archived, (None, {}))
            else:
                absent.append(entry.sample_id)
    return absent


@lost_connections_named()
def _unlabeled(engine: Engine, entries: Iterator[Entry]) -> Iterator[str]:
    """Yield the rows behind which labels are that the ledger does not have."""
    lost: list[str] = []
    with engine.connect() as connection:
        while lot := list(islice(entries, LOT)):
            behind = sorted({label for entry in lot for label in entry.labels})
            found = select(LabelRow.label_id).where(LabelRow.label_id == any_(cast(behind, ARRAY(Uuid))))
            known = set(connection.scalars(found))
            lost += [entry.sample_id for entry in lot if not known.issuperset(entry.labels)]
    if lost:
        yield f"labels behind {_some(lost)} are not in the ledger"


def _some(samples: Sequence[str]) -> str:
    more = f" and {len(samples) - SHOWN} more" if len(samples) > SHOWN else ""
    return ", ".join(samples[:SHOWN]) + more
