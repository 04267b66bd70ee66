"""Keeping a lake table's files few: merging small ones, removing what nobody names any more.

Rows and marks stay as they are. A file is removed once it has gone unnamed by every kept snapshot for a grace
period, in which readers that still use it end; since when, is kept beside the table in `unnamed.json`. Before that an
empty snapshot is committed: a writer that stopped before it cannot name the file any more when it wakes up.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic_core import from_json
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from catalog.canonical import canonical
from schemas.errors import ConflictError
from storage import compaction, lake_files

# For so long a reader may go on with a snapshot that was replaced or forgotten.
GRACE_SECONDS = 600.0

COMMIT_TRIES = 20
COMMIT_PAUSE = 0.02  # seconds, times the number of tries so far

UNNAMED = "unnamed.json"

Load = Callable[[], Table]


@dataclass(frozen=True, kw_only=True)
class Upkept:
    """What was done to a table: data files before and after, and how many files of any kind were removed."""

    before: int
    after: int
    removed: int


def keep_up(load: Load, *, fan: int, grace: float) -> Upkept:
    """Merge the table's small files where `fan` of a size have gathered, and remove what is due."""
    table = load()
    tasks = lake_files.live(table)
    for group in compaction.plan({path: task.file.file_size_in_bytes for path, task in tasks.items()}, fan=fan):
        _merge(load, group, grace)
    removed = _sweep(load, grace)
    return Upkept(before=len(tasks), after=len(lake_files.live(load())), removed=removed)


def _merge(load: Load, group: Sequence[str], grace: float) -> None:
    """Replace data files by one that holds their rows; does nothing where one of them was replaced meanwhile."""
    merged: list[DataFile] = []
    written_at = 0.0
    for tries in range(1, COMMIT_TRIES + 1):
        table = load()
        tasks = lake_files.live(table)
        if not tasks.keys() >= set(group):
            break
        # Written for an earlier snapshot, a file may be named by a later one only while it cannot be due.
        if not merged or time.monotonic() - written_at > grace / 2:
            lake_files.discard(table, merged)
            written_at = time.monotonic()
            merged = lake_files.write(table, lake_files.rows_of(table, [tasks[path] for path in group]))
        try:
            lake_files.replace(table, [tasks[path].file for path in group], merged)
        except CommitFailedException:
            time.sleep(COMMIT_PAUSE * tries)
        else:
            return
    lake_files.discard(table, merged)


def _sweep(load: Load, grace: float) -> int:
    """Remove the files that have gone unnamed for the grace period; return how many."""
    table = load()
    folder, now = lake_files.folder(table), time.time()
    present = lake_files.present(table)
    known = from_json(folder.read(UNNAMED)) if folder.has(UNNAMED) else {}
    unnamed = compaction.due(present - lake_files.named(load()), known, now=now, grace=grace)
    gone = _unnamed_for_ever(load, {path for path, is_due in unnamed.items() if is_due})
    folder.remove(gone)
    since = {path: known.get(path, now) for path in unnamed if path not in gone}
    if since != known:
        folder.write(UNNAMED, canonical(since))
    return len(gone)


def _unnamed_for_ever(load: Load, paths: set[str]) -> set[str]:
    """Return which of the files no writer can name any more, however long ago it stopped."""
    if not paths:
        return paths
    for tries in range(1, COMMIT_TRIES + 1):
        try:
            lake_files.append(load(), (), {})
        except CommitFailedException:
            time.sleep(COMMIT_PAUSE * tries)
        else:
            return paths - lake_files.named(load())
    raise ConflictError(f"The table was changed by others {COMMIT_TRIES} times in a row: compact again later.")
