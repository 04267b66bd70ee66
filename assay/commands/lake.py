"""`assay lake`."""

from assay.options import ProjectFolder, out, settings_of
from assay.services import open_services
from storage.compaction import MERGE_ALL


def compact(*, project: ProjectFolder = None) -> None:
    """Merge the lake's small files, and remove those that no snapshot has named for ten minutes."""
    with open_services(settings_of(project)) as services:
        done = services.lake.compact(services.project.config.name, fan=MERGE_ALL)
    for name, upkept in done.items():
        out.print(f"{name}: {upkept.before} data files, now {upkept.after}; {upkept.removed} unused files removed.")
    if not done:
        out.print("A worker is at it already: nothing to do.")
