"""Looking after what a project keeps: the lake's tables, and the files of builds and searches that did not end.

Samples, dead letters, labels and versions stay for ever: the ledger is proven by them, and versions are rebuilt from
them. What goes is what nobody can name any more.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from datetime import timedelta

from sqlalchemy import select

from schemas.project import ProjectConfig
from storage.compaction import MERGE_ALL
from storage.database import lost_connections_named, open_engine
from storage.files import Folder
from storage.lake import Lake
from storage.releases import numbering
from storage.settings import StorageSettings
from storage.sketch_upkeep import keep_windows
from storage.tables import DatasetVersionRow

# Readers that go back in time find the snapshots of so long.
SNAPSHOTS_FOR = timedelta(days=7)
# What was written so long ago and is of no version belongs to a build that did not end.
LEFT_AFTER = timedelta(days=1)
# The files of what a gate said go after so long, where it let no version through; its results stay in PostgreSQL.
GATES_FOR = timedelta(days=30)


def keep_table(settings: StorageSettings, project: str, table: str) -> dict[str, int]:
    """Forget the table's old snapshots, merge its small files, remove unnamed ones; return what was done, counted.

    Rows, marks and positions stay as they are. Does nothing to a table of which another process is at it.
    """
    with Lake.open(settings) as lake:
        forgotten = lake.forget(project, table, SNAPSHOTS_FOR)
        done = lake.compact(project, (table,), fan=MERGE_ALL).get(table)
    counted = {} if done is None else {"before": done.before, "after": done.after, "removed": done.removed}
    return {"snapshots": forgotten, **counted}


def keep_sketches(settings: StorageSettings, config: ProjectConfig) -> dict[str, int]:
    """Merge the windows of sketches that are old, as the project's drift policy says; return how many went."""
    engine = open_engine(settings)
    try:
        return keep_windows(engine, config.name, config.drift)
    finally:
        engine.dispose()


@lost_connections_named()
def clear_leftovers(
    settings: StorageSettings, project: str, after: timedelta = LEFT_AFTER, gates: timedelta = GATES_FOR
) -> dict[str, int]:
    """Remove the files of builds and searches that did not end, once nobody has written to them for `after`.

    Those of gates that let no version through go after `gates`. Returns how many folders of each went. A build that has
    just written the files of the same content anew, and not published them yet, looks for them under the lock that this
    is done under.
    """
    with ExitStack() as stack:
        engine = open_engine(settings)
        stack.callback(engine.dispose)
        connection = stack.enter_context(engine.begin())
        numbering(connection, project)
        columns = (DatasetVersionRow.content_hash, DatasetVersionRow.manifest["report"].astext.label("report"))
        versions = connection.execute(select(*columns).where(DatasetVersionRow.project == project)).all()
        reports = {str(version.report).rpartition("/")[2] for version in versions}
        hashes = {version.content_hash for version in versions}
        return {
            "releases": _clear(Folder.of(settings, "releases", project), hashes, after),
            "searches": _clear(Folder.of(settings, "searches", project), (), after),
            "gates": _clear(Folder.of(settings, "gates", project), reports, gates),
        }


def _clear(folder: Folder, kept: Iterable[str], after: timedelta) -> int:
    """Remove the folders in `folder`, but those of the names `kept`, that nobody has written to for `after`; count."""
    left = [name for name, age in folder.ages().items() if name not in kept and age >= after]
    for name in left:
        folder.remove_folder(name)
    return len(left)
